"""What the home page asks of the house."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from wutong.kernel.indicator.queries import Reading, latest, own_path, parts, places_of, series
from wutong.kernel.module import REGISTRY
from wutong.kernel.notice.actions import PUBLISHERS
from wutong.kernel.people.models import Guardianship, Membership, Organisation, Person
from wutong.kernel.policy import Actor
from wutong.kernel.process.queries import inbox, inbox_count, line, startable, started_by

SHOWN = 6
FIGURES = 4
BARS = 8
ON_THE_MAP = "pupils"
STAFF = ("officer", "clerk", "head", "auditor", "operator", "teacher", "class_teacher", "provider")


@dataclass(frozen=True)
class Learner:
    """A child as the family sees it."""

    name: str
    url: str
    school: str
    group: str
    teachers: tuple[tuple[str, str], ...]
    me: bool


@dataclass(frozen=True)
class Part:
    """What a module shows on the home page: its template and what stands in it."""

    template: str
    facts: Mapping[str, Any]
    column: str


def parts_of(actor: Actor, at: datetime) -> list[Part]:
    """The parts that modules declare and that have something to say to this person, in their order."""
    declared = sorted(REGISTRY.all("home"), key=lambda part: part.order)
    found = [(part, part.context(actor, at)) for part in declared]
    return [Part(part.template, facts, part.column) for part, facts in found if facts is not None]


def greeting(at: datetime) -> str:
    hour = timezone.localtime(at).hour
    for until, words in ((5, _("夜深了")), (11, _("早上好")), (13, _("中午好")), (18, _("下午好"))):
        if hour < until:
            return words
    return _("晚上好")


def is_staff(actor: Actor) -> bool:
    return actor.holds(*STAFF)


def learners(actor: Actor, on: date) -> list[Learner]:
    """One's children, or oneself as a pupil."""
    wards = Guardianship.objects.visible_to(actor).on(on).filter(guardian_id=actor.person_id)
    children = [row.child for row in wards.select_related("child").order_by("-child__born")]
    if actor.holds("pupil"):
        children = [*Person.objects.visible_to(actor).filter(pk=actor.person_id), *children]
    return [_learner(actor, child, on) for child in children]


def _learner(actor: Actor, child: Person, on: date) -> Learner:
    rows = (
        Membership.objects.unscoped("the class of one's own child").on(on).filter(person=child, role="pupil")
    )
    place = rows.select_related("organisation__parent").first()
    return Learner(
        name=str(child),
        url=reverse("register:detail", args=["persons", child.pk]),
        school=str(place.organisation.parent or "") if place else "",
        group=str(place.organisation) if place else "",
        teachers=_teachers(place, on) if place else (),
        me=child.pk == actor.person_id,
    )


def _teachers(place: Membership, on: date) -> tuple[tuple[str, str], ...]:
    """Who teaches the class, the class teacher first; one line a teacher."""
    rows = Membership.objects.unscoped("who teaches one's own child").on(on)
    found = rows.filter(organisation=place.organisation_id, role__in=("class_teacher", "teacher"))
    lines: dict[int, tuple[str, str]] = {}
    for row in found.select_related("person").order_by("role", "pk"):
        lines.setdefault(row.person_id, (str(row.person), row.post or row.get_role_display()))
    return tuple(lines.values())


def family(actor: Actor, at: datetime) -> dict[str, Any]:
    """What parents and learners find."""
    return {
        "learners": learners(actor, timezone.localdate(at)),
        "parts": parts_of(actor, at),
        "mine_items": started(actor, at),
    }


def started(actor: Actor, at: datetime) -> list[dict[str, Any]]:
    return [line(case, at) for case in started_by(actor).filter(closed=None)[:SHOWN]]


def desk(actor: Actor, at: datetime) -> dict[str, Any]:
    """What an office worker finds in the morning."""
    parts = parts_of(actor, at)
    waiting = list(inbox(actor)[:SHOWN])
    number = inbox_count(actor)
    return {
        "inbox_items": [line(case, at) for case in waiting],
        "inbox_note": _("%(number)s 件") % {"number": number} if number else "",
        "mine_items": started(actor, at),
        "learners": learners(actor, timezone.localdate(at)),
        "main_parts": [part for part in parts if part.column == "main"],
        "side_parts": [part for part in parts if part.column != "main"],
        "starts": startable(actor),
        "may_publish": actor.holds(*PUBLISHERS),
        "figures": figures(actor),
        "below": below(actor),
    }


def figures(actor: Actor) -> list[dict[str, Any]]:
    """Every indicator that has a value for the actor's own place."""
    path = own_path(actor)
    if not path:
        return []
    found = [
        (indicator, latest(actor, indicator.name, path)) for indicator in REGISTRY.all("indicators")[:FIGURES]
    ]
    return [
        {
            "title": indicator.title,
            "shown": reading.text,
            "unit": indicator.unit,
            "note": _("%(day)s 统计") % {"day": date_format(localtime(reading.at), "MONTH_DAY_FORMAT")},
            "trend": [each.number for each in series(actor, indicator.name, path) if each.number is not None],
            "href": reverse("indicator:detail", args=[indicator.name]),
        }
        for indicator, reading in found
        if reading is not None
    ]


def below(actor: Actor) -> dict[str, Any] | None:
    """How it looks one level down: the districts as a map for the city, the schools as bars for a district."""
    path = own_path(actor)
    if not path or ON_THE_MAP not in {indicator.name for indicator in REGISTRY.all("indicators")}:
        return None
    readings = [each for each in parts(actor, ON_THE_MAP, path) if each.number is not None]
    places = places_of(actor, [each.path for each in readings])
    shown = [(places[each.path], each) for each in readings if each.path in places]
    if not shown:
        return None
    found = {
        "title": REGISTRY.indicator(ON_THE_MAP).title,
        "href": reverse("indicator:detail", args=[ON_THE_MAP]),
        "unit": REGISTRY.indicator(ON_THE_MAP).unit,
    }
    if all(place.kind == "district" for place, _each in shown):
        return {**found, "tiles": _tiles(shown)}
    largest = sorted(shown, key=lambda pair: -(pair[1].number or 0))[:BARS]
    bars = [{"name": str(place), "number": each.number, "text": each.text} for place, each in largest]
    return {**found, "bars": bars, "most": largest[0][1].number or 1}


def _tiles(shown: list[tuple[Organisation, Reading]]) -> list[dict[str, Any]]:
    most = max(each.number or 0 for _place, each in shown) or 1
    return [
        {"name": place.name, "value": each.text, "level": 1 + int(4 * (each.number or 0) / most)}
        for place, each in shown
    ]
