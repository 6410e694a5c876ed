"""Two windows of the demo district: 小学 where registration is open, 初中 where the results are about to be told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from django.db import transaction
from django.utils import timezone

from wutong.centres.data.master.api import school_facts
from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Guardianship, Identifier, Membership, Organisation, Person
from wutong.kernel.people.numbers import check_digit
from wutong.kernel.people.queries import actor_of, find_by_number
from wutong.kernel.policy import SYSTEM, Actor
from wutong.platforms.governance.enrolment.actions import (
    arrival,
    choosing,
    draw,
    placement,
    registration,
    verification,
)
from wutong.platforms.governance.enrolment.actions import window as windows
from wutong.platforms.governance.enrolment.models import Application, Draw, Window
from wutong.platforms.governance.enrolment.ruleset import Calendar, PoolRule, Rules
from wutong.platforms.governance.enrolment.sources.local import keep

WHY = "the demo's own"
YOUNGEST = ("林小满", "Lin Xiaoman")
PRIMARY_FAMILIES, JUNIOR_FAMILIES = 14, 46
CLASS_SIZE = 40


def build(*, seed: int, password: str, say: Callable[[str], None]) -> None:
    if Window.objects.unscoped(WHY).exists():
        return
    with transaction.atomic():
        posts = Membership.objects.unscoped(WHY).filter(role="officer", organisation__kind="district")
        post = posts.filter(person__accounts__demo=True).select_related("person", "organisation").first()
        if post is not None:
            place = Demo(post, seed, timezone.now())
            place.primary()
            place.junior()


class Demo:
    """The demo district on the day of the demo; every moment is counted from there."""

    def __init__(self, post: Membership, seed: int, now: datetime) -> None:
        self.rng, self.now = Random(seed), now  # noqa: S311  # invented papers, no secrets
        self.district: Organisation = post.organisation
        self.officer: Actor = actor_of(post.person)
        self.year = timezone.localdate(now).year + 1

    def day(self, days: int, hour: int = 9) -> datetime:
        day = timezone.localdate(self.now) + timedelta(days=days)
        return timezone.make_aware(datetime.combine(day, time(hour)))

    def calendar(self, opens: int) -> Calendar:
        """`opens`: on which day, counted from today, registration began."""
        spans = (0, 15, 20, 25, 30, 36, 43, 60)
        moments = [self.day(opens + days, 17 if days in (15, 25) else 9) for days in spans]
        return Calendar(*moments, first_day=date(self.year, 9, 1))  # type: ignore[misc]

    def schools(self, stage: str) -> list[tuple[Organisation, str]]:
        rows = (
            Organisation.objects.unscoped(WHY)
            .below(self.district.path)
            .filter(kind="school")
            .order_by("path")
        )
        facts = [(row, school_facts(row.pk)) for row in rows]
        return [(row, fact.nature) for row, fact in facts if fact and stage in fact.stages]

    # 小学

    def primary(self) -> None:
        age = date(self.year - 7, 9, 1)
        rules = Rules(
            calendar=self.calendar(-6),
            born_from=age,
            born_to=age.replace(year=age.year + 1) - timedelta(days=1),
        )
        window = self.window("primary", rules)
        codes = {row.pk: nature for row, nature in self.schools(PRIMARY)}
        for row, _nature in self.schools(PRIMARY):
            self.plan(window, row, private=codes[row.pk] == PRIVATE)
        self.stretches(window, [row for row, nature in self.schools(PRIMARY) if nature != PRIVATE])
        self.publish(window, -7)
        self.youngest(rules)
        for number, child in enumerate(self.children(rules, PRIMARY_FAMILIES)):
            self.register(window, child, at=self.day(-5 + number % 5, 10), confirmed=number % 3 != 0)

    def youngest(self, rules: Rules) -> None:
        """A third child of the demo family, so that its guardian may try the whole registration."""
        mother = Person.objects.unscoped(WHY).filter(accounts__username="guardian").first()
        if mother is None:
            return
        born = rules.born_from + timedelta(days=100)
        first = f"310104{born:%Y%m%d}028"
        child = people.add_person(
            SYSTEM, self.district, name=YOUNGEST[0], name_en=YOUNGEST[1], sex="2", born=born,
            ethnic_group="01", address=mother.address, at=self.now,
        )  # fmt: skip
        number = first + check_digit(first)
        if find_by_number("identity", number) is None:
            people.set_identifier(SYSTEM, child, kind="identity", value=number, valid_from=born, at=self.now)
        people.set_guardianship(
            SYSTEM, child, guardian=mother, relation="52", primary=True, valid_from=born, at=self.now
        )
        keep("household", [(number, {"address": mother.address, "since": born.isoformat()})])
        keep("property", [(number, {"address": mother.address, "certificate": "沪房地徐字第 028 号"})])

    def children(self, rules: Rules, number: int) -> list[Person]:
        """Children of the age at a school or kindergarten of the district, with a guardian."""
        members = Membership.objects.unscoped(WHY).filter(role="pupil", valid_to=None)
        here = members.filter(organisation__path__startswith=self.district.path)
        rows = Person.objects.unscoped(WHY).filter(born__gte=rules.born_from, born__lte=rules.born_to)
        return list(
            rows.filter(pk__in=here.values("person")).exclude(accounts__demo=True).order_by("pk")[:number]
        )

    # 初中

    def junior(self) -> None:
        age = date(self.year - 12, 9, 1)
        rules = self.routes(
            Rules(
                calendar=self.calendar(-37),
                born_from=age,
                born_to=age.replace(year=age.year + 1) - timedelta(days=1),
            )
        )
        window = self.window("junior", rules)
        for row, _nature in self.schools(JUNIOR):
            self.plan(window, row, private=False, seats=JUNIOR_FAMILIES // 6)
        self.publish(window, -38)
        made = [
            self.register(window, child, at=self.day(-36, 10))
            for child in self.children(rules, JUNIOR_FAMILIES)
        ]
        for application in made[:-2]:
            self.apply(application, at=self.day(-15, 10))
        choosing.ask_deferral(
            actor_of(made[-1].guardian), made[-1], reason="因病休养，附市儿童医院证明。", at=self.day(-1)
        )
        self.results(window)

    def routes(self, rules: Rules) -> Rules:
        """学籍对口 for most, 一贯制直升 at the nine-year school, 电脑派位 for those of the private primary school."""
        primary = self.schools(PRIMARY)
        junior = [row for row, _nature in self.schools(JUNIOR)]
        both = [row.pk for row, _nature in primary if row in junior]
        plain = [row.pk for row, nature in primary if nature != PRIVATE and row.pk not in both]
        targets = [row.pk for row in junior if row.pk not in both]
        private = tuple(row.pk for row, nature in primary if nature == PRIVATE)
        feeders = {key: targets[place % len(targets)] for place, key in enumerate(plain)}
        pools = (PoolRule("东片派位组", private, tuple(targets[:2])),) if private else ()
        through = {key: key for key in both}
        return Rules(
            calendar=rules.calendar, born_from=rules.born_from, born_to=rules.born_to, by_catchment=False,
            feeders={**feeders, **through}, pools=pools, through=through,
        )  # fmt: skip

    def results(self, window: Window) -> None:
        """Verified, drawn, placed and told; a few are still on their way to the counter."""
        at = self.day(-6)
        verification.check_all(self.officer, window, at=at)
        self.draw(window, at)
        run = placement.place(self.officer, window, kind="first", at=at)
        placement.carry_out(run.pk, at=at)
        arrival.tell(self.officer, window, at=self.day(-1))

    def draw(self, window: Window, at: datetime) -> None:
        waiting = Application.objects.unscoped(WHY).filter(window=window, state="checked")
        if not window.rules.pools or not waiting.exists():
            return
        held = draw.freeze(self.officer, window, round=Draw.Round.POOL, at=at)
        later = at + timedelta(hours=6)
        held = draw.draw_lots(
            self.officer,
            held,
            public_seed="03 08 14 19 22 31 07",
            public_source="演示：当晚福利彩票双色球开奖号码",
            at=later,
        )
        for name, office in (("王公正", "东方公证处公证员"), ("李监督", "区纪检监察组")):
            draw.sign(self.officer, held, name=name, office=office, at=later)
        draw.publish(self.officer, held, at=later + timedelta(hours=1))

    # What both need

    def window(self, stage: str, rules: Rules) -> Window:
        return windows.prepare_window(
            self.officer, self.district, year=self.year, stage=stage, rules=rules, at=self.day(-60)
        )

    def publish(self, window: Window, days: int) -> None:
        windows.publish(self.officer, window, at=self.day(days))
        window.refresh_from_db()

    def plan(self, window: Window, school: Organisation, *, private: bool, seats: int = CLASS_SIZE) -> None:
        windows.save_plan(
            self.officer, school, window=window, plan=None, side="private" if private else "public",
            category="走读" if private else "统筹", classes=1, seats=seats, at=self.day(-50),
        )  # fmt: skip

    def stretches(self, window: Window, schools: list[Organisation]) -> None:
        """Each road of the district belongs to one school; one road is left out and one overlaps, to be found."""
        rows = Person.objects.unscoped(WHY).exclude(address="").values_list("address", flat=True).distinct()
        roads = sorted({road_of(address) for address in rows[:4000]} - {""})
        for place, road in enumerate(roads[1:]):
            self.stretch(window, schools[place % len(schools)], road)
        self.stretch(window, schools[0], roads[-1], first=1300)

    def stretch(self, window: Window, school: Organisation, road: str, **where: Any) -> None:
        windows.save_catchment(
            self.officer, school, window=window, row=None, at=self.day(-50), road=road, **where
        )

    def register(self, window: Window, child: Person, *, at: datetime, confirmed: bool = True) -> Application:
        wards = Guardianship.objects.unscoped(WHY).filter(child=child).order_by("-primary", "pk")
        guardian = actor_of(wards.select_related("guardian").first().guardian)
        made = registration.register(guardian, child, window=window, at=at)
        parts = self.parts(child)
        registration.fill(guardian, made, parts=parts, at=at)
        return registration.confirm(guardian, made, at=at) if confirmed else made

    def parts(self, child: Person) -> dict[str, Any]:
        """Mostly owners at home; one in eight says something that the household register has otherwise."""
        since = (child.born + timedelta(days=self.rng.randrange(900))).isoformat()
        number = Identifier.objects.unscoped(WHY).filter(person=child, kind="identity").first().opened()
        certificate = f"沪房地徐字第 {self.rng.randrange(10**6):06d} 号"
        known = since if self.rng.random() > 1 / 8 else child.born.isoformat()
        keep("household", [(number, {"address": child.address, "since": known})])
        keep("property", [(number, {"address": child.address, "certificate": certificate})])
        return {
            "household": {"kind": "family", "address": child.address, "since": since, "head": "parent"},
            "home": {
                "kind": "owned",
                "address": child.address,
                "certificate": certificate,
                "since": since,
                "owner": "parent",
            },
            "stays": True,
        }

    def apply(self, application: Application, *, at: datetime) -> None:
        choosing.choose_public(actor_of(application.guardian), application, at=at)


PRIMARY, JUNIOR, PRIVATE = "primary", "junior", "private"


def road_of(address: str) -> str:
    """Up to the word for road: the demo's addresses all have one."""
    rest = address.removeprefix("上海市").removeprefix("徐汇区")
    return rest[: rest.index("路") + 1] if "路" in rest else ""
