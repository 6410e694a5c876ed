"""One's own record as people meet it: read, hidden, put right, shared, taken away; others' with a purpose."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Person
from wutong.kernel.process.engine import open_case
from wutong.kernel.process.models import Case
from wutong.kernel.process.queries import path as steps_of
from wutong.kernel.testing.factories import Town
from wutong.kernel.testing.processes import ProcessConformance
from wutong.platforms.learning.records import api
from wutong.platforms.learning.records.events import CorrectionAccepted
from wutong.platforms.learning.records.mine.models import Correction, Hiding, Share
from wutong.platforms.learning.records.mine.process import on_accepted
from wutong.platforms.learning.records.tests.lrs import VOIDED, Lrs, key, new_id, statement, text
from wutong.platforms.learning.records.tests.test_keys import signed_in

pytestmark = pytest.mark.django_db(databases="__all__")

WHY = "what was written"
KINDS = "http://adlnet.gov/expapi/activities/"


@pytest.fixture
def pupil(small_town: Town) -> Any:
    """Old enough to decide alone."""
    found = small_town.person("pupil")
    Person.objects.unscoped(WHY).filter(pk=found.pk).update(born=date(2010, 3, 8))
    return found


def did(
    pupil: Any,
    thing: str = "有理数的加法",
    *,
    verb: str = "completed",
    at: str = "",
    kind: str = "lesson",
    **more: Any,
):
    """A statement of the pupil's; without `at` it is of now."""
    said = statement(verb=f"http://adlnet.gov/expapi/verbs/{verb}", **more)
    said |= {"actor": api.agent_of(pupil.pk) | {"name": pupil.name}}
    named = {"name": {"zh-CN": thing, "en-US": f"{thing} (en)"}, "type": KINDS + kind}
    said["object"] = {"id": f"https://a.example/{kind}/{len(thing)}", "definition": named}
    return said | ({"timestamp": at} if at else {})


def page(client: Client, address: str = "", /, **given: Any) -> str:
    answer = client.get(address or reverse("records:mine"), given)
    assert answer.status_code == 200
    return answer.content.decode()


def told(shown: str) -> list[str]:
    """What stands between the names of the activities, in the order of the page."""
    return re.findall(r"<b>(?:<a [^>]*>)?《(.*?)》", shown)


def path(name: str, *args: Any) -> str:
    return reverse(f"records:{name}", args=args)


def test_a_life_is_told_in_plain_words_in_the_order_in_which_it_happened(
    lrs: Lrs, pupil: Any, small_town: Town
):
    score = {"score": {"scaled": 0.85, "raw": 85, "max": 100}, "duration": "PT1H25M"}
    school = key(small_town.place("gaoan"), name="数学作业")
    school.post(did(pupil, "今天的课"))
    lrs.post(
        did(pupil, "旧课", at="2019-03-01T08:00:00+08:00"),
        did(pupil, "元旦的课", at="2020-01-01T00:00:00+08:00", verb="passed", result=score),
        did(pupil, "除夕的课", at="2019-12-31T23:59:59.999+08:00"),
        statement(),
    )  # fmt: skip
    client = signed_in("pupil")
    shown = page(client)
    assert told(shown) == ["今天的课", "元旦的课", "除夕的课", "旧课"]
    assert "得分 85（满分 100）" in shown and "用时 1 小时 25 分钟" in shown and "数学作业" in shown
    assert re.findall(r'wt-band">(.*?)<', shown)[1:] == ["2020年1月", "2019年12月", "2019年3月"]
    assert told(page(client, year="2019")) == ["除夕的课", "旧课"]
    counted = re.findall(r'"\?year=(\d{4})">.*?<span>(\d+) 条</span>', shown)
    this_year = (str(timezone.localdate().year), "1")
    assert [each for each in counted if each[1] != "0"] == [this_year, ("2020", "1"), ("2019", "2")]


def test_a_record_is_read_in_the_readers_language_or_the_nearest(lrs: Lrs, pupil: Any):
    made = {"id": "https://a.example/verbs/folded-paper", "display": {"fr": "a plié"}}
    bare = did(pupil) | {"verb": made, "object": {"id": "https://a.example/things/%E7%BA%B8%E9%B9%A4"}}
    lrs.post(did(pupil, "春"), bare)
    shown = page(signed_in("pupil"))
    assert told(shown) == ["纸鹤", "春"] and "a plié" in shown
    client = signed_in("pupil")
    client.cookies["django_language"] = "en"
    assert "春 (en)" in page(client) and "completed" in page(client)


