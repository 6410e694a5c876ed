"""Applications of a city, a district, a school and a provider: in use, in review, in draft."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from wutong.centres.identity.accounts import api as accounts
from wutong.centres.identity.applications import review
from wutong.centres.identity.applications.models import Application, SignInDay
from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import Actor
from wutong.kernel.process.engine import take
from wutong.kernel.process.models import Case

WHY = "the demo's own"
DAYS = 30


@dataclass(frozen=True)
class Story:
    """Who asks, what for, who lets it in (nobody yet if empty), and about how many sign in on a school day."""

    who: str
    facts: dict[str, Any]
    reviewer: str = ""
    visits: int = 0
    asked: bool = field(default=True)


OPENID, CAS = ["authorization_code"], ["cas"]
STORIES = (
    Story("operator", {"name": "空中课堂", "purpose": "全市中小学生回看名师课堂录像。", "grants": [*OPENID, "refresh_token"], "redirect_uris": ["https://class.example.sh.cn/oidc/callback"], "scopes": ["openid", "profile"], "claims": ["name"], "reach": "all", "audience": ["pupil", "teacher"]}, "city", 420),
    Story("district", {"name": "徐汇教研网", "purpose": "教师报名教研活动、登记学分。", "grants": CAS, "auth_method": "none", "service_prefixes": ["https://research.xuhui.example.cn"], "claims": ["name", "roles", "organisations", "staff_number"], "user_claim": "staff_number", "audience": ["teacher"]}, "city", 65),
    Story("school", {"name": "校园图书馆", "purpose": "学生和教师借书、续借。", "grants": CAS, "auth_method": "none", "service_prefixes": ["https://library.school.example.cn/opac"], "claims": ["name", "roles"]}, "district", 38),
    Story("provider", {"name": "作业助手", "purpose": "教师布置和批改作业，学生在线提交。", "grants": OPENID, "redirect_uris": ["https://homework.example.com/callback"], "scopes": ["openid", "profile", "organisation"], "claims": ["name", "roles", "organisations", "gender"], "reach": "all"}),
    Story("school", {"name": "家校联系册", "purpose": "班主任与家长互发消息。", "grants": OPENID, "redirect_uris": ["https://contact.school.example.cn/callback"], "scopes": ["openid"], "audience": ["guardian", "teacher"]}, asked=False),
)  # fmt: skip


def build(*, seed: int, password: str, say: Callable[[str], None]) -> None:
    if Application.objects.unscoped(WHY).exists():
        return
    people = accounts.demo_people()
    with transaction.atomic():
        for number, story in enumerate(STORIES):
            chance = random.Random(f"{seed}:{number}")  # noqa: S311  # the same figures for the same seed
            days = DAYS + 5 - number if story.reviewer else 1  # what is not decided yet was asked yesterday
            tell(story, people, timezone.now() - timedelta(days=days), chance)


def tell(story: Story, people: dict[str, int], at: datetime, chance: random.Random) -> None:
    actor = _actor(people[story.who])
    place = Organisation.objects.unscoped(WHY).get(pk=actor.roles[0].organisation_id)
    application = review.draft(actor, place, at=at, **story.facts)
    if not story.asked:
        return
    made = review.ask(actor, application, proposed={}, reason=story.facts["purpose"], at=at)
    if story.reviewer:
        case = Case.objects.unscoped(WHY).select_related("holder").get(pk=made.pk)
        take(_actor(people[story.reviewer]), case, step="approve", at=at + timedelta(hours=5))
        _visits(application, story.visits, timezone.localdate(), chance)


def _actor(person: int) -> Actor:
    return actor_of(Person.objects.unscoped(WHY).get(pk=person))


def _visits(application: Application, usual: int, today: Any, chance: random.Random) -> None:
    """Fewer at the weekend, as in a school."""
    protocol = "cas" if application.grants == CAS else "openid"
    rows = []
    for back in range(DAYS):
        day = today - timedelta(days=back)
        count = round(usual * (0.15 if day.weekday() > 4 else 1) * chance.uniform(0.75, 1.2))
        rows.append(
            SignInDay(application=application, day=day, protocol=protocol, count=count, people=count * 3 // 4)
        )
    SignInDay.objects.bulk_create(rows)
