"""A district in April: two public schools, one private, families whose papers are in order and families whose are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import Actor
from wutong.kernel.testing import factories
from wutong.platforms.governance.enrolment.actions import choosing, registration
from wutong.platforms.governance.enrolment.actions import window as windows
from wutong.platforms.governance.enrolment.models import Application, Plan, Window
from wutong.platforms.governance.enrolment.ruleset import Calendar, Rules
from wutong.platforms.governance.enrolment.sources.local import keep

YEAR = 2027
OPENS = datetime(2027, 4, 13, 1, tzinfo=UTC)
REGISTERING = OPENS + timedelta(days=2)
APPLYING = OPENS + timedelta(days=22)
DRAWING = OPENS + timedelta(days=30)
DRAWN = DRAWING + timedelta(hours=6)
PLACING = OPENS + timedelta(days=40)
SECOND = OPENS + timedelta(days=47)
FIRST_DAY = datetime(2027, 9, 1, 0, tzinfo=UTC)


def rules(opens: datetime = OPENS, **differing: Any) -> Rules:
    """Registration opens then, everything else follows at its distance."""
    days = (0, 15, 20, 25, 30, 40, 47, 80)
    calendar = Calendar(
        *(opens + timedelta(days=each) for each in days), first_day=(opens + timedelta(days=141)).date()
    )
    return Rules(
        **{"calendar": calendar, "born_from": date(2020, 9, 1), "born_to": date(2021, 8, 31), **differing}
    )


RULES = rules()
CALENDAR = RULES.calendar
BORN = date(2021, 3, 8)


@dataclass
class Scene:
    town: factories.Town
    window: Window
    plans: dict[str, Plan]

    @property
    def officer(self) -> Actor:
        return self.town.actor("officer")

    @property
    def clerk(self) -> Actor:
        return self.town.actor("clerk")


def window_of(
    town: factories.Town, *, rules: Rules = RULES, district: str = "xuhui", by: str = "officer"
) -> Window:
    return windows.prepare_window(
        town.actor(by),
        town.place(district),
        year=YEAR,
        stage="primary",
        rules=rules,
        at=OPENS - timedelta(days=30),
    )


def plan(
    town: factories.Town,
    window: Window,
    school: str,
    seats: int,
    side: str = "public",
    category: str = "统筹",
) -> Plan:
    return windows.save_plan(
        town.actor("officer"), town.place(school), window=window, plan=None, at=OPENS,
        side=side, category=category, classes=1, seats=seats,
    )  # fmt: skip


def stretch(town: factories.Town, window: Window, school: str, **where: Any) -> None:
    windows.save_catchment(
        town.actor("officer"), town.place(school), window=window, row=None, at=OPENS, **where
    )


def district(
    town: factories.Town, *, rules: Rules = RULES, seats: tuple[int, int, int] = (2, 2, 1), second: int = 1
) -> Scene:
    """高安路 belongs to 高安路第一小学, 向阳路 to 向阳小学; 爱菊 is private. Not yet published."""
    town.places["aiju"] = factories.place(town.place("xuhui"), "school", "爱菊小学")
    window = window_of(town, rules=rules)
    plans = {
        "gaoan": plan(town, window, "gaoan", seats[0]),
        "xiangyang": plan(town, window, "xiangyang", seats[1]),
        "aiju": plan(town, window, "aiju", seats[2], "private", "走读"),
        "second": plan(town, window, "aiju", second, "private", "住宿"),
    }
    stretch(town, window, "gaoan", road="高安路", first=1, last=99)
    stretch(town, window, "xiangyang", road="向阳路", first=1, last=99)
    return Scene(town, window, plans)


def opened(town: factories.Town, **options: Any) -> Scene:
    scene = district(town, **options)
    windows.publish(scene.officer, scene.window, at=OPENS - timedelta(days=1))
    scene.window.refresh_from_db()
    return scene


@dataclass
class Family:
    child: Person
    mother: Person
    number: str
    home: str
    since: str
    certificate: str

    @property
    def actor(self) -> Actor:
        return actor_of(self.mother)


def family(
    n: int, *, road: str = "高安路", since: str = "", papers: bool = True, name: str = "", born: date = BORN
) -> Family:
    """The `n`th: moved in in month `n` of 2014 if not said; with `papers` every source knows them."""
    mother = _person(f"母亲{n}")
    child = _person(name or f"孩子{n}", born=born)
    number = factories.identity(n, born)
    factories.number(child, "identity", number)
    factories.people.set_guardianship(factories.SYSTEM, child, guardian=mother, relation="52", primary=True)
    made = Family(
        child,
        mother,
        number,
        f"{road}{n}号101室",
        since or f"20{13 + n // 12:02d}-{n % 12 + 1:02d}-01",
        f"沪房{n}",
    )
    if papers:
        keep("household", [(number, {"address": made.home, "since": made.since})])
        keep("property", [(number, {"address": made.home, "certificate": made.certificate})])
    return made


def _person(name: str, **values: Any) -> Person:
    return factories.people.add_person(factories.SYSTEM, None, name=name, **values)


def sheet(family: Family) -> dict[str, dict[str, Any]]:
    """What an owner who lives where they are registered fills in."""
    return {
        "household": {"kind": "family", "address": family.home, "since": family.since, "head": "parent"},
        "home": {
            "kind": "owned", "address": family.home, "certificate": family.certificate,
            "since": family.since, "owner": "parent",
        },
    }  # fmt: skip


def confirmed(scene: Scene, family: Family, **parts: Any) -> Application:
    made = registration.register(family.actor, family.child, window=scene.window, at=REGISTERING)
    registration.fill(family.actor, made, parts={**sheet(family), **parts}, at=REGISTERING)
    return registration.confirm(family.actor, made, at=REGISTERING)


def applied(scene: Scene, family: Family, side: str = "public", **wish: Any) -> Application:
    made = confirmed(scene, family)
    if side == "public":
        return choosing.choose_public(family.actor, made, at=APPLYING)
    return choosing.choose_private(family.actor, made, first=scene.plans["aiju"], at=APPLYING, **wish)


def fresh(application: Application) -> Application:
    rows = Application.objects.unscoped("as it stands now").select_related(
        "window__district", "child", "school"
    )
    return rows.get(pk=application.pk)