def test_filters_narrow_and_pages_go_on_where_they_ended(lrs: Lrs, pupil: Any, small_town: Town):
    school = key(small_town.place("gaoan"), name="校本平台")
    for number in range(40):
        (lrs if number % 2 else school).post(
            did(
                pupil,
                f"第{number}课",
                kind="video" if number % 4 == 0 else "lesson",
                at="2021-05-01T08:00:00Z",
            )
        )
    client = signed_in("pupil")
    first = page(client)
    (more,) = re.findall(r'href="\?(older=[\d.]+)"', first)
    second = page(client, f"{path('mine')}?{more}")
    assert told(first) + told(second) == [f"第{number}课" for number in reversed(range(40))]
    assert told(page(client, kind="media")) == [f"第{number}课" for number in reversed(range(0, 40, 4))]
    (chosen,) = re.findall(r'<option value="(\d+)">校本平台', first)
    by_school = [f"第{number}课" for number in reversed(range(0, 40, 2))]
    assert told(page(client, key=chosen)) == by_school
    assert told(page(client, year="x", kind="nothing", key="99999", older="made.up")) == told(first)


def test_who_has_learned_nothing_yet_is_told_so(pupil: Any):
    assert "还没有学习记录" in page(signed_in("pupil"))


def test_hidden_is_a_decision_of_its_own_and_the_store_keeps_what_was_sent(lrs: Lrs, pupil: Any):
    ids = lrs.post(did(pupil, "留着"), did(pupil, "不想看见"))
    client = signed_in("pupil")
    for _twice in range(2):
        assert client.post(path("hide", pupil.pk, ids[1])).status_code == 302
    assert told(page(client)) == ["留着"] and "有 1 条记录已隐藏" in page(client)
    assert told(page(client, path("hidden", pupil.pk))) == ["不想看见"]
    assert set(lrs.ids()) == set(ids)
    assert json.loads(text(client.post(path("take", pupil.pk)))) == lrs.found(ascending="true")
    client.post(path("show", pupil.pk, ids[1]))
    assert told(page(client)) == ["不想看见", "留着"] and not Hiding.objects.unscoped(WHY).exists()
    assert client.post(path("hide", pupil.pk, new_id())).status_code == 404
    (strange,) = lrs.post(statement())
    assert client.post(path("hide", pupil.pk, strange)).status_code == 404


def test_others_say_why_and_that_is_journalled_before_they_see(lrs: Lrs, pupil: Any, small_town: Town):
    secret, plain = lrs.post(did(pupil, "自己藏起"), did(pupil, "大家可看"))
    signed_in("pupil").post(path("hide", pupil.pk, secret))
    for name in ("classmate", "neighbour", "other_clerk", "island_clerk", "stranger", "operator", "clerk"):
        client = signed_in(name)
        assert client.get(path("person", pupil.pk)).status_code == 404
        assert client.post(path("look", pupil.pk), {"purpose": "好奇"}).status_code == 404
        assert client.post(path("take", pupil.pk)).status_code == 404
        assert client.get(path("shares", pupil.pk)).status_code == 404
    for name, hides in (("class_teacher", 404), ("guardian", 302)):
        client = signed_in(name)
        assert told(page(client, path("person", pupil.pk))) == []
        assert client.post(path("hide", pupil.pk, plain)).status_code == 404
        assert client.post(path("look", pupil.pk), {"purpose": ""}).status_code == 422
        assert client.post(path("look", pupil.pk), {"purpose": "期末评语"}).status_code == 302
        assert told(page(client, path("person", pupil.pk))) == ["大家可看"]
        assert client.post(path("hide", pupil.pk, plain)).status_code == hides
        assert pupil.name in page(client, path("learners"))
    key(small_town.place("city"), "all/read", name="学情报表").ids(agent=api.agent_of(pupil.pk))
    key(small_town.place("gaoan")).post(did(pupil))
    for whom in (pupil, small_town.person("classmate")):
        asked = {"purpose": "核对接入", "agent": f"person-{whom.pk}"}
        signed_in("clerk").post(path("store", small_town.place("gaoan").pk), asked)
    looked = re.search("谁看过(.*?)</ul>", page(signed_in("pupil")), re.DOTALL)[1]
    assert (
        re.findall(r"<li>(.*?) ?<", looked) == ["李妈妈", "林班任", "高教务", "学情报表"]
        and "期末评语" in looked
    )
    entries = AuditEntry.objects.unscoped(WHY).filter(action="records.open_record").order_by("sequence")
    assert [(each.actor_name, each.changes) for each in entries] == [
        ("林班任", {"purpose": "期末评语"}),
        ("李妈妈", {"purpose": "期末评语"}),
    ]


