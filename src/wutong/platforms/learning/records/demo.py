"""What the people of the demo learned in the last years: lessons, exercises, courses, as software would send it."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from wutong.centres.identity.accounts import api as accounts
from wutong.kernel.people.models import Membership, Organisation, Person
from wutong.kernel.people.queries import actor_of, root
from wutong.kernel.policy import SYSTEM
from wutong.platforms.learning.records.actions import create_key, new_secret
from wutong.platforms.learning.records.door.credentials import caller_of
from wutong.platforms.learning.records.models import Key
from wutong.platforms.learning.records.persons import open_record, reads_record
from wutong.platforms.learning.records.store.people import agent_of
from wutong.platforms.learning.records.store.preparing import prepare
from wutong.platforms.learning.records.store.writing import append
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.statement import check

WHY = "the demo's own"
VERBS = "http://adlnet.gov/expapi/verbs/"
TYPES = "http://adlnet.gov/expapi/activities/"
HOME = "https://learning.example"
# Who, how far back in years, what kind of thing each learns; courses by subject with their lessons.
LEARNERS = (
    ("pupil", 2, "school"),
    ("teacher", 3, "training"),
    ("citizen", 6, "city"),
    ("guardian", 2, "city"),
)
COURSES: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {
    "school": (
        ("自然 五年级", ("水的浮力", "植物的叶", "电路的连接")),
        ("语文 五年级下册", ("祖父的园子", "草船借箭", "田忌赛马", "杨氏之子")),
        ("科学 六年级", ("显微镜的使用", "动物的分类", "溶解的快慢", "《本草纲目》里的植物")),
    ),
    "training": (
        ("新课标研读", ("核心素养与目标", "大单元设计", "学习评价")),
        ("信息科技应用", ("课堂数据看板", "智能批改入门")),
        ("师德与法治", ("未成年人保护法", "家校沟通")),
    ),
    "city": (
        ("上海话入门", ("打招呼", "买小菜", "乘地铁")),
        ("社区合唱", ("呼吸与发声", "茉莉花", "和声初步")),
        ("智能手机应用", ("挂号与付费", "防范诈骗", "视频通话")),
        ("家庭急救", ("心肺复苏", "海姆立克急救法", "烫伤处理")),
        ("梧桐树下的建筑", ("武康大楼", "里弄与石库门", "外滩源")),
    ),
}  # fmt: skip


def build(*, seed: int, password: str, say: Callable[[str], None]) -> None:
    if Key.objects.unscoped(WHY).exists():
        return
    people, made = accounts.demo_people(), 0
    keys: dict[int, Key] = {}
    for login, years, kind in LEARNERS:
        person = Person.objects.unscoped(WHY).get(pk=people[login])
        place = _place(person, kind)
        key = keys.get(place.pk) or keys.setdefault(place.pk, _key(place))
        dice = Random(f"{seed} {login}")  # noqa: S311  # the same seed tells the same story
        learned = list(_learned(dice, person, years, kind))
        _store(key, learned)
        made += len(learned)
    _looked(people)
    say(f"学习记录 learning records: {made}")


def _looked(people: Mapping[str, int]) -> None:
    """The teacher prepared for a talk with the parents."""
    teacher, pupil = (Person.objects.unscoped(WHY).get(pk=people[name]) for name in ("teacher", "pupil"))
    if reads_record(actor_of(teacher), pupil):
        open_record(actor_of(teacher), pupil, purpose="期中家长会", limit=1)


def _place(person: Person, kind: str) -> Organisation:
    """The school's store for what is learned there, the city's for everything else."""
    posts = Membership.objects.unscoped(WHY).filter(person=person).select_related("organisation__parent")
    for post in posts.order_by("pk") if kind != "city" else ():
        place = post.organisation
        return place.parent if place.kind == "class" and place.parent else place
    return root()


def _key(place: Organisation) -> Key:
    """Nobody knows its secret: the demo's software writes from inside."""
    name = "市民学习平台" if place.parent_id is None else "校本学习平台"
    return create_key(SYSTEM, place, name=name, scopes=["all"], secret=new_secret())


def _learned(random: Random, person: Person, years: int, kind: str) -> Iterator[JsonObject]:
    """Courses spread over the years, the last one finished yesterday; lessons once a week, by day."""
    courses = COURSES[kind]
    yesterday = timezone.localtime().replace(hour=8, minute=0, second=0, microsecond=0) - timedelta(days=1)
    for number, (course, lessons) in enumerate(courses):
        finished = yesterday - timedelta(days=365 * years * (len(courses) - 1 - number) // (len(courses) - 1))
        begin = finished - timedelta(days=7 * len(lessons))
        whole = _activity(f"{kind}/{number}", course, "course")
        for place, lesson in enumerate(lessons):
            at = begin + timedelta(days=7 * place, minutes=random.randrange(500))
            part = _activity(f"{kind}/{number}/{place}", lesson, "lesson")
            yield from _lesson(random, person, part, whole, at)
        yield _said(random, person, "completed", whole, finished, {"completion": True}, None)


def _lesson(
    random: Random, person: Person, part: JsonObject, whole: JsonObject, at: datetime
) -> Iterator[JsonObject]:
    minutes, scaled = random.randrange(4, 25), random.randrange(60, 101) / 100
    yield _said(random, person, "experienced", part, at, {"duration": f"PT{minutes}M"}, whole)
    score = {"scaled": scaled, "raw": round(scaled * 100), "min": 0, "max": 100}
    outcome = {"score": score, "success": scaled >= 0.7, "completion": True}
    verb = "passed" if scaled >= 0.7 else "failed"
    yield _said(random, person, verb, part, at + timedelta(minutes=minutes), outcome, whole)


WORDS = {
    "experienced": ("学习了", "experienced"),
    "passed": ("通过了", "passed"),
    "failed": ("没有通过", "failed"),
    "completed": ("完成了", "completed"),
}


def _said(
    random: Random,
    person: Person,
    verb: str,
    thing: JsonObject,
    at: datetime,
    result: JsonObject,
    parent: JsonObject | None,
) -> JsonObject:
    zh, en = WORDS[verb]
    context: dict[str, Any] = {"platform": "学习平台", "language": "zh-CN"}
    if parent:
        context["contextActivities"] = {"parent": [parent]}
    return {
        "id": str(uuid.UUID(int=random.getrandbits(128), version=4)),
        "actor": agent_of(person.pk) | {"name": person.name},
        "verb": {"id": VERBS + verb, "display": {"zh-CN": zh, "en": en}},
        "object": thing,
        "result": result,
        "context": context,
        "timestamp": at.isoformat(),
    }


def _activity(path: str, name: str, kind: str) -> JsonObject:
    return {
        "objectType": "Activity",
        "id": f"{HOME}/{path}",
        "definition": {"name": {"zh-CN": name}, "type": TYPES + kind},
    }


def _store(key: Key, learned: list[JsonObject]) -> None:
    caller = caller_of(key)
    for one in learned:
        check(one, 1)
    append(lambda: prepare(caller.tenant, caller.authority, learned, major=1, defines=True))
