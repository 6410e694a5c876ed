"""Reads of enrolment that more than one page needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from wutong.kernel.people.models import Guardianship, Membership, Organisation, Person
from wutong.kernel.policy import Actor, subtree
from wutong.kernel.prepared import Prepared
from wutong.platforms.governance.enrolment.machine import STATES
from wutong.platforms.governance.enrolment.models import Application, Plan, Seat, Window
from wutong.platforms.governance.enrolment.phases import is_open

SETTLED = [name for name, state in STATES.items() if state.settled]
SEATED = [name for name, state in STATES.items() if state.seated]


def applications(actor: Actor) -> QuerySet:
    rows = Application.objects.visible_to(actor)
    return rows.select_related("window__district", "child", "guardian", "school")


def numbered(actor: Actor, number: str) -> Application | None:
    """The one that a 报名号 names, if the actor may know of it."""
    key = Application.key_of(number)
    rows = _of_key(actor, key) if key is not None else ()
    return next((row for row in rows if row.number == number), None)


@Prepared
def _of_key(actor: Actor, key: int) -> QuerySet:
    return applications(actor).filter(pk=key)


def windows(actor: Actor) -> QuerySet:
    """Those of one's own district or below; a school sees its district's."""
    rows = Window.objects.unscoped("narrowed here to the actor's own line of the tree").select_related(
        "district"
    )
    paths = [role.path for role in actor.roles]
    own = Q(pk__in=())
    for path in paths:
        own |= subtree(path, "district__path")
        own |= Q(district__in=[int(path[i : i + 8]) for i in range(0, len(path), 8)])
    return (rows if actor.is_system else rows.filter(own)).order_by("-year", "district__path", "-stage")


def published(at: datetime) -> list[Window]:
    return _published()


@Prepared
def _published() -> QuerySet:
    rows = Window.objects.unscoped("what is published is public").filter(state=Window.State.OPEN)
    return rows.select_related("district").order_by("-year", "district__path", "-stage")


def wards(actor: Actor, on: date) -> list[Person]:
    """One's children, the youngest first."""
    return [row.child for row in _wardships(actor.person_id, on)] if actor.person_id is not None else []


@Prepared
def _wardships(guardian: int, on: date) -> QuerySet:
    rows = Guardianship.objects.unscoped("one's own").on(on).filter(guardian=guardian)
    return rows.select_related("child").order_by("-child__born", "pk")


def application_for(actor: Actor, child: Person) -> Application | None:
    """The newest that was not withdrawn."""
    rows = applications(actor).filter(child=child).exclude(state="withdrawn")
    return rows.order_by("-year", "-pk").first()


def windows_for(child: Person, at: datetime) -> list[Window]:
    """Where this child may be registered now."""
    found = published(at)
    return [one for one in found if is_open(one, "registration", at) and one.rules.is_of_age(child.born)]


def without_seat(window: Window) -> QuerySet:
    """Registered children with neither seat nor deferral nor destination: 控辍保学."""
    rows = Application.objects.unscoped("the duty towards every child").filter(window=window)
    return rows.exclude(state__in=[*SETTLED, *SEATED]).select_related("child", "guardian").order_by("pk")


def unregistered(window: Window, on: date) -> QuerySet:
    """Children of the age who go to a kindergarten or primary school of the district and did not register."""
    rules = window.rules
    members = (
        Membership.objects.unscoped("children known in the district")
        .on(on)
        .filter(subtree(window.district.path, "organisation__path"), person=OuterRef("pk"), role="pupil")
    )
    asked = (
        Application.objects.unscoped("registered anywhere in the city")
        .filter(child=OuterRef("pk"), year=window.year)
        .exclude(state="withdrawn")
    )
    rows = Person.objects.unscoped("the duty towards every child").current()
    rows = rows.filter(born__gte=rules.born_from, born__lte=rules.born_to)
    return rows.filter(Exists(members)).exclude(Exists(asked)).order_by("pk")


@dataclass(frozen=True)
class Tally:
    """How many stand where."""

    counts: Mapping[str, int]

    @property
    def registered(self) -> int:
        return sum(self.counts.values()) - self.counts.get("withdrawn", 0)

    @property
    def seated(self) -> int:
        return sum(self.counts.get(name, 0) for name in SEATED)

    @property
    def open(self) -> int:
        return sum(number for name, number in self.counts.items() if name not in (*SETTLED, *SEATED))


def seats_by_side(window: Window) -> dict[str, tuple[int, int]]:
    """Side to seats planned and taken."""
    rows = Plan.objects.unscoped("plans are published").filter(window=window).values_list("side")
    sums = rows.annotate(Sum("seats"), Sum("extra"), Sum("taken")).order_by()
    return {side: (seats + extra, taken) for side, seats, extra, taken in sums}


def tally(found: Iterable[Window]) -> dict[int, dict[str, int]]:
    """Key of the window to state to number, in one question for all."""
    keys = [window.pk for window in found]
    rows = Application.objects.unscoped("numbers of windows in sight").filter(window__in=keys)
    counted: dict[int, dict[str, int]] = {key: {} for key in keys}
    for window, state, number in rows.values_list("window", "state").annotate(Count("pk")).order_by():
        counted[window][state] = number
    return counted


@dataclass(frozen=True)
class SchoolLine:
    """A plan with how many want it, so that a district sees where it will be tight."""

    plan: Plan
    wanted: int
    arrived: int


def school_lines(window: Window) -> list[SchoolLine]:
    plans = Plan.objects.unscoped("plans of a window in sight").filter(window=window).select_related("school")
    wishes = Count("wishes", filter=Q(wishes__kind="first") & ~Q(wishes__application__state="withdrawn"))
    rows = plans.annotate(wanted=wishes).order_by("side", "school__path", "category")
    arrived = Seat.objects.unscoped("likewise").filter(
        released=None, application__state="arrived", plan__window=window
    )
    came = dict(arrived.values_list("plan").annotate(Count("pk")).order_by())
    matched = _matched(window)
    return [
        SchoolLine(
            row, row.wanted if row.side == "private" else matched.get(row.school_id, 0), came.get(row.pk, 0)
        )
        for row in rows
    ]


def _matched(window: Window) -> dict[int, int]:
    """How many checked children have each school as their own."""
    rows = Application.objects.unscoped("numbers only").filter(window=window, side="public")
    counted: dict[int, int] = {}
    for facts in rows.values_list("facts", flat=True):
        if school := facts.get("own"):
            counted[school] = counted.get(school, 0) + 1
    return counted


def roster(actor: Actor) -> QuerySet:
    """New pupils of the actor's own school, once it was told of them."""
    return applications(actor).filter(school__isnull=False).order_by("school", "pk")


def schools_in(window: Window) -> QuerySet:
    rows = Organisation.objects.unscoped("schools of one district are public")
    return rows.below(window.district.path).filter(kind="school", valid_to=None).order_by("path")