def share(client: Client, pupil: Any, days: int = 30, **more: Any) -> Any:
    until = timezone.localdate() + timedelta(days=days)
    given = {"shown_as": "小梅", "until": until.isoformat(), "year": "", "kind": ""}
    return client.post(path("shares", pupil.pk), given | more)


def link(client: Client, pupil: Any) -> str:
    return re.findall(
        r'data-wt-copy="http://testserver(/records/shared/[^"]+)"', page(client, path("shares", pupil.pk))
    )[0]


def test_a_link_shows_the_chosen_part_until_its_day_and_no_longer(lrs: Lrs, pupil: Any):
    ids = lrs.post(
        did(pupil, "那年的课", at="2020-05-01T08:00:00Z"), did(pupil, "那年的片", at="2020-05-02T08:00:00Z", kind="video"),
        did(pupil, "藏起的课", at="2020-05-03T08:00:00Z"), did(pupil, "今年的课"),
    )  # fmt: skip
    owner, anybody = signed_in("pupil"), Client()
    owner.post(path("hide", pupil.pk, ids[2]))
    assert share(owner, pupil, year="2020", kind="lesson").status_code == 302
    address = link(owner, pupil)
    cover = anybody.get(address)
    assert told(cover.content.decode()) == [] and "小梅" not in cover.content.decode()
    opened = anybody.post(address)
    assert told(opened.content.decode()) == ["那年的课"] and pupil.name not in opened.content.decode()
    for answer in (cover, opened):
        assert "noindex" in answer["X-Robots-Tag"] and "no-store" in answer["Cache-Control"]
    assert "被打开 1 次" in page(owner, path("shares", pupil.pk))
    (entry,) = AuditEntry.objects.unscoped(WHY).filter(action="records.open_share")
    assert (entry.actor_id, entry.organisation_path) == (None, "")
    (row,) = Share.objects.unscoped(WHY)
    nobody = anybody.get(path("shared", f"{row.pk}.made-up"))
    assert signed_in("classmate").post(path("share_stop", row.pk)).status_code == 404
    owner.post(path("share_stop", row.pk))
    stopped = [anybody.get(address), anybody.post(address)]
    Share.objects.unscoped(WHY).update(revoked=None, until=timezone.localdate() - timedelta(days=1))
    ended = [anybody.get(address), anybody.post(address)]
    assert {(each.status_code, without_numbers(each)) for each in [nobody, *stopped, *ended]} == {
        (404, without_numbers(nobody))
    }


def without_numbers(answer: Any) -> str:
    """A page without what differs from request to request."""
    return re.sub(r'value="[\w-]{64}"|name="next" value="[^"]*"', "", answer.content.decode())


def test_with_the_record_go_its_links_and_what_was_hidden(lrs: Lrs, pupil: Any, small_town: Town):
    (id,) = lrs.post(did(pupil, "旧课", at="2020-05-01T08:00:00Z"))
    owner = signed_in("pupil")
    owner.post(path("hide", pupil.pk, id))
    share(owner, pupil)
    address = link(owner, pupil)
    api.erase_record(small_town.actor("pupil"), pupil, reason="本人要求")
    assert Client().post(address).status_code == 404 and not Hiding.objects.unscoped(WHY).exists()
    assert "还没有学习记录" in page(owner)


def test_below_fourteen_it_is_the_parents_who_share(pupil: Any):
    Person.objects.unscoped(WHY).filter(pk=pupil.pk).update(
        born=timezone.localdate() - timedelta(days=13 * 365)
    )
    client = signed_in("pupil")
    assert "请让家长来分享" in page(client, path("shares", pupil.pk))
    assert share(client, pupil).status_code == 422
    assert share(signed_in("guardian"), pupil).status_code == 302
    assert Share.objects.unscoped(WHY).count() == 1


