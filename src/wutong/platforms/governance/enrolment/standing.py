"""Where a child stands and why, in a family's words; the same words in a letter and on the phone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count
from django.utils import formats
from django.utils.translation import gettext as _

from wutong.kernel.people.models import Organisation
from wutong.platforms.governance.enrolment.machine import STATES
from wutong.platforms.governance.enrolment.models import Application, DrawEntry, PlacementLine, Seat
from wutong.platforms.governance.enrolment.phases import moment, upcoming
from wutong.platforms.governance.enrolment.ruleset import CLASS_TITLES, COMPARATOR_TITLES, DATES, Rules

WHY = "the reasons for an application in sight"
# Until the results are told, a seat is not: families all hear on the same day.
UNTOLD = ("placed",)


@dataclass(frozen=True)
class Here:
    """`now` and `next` are sentences; `why` are the reasons, the weightiest first; `school` once it is told."""

    title: str
    tone: str
    now: str
    next: str
    date: str
    why: tuple[str, ...]
    school: str
    how: str


@dataclass(frozen=True)
class Records:
    """What tells where some applications stand, read at once; by application, the newest first."""

    seats: Mapping[int, Seat]
    entries: Mapping[int, list[DrawEntry]]
    lines: Mapping[int, list[PlacementLine]]
    sizes: Mapping[tuple[int, str], int]
    schools: Mapping[int, str]

    @classmethod
    def of(cls, applications: Sequence[Application]) -> Records:
        """`sizes` are those of the lists in which they stand; only published draws count: before, nobody knows."""
        keys = [row.pk for row in applications]
        seats = Seat.objects.unscoped(WHY).filter(application__in=keys, released=None)
        drawn = DrawEntry.objects.unscoped(WHY).filter(draw__rehearsal=False, draw__state="published")
        entries, lines = defaultdict(list), defaultdict(list)
        rows = drawn.filter(application__in=keys).select_related("draw")
        for entry in rows.order_by("-draw__published"):
            entries[entry.application_id].append(entry)
        for line in _lines(keys):
            lines[line.application_id].append(line)
        draws = {entry.draw_id for each in entries.values() for entry in each}
        counted = drawn.filter(draw__in=draws).values_list("draw", "list").annotate(size=Count("pk"))
        named = {int(line.why["own"]) for each in lines.values() for line in each if line.why.get("own")}
        schools = Organisation.objects.unscoped("names of schools are public").filter(pk__in=named)
        return cls(
            {row.application_id: row for row in seats.select_related("plan__school")},
            entries,
            lines,
            {(draw, name): size for draw, name, size in counted} if draws else {},
            {row.pk: str(row) for row in schools} if named else {},
        )


def _lines(keys: list[int]) -> list[PlacementLine]:
    rows = PlacementLine.objects.unscoped(WHY).filter(application__in=keys, written=True)
    return list(rows.order_by("-pk"))


def where(application: Application, at: datetime, records: Records | None = None) -> Here:
    state = STATES[application.state]
    told = application.state not in UNTOLD
    records = records or Records.of([application] if told else [])
    seat = records.seats.get(application.pk) if told else None
    return Here(
        title=str(STATES["checked"].title if not told else state.title),
        tone=state.tone,
        now=str(STATES["checked"].family if not told else state.family),
        next=str(state.next),
        date=_next_date(application, at),
        why=tuple(reasons(application, records)) if told else (),
        school=str(seat.plan.school) if seat else "",
        how=str(seat.get_kind_display()) if seat else "",
    )


def _next_date(application: Application, at: datetime) -> str:
    if STATES[application.state].settled:
        return ""
    found = upcoming(application.window.rules.calendar, at, AWAITED.get(application.state, ()))
    if found is None:
        return ""
    return _("%(what)s：%(when)s") % {"what": DATES[found[0]], "when": moment(found[1])}


# The dates that mean something to who stands there; of what is past the next is told.
AWAITED: dict[str, tuple[str, ...]] = {
    "draft": ("registration_closes",),
    "confirmed": ("apply_opens", "apply_closes"),
    "applied": ("draw",),
    "transfer": ("second_results",),
    **dict.fromkeys(
        ("checking", "onsite", "returned", "checked", "placed"), ("first_results", "second_results")
    ),
    **dict.fromkeys(("overflow", "failed", "special"), ("second_results", "letters")),
    **dict.fromkeys(("notified", "absent"), ("letters", "first_day")),
}


def reasons(application: Application, records: Records | None = None) -> list[str]:
    """From what was drawn and what was placed, in the order in which it happened, the last first."""
    records = records or Records.of([application])
    found = [_of_draw(entry, records) for entry in records.entries.get(application.pk, ())]
    for line in records.lines.get(application.pk, ()):
        found += _of_line(line, application.window.rules, records)
    return found


def _of_draw(entry: DrawEntry, records: Records) -> str:
    seats, size = entry.draw.seats[entry.list], records.sizes[entry.draw_id, entry.list]
    facts = {"list": entry.list, "place": entry.position, "size": size, "seats": seats}
    if size <= seats:
        return _("“%(list)s”计划 %(seats)s 人，报名 %(size)s 人，全部录取。") % facts
    if entry.admitted:
        return (
            _("“%(list)s”电脑随机录取：%(size)s 人报名，%(seats)s 个名额，您排在第 %(place)s 位，已录取。")
            % facts
        )
    return (
        _("“%(list)s”电脑随机录取：%(size)s 人报名，%(seats)s 个名额，您排在第 %(place)s 位，没有录取。")
        % facts
    )


def _of_line(line: PlacementLine, rules: Rules, records: Records) -> list[str]:
    why = line.why
    name = records.schools.get(int(why.get("own") or 0), "")
    if why["reason"] == "no_catchment":
        return [_("您登记的地址不在任何一所学校的对口地段内，由区里统筹安排。")]
    if why["reason"] == "household":
        return [_("“%(school)s”近五年已有同一住址的别家孩子入学，由区里统筹安排。") % {"school": name}]
    said = [_rank(why, rules, name)]
    if why["reason"] == "full":
        said.append(_behind(why, rules))
    return [sentence for sentence in said if sentence]


def _rank(why: dict[str, Any], rules: Rules, name: str) -> str:
    facts = {
        "school": name, "class": why["class"], "title": class_title(rules, why["class"]),
        "rank": why["rank"], "seats": why["seats"],
    }  # fmt: skip
    return (
        _("“%(school)s”：您属于第 %(class)s 类（%(title)s），排在第 %(rank)s 位，学位 %(seats)s 个。") % facts
    )


def class_title(rules: Rules, number: int) -> str:
    return str(CLASS_TITLES[rules.classes[number - 1]])


def _behind(why: dict[str, Any], rules: Rules) -> str:
    """What parted the child from the last who was admitted; nothing that names that child."""
    last = why.get("last") or {}
    by = why.get("by")
    if by == "class":
        number = last["class_number"]
        return _("最后一位录取的孩子属于第 %(class)s 类（%(title)s）。") % {
            "class": number,
            "title": class_title(rules, number),
        }
    if by == "private":
        return _("最后一位录取的孩子先报的公办；先报民办未录取的，在同类中排在后面。")
    if by in COMPARATOR_TITLES:
        return _compared(by, last.get("facts", {}).get(by), why.get("mine"))
    return _("与最后一位录取的孩子条件相同，由公布规则时确定的随机次序决定。") if by else ""


def _compared(by: str, theirs: Any, mine: Any) -> str:
    facts = {"what": COMPARATOR_TITLES[by], "theirs": _shown(by, theirs), "mine": _shown(by, mine)}
    return _("比较“%(what)s”：最后一位录取的是 %(theirs)s，您是 %(mine)s。") % facts


def _shown(by: str, value: Any) -> str:
    """A month is enough to explain, and too little to find out who it was."""
    if value is None:
        return _("没有登记")
    if by == "lineal":
        return _("直系亲属") if int(value) == 0 else _("非直系亲属")
    return formats.date_format(date.fromisoformat(value), "YEAR_MONTH_FORMAT")


def steps(application: Application) -> list[dict[str, str]]:
    """Five places a family passes, for the `steps` component."""
    names = [_("登记"), _("确认"), _("报名"), _("核验与录取"), _("报到")]
    here = _STEP[application.state]
    return [
        {"title": name, "state": "done" if at < here else "now" if at == here else "todo", "note": ""}
        for at, name in enumerate(names)
    ]


_STEP = {
    "draft": 0, "confirmed": 2, "checking": 3, "onsite": 3, "returned": 3, "failed": 3, "checked": 3, "overflow": 3,
    "applied": 3, "transfer": 3, "placed": 3, "notified": 4, "absent": 4, "arrived": 5, "given_up": 4,
    "deferring": 2, "deferred": 5, "special": 3, "elsewhere": 5, "withdrawn": 5,
}  # fmt: skip
