"""What a line of a sheet speaks of: which window, which school, which row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Invalid, NotAllowed
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.kernel.register.spec import Entry
from wutong.platforms.governance.enrolment import queries
from wutong.platforms.governance.enrolment.actions import window as windows
from wutong.platforms.governance.enrolment.models import CatchmentRange, Plan, Window

PLAN_FACTS = ("side", "category", "classes", "seats", "extra")
RANGE_TEXT = ("road", "estate", "committee")
RANGE_FACTS = (*RANGE_TEXT, "within", "counted", "first", "last", "parity")


def plans(actor: Actor) -> QuerySet:
    return Plan.objects.visible_to(actor).select_related("window__district", "school")


def ranges(actor: Actor) -> QuerySet:
    return CatchmentRange.objects.visible_to(actor).select_related("window__district", "school")


def school_of(actor: Actor, entry: Entry) -> Organisation:
    rows = Organisation.objects.visible_to(actor).filter(
        kind="school", name=entry.get("school"), valid_to=None
    )
    found = list(rows[:2])
    if len(found) != 1:
        sentence = _("没有找到这所学校，或者同名的不止一所。")
        raise Invalid(rule="school", fields={"school": sentence}, mend=_("请填写学校全称。"))
    return found[0]


def window_of(entry: Entry, school: Organisation) -> Window:
    rows = Window.objects.unscoped("the window of a school in sight").select_related("district")
    found = rows.filter(
        district__in=school.ancestors, year=entry.get("year"), stage=entry.get("stage")
    ).first()
    if found is None:
        raise Invalid(
            rule="window",
            fields={"year": _("这一年这个学段还没有建立招生批次。")},
            mend=_("请先在“入学报名”里建立招生批次。"),
        )
    return found


def find_plan(actor: Actor, entry: Entry) -> Plan | None:
    school = school_of(actor, entry)
    rows = plans(actor).filter(window=window_of(entry, school), school=school)
    return rows.filter(category=entry.get("category")).first()


def save_plan(actor: Actor, entry: Entry, *, at: datetime) -> Plan:
    school = entry.row.school if entry.row else school_of(actor, entry)
    window = entry.row.window if entry.row else window_of(entry, school)
    values = {name: entry.values[name] for name in PLAN_FACTS if entry.values.get(name) not in (None, "")}
    return windows.save_plan(actor, school, window=window, plan=entry.row, at=at, **values)


def find_range(actor: Actor, entry: Entry) -> CatchmentRange | None:
    school = school_of(actor, entry)
    rows = ranges(actor).filter(window=window_of(entry, school), school=school)
    said = _range(entry)
    return rows.filter(
        **{name: said[name] for name in ("road", "within", "first", "parity", "estate", "committee")}
    ).first()


def save_range(actor: Actor, entry: Entry, *, at: datetime) -> CatchmentRange:
    school = school_of(actor, entry) if entry.get("school") else entry.row.school
    window = entry.row.window if entry.row else window_of(entry, school)
    said = _range(entry)
    if not (said["road"] or said["estate"] or said["committee"]):
        raise Invalid(rule="where", fields={"road": _("道路、小区、居委至少要写一样。")}, mend="")
    if said["last"] and said["last"] < said["first"]:
        raise Invalid(rule="order", fields={"last": _("止号小于起号。")}, mend=_("请把起止号对调。"))
    return windows.save_catchment(actor, school, window=window, row=entry.row, at=at, **said)


def _range(entry: Entry) -> dict[str, Any]:
    """With what is meant where nothing is said."""
    given = {name: entry.get(name) for name in RANGE_FACTS}
    texts = {name: given[name] or "" for name in RANGE_TEXT}
    return {
        **given,
        **texts,
        "counted": given["counted"] or CatchmentRange.Counted.ANY.value,
        "first": given["first"] or 1,
        "parity": given["parity"] or CatchmentRange.Parity.ALL.value,
    }


def newcomers(actor: Actor) -> QuerySet:
    return queries.roster(actor)


def find_newcomer(actor: Actor, entry: Entry) -> Any:
    return newcomers(actor).numbered(str(entry.get("number") or "")).first()


def save_newcomer(actor: Actor, entry: Entry, *, at: datetime) -> Any:
    """The list is the district's result: nobody writes into it."""
    raise NotAllowed