def test_a_link_has_an_end_within_a_year(pupil: Any):
    client = signed_in("pupil")
    for wrong in (
        {"days": -1},
        {"days": 366},
        {"until": ""},
        {"kind": "nothing"},
        {"shown_as": ""},
        {"shown_as": "a\x00"},
    ):
        assert share(client, pupil, **wrong).status_code == 422
    assert share(client, pupil, days=365).status_code == 302


def test_what_is_wrong_is_voided_by_whoever_keeps_the_store(small_town: Town, pupil: Any):
    school = key(small_town.place("gaoan"), name="体育打卡")
    (wrong,) = school.post(did(pupil, "跳绳", result={"score": {"raw": 3}}))
    client = signed_in("pupil")
    assert client.post(path("entry", pupil.pk, wrong), {"reason": ""}).status_code == 422
    assert client.post(path("entry", pupil.pk, wrong), {"reason": "我跳了 130 个"}).status_code == 302
    again = client.post(path("entry", pupil.pk, wrong), {"reason": "我跳了 130 个"})
    assert again.status_code == 422 and "正在办理" in again.content.decode()
    (case,) = Case.objects.unscoped(WHY)
    assert [str(place["title"]) for place in steps_of(case)] == ["已提出", "学校核实", "已作废原记录"]
    clerk = signed_in("clerk")
    shown = page(clerk, reverse("process:case", args=[case.number]))
    assert escape("完成了《跳绳》，得分 3") in shown and "我跳了 130 个" in shown and "体育打卡" in shown
    clerk.post(reverse("process:step", args=[case.number, "void"]), {"comment": ""})
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("corrected", "approved")
    assert school.ids() == [wrong]
    deliver_waiting()
    voiding = school.found()[0]
    assert (voiding["verb"]["id"], voiding["object"]["id"]) == (VOIDED, wrong)
    assert (
        school.ids() == [voiding["id"]] and "还没有学习记录" not in page(client) and told(page(client)) == []
    )


def test_what_is_decided_twice_over_is_voided_once(small_town: Town, pupil: Any):
    school = key(small_town.place("gaoan"))
    (wrong,) = school.post(did(pupil, "跳绳"))
    accepted = CorrectionAccepted(small_town.place("gaoan").pk, wrong)
    for _delivery in range(2):
        on_accepted(accepted, event_id=7)
    on_accepted(CorrectionAccepted(small_town.place("gaoan").pk, new_id()), event_id=8)
    assert [each["object"]["id"] for each in school.found()] == [wrong]


def test_the_citys_store_is_corrected_by_the_city(lrs: Lrs, pupil: Any):
    (wrong,) = lrs.post(did(pupil, "错课"))
    guardian = signed_in("guardian")
    guardian.post(path("look", pupil.pk), {"purpose": "核对"})
    guardian.post(path("entry", pupil.pk, wrong), {"reason": "不是他"})
    (case,) = Case.objects.unscoped(WHY).select_related("holder")
    assert (case.state, case.holder.kind, case.applicant.name) == ("city", "city", "李妈妈")


class TestCorrection(ProcessConformance):
    process_name = "correction"

    def begin(self, town: Town) -> Case:
        school, pupil = town.place("gaoan"), town.person("pupil")
        process = REGISTRY.process("correction")
        case = open_case(town.actor("guardian"), school, process=process, title=str(pupil), at=timezone.now())
        Correction.objects.create(
            case=case,
            organisation=school,
            person=pupil,
            statement=new_id(),
            told="完成了《跳绳》",
            reason="不对",
        )
        return case


def test_home_and_persons_pages_lead_to_the_records_that_one_may_open(pupil: Any):
    pages = {
        name: signed_in(name).get("/").content.decode() for name in ("guardian", "class_teacher", "clerk")
    }
    found = {
        name: [path(*way) in shown for way in (("person", pupil.pk), ("learners",))]
        for name, shown in pages.items()
    }
    assert found == {
        "guardian": [True, False],
        "class_teacher": [False, True],
        "clerk": [False, False],
    }
    assert all(path("mine") in shown for shown in pages.values())
    entry = reverse("register:detail", args=["persons", pupil.pk])
    may = {
        name: path("person", pupil.pk) in page(signed_in(name), entry)
        for name in (*pages, "pupil", "officer")
    }
    assert may == {"guardian": True, "class_teacher": True, "clerk": False, "pupil": True, "officer": True}
