"""What a placement run asks of the core, and what comes back, as lines to be written. Reads, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

from wutong.platforms.governance.admission.api import (
    Applicant,
    Comparator,
    PlacementRules,
    PriorityClass,
    Standing,
    place,
)
from wutong.platforms.governance.enrolment.catchments import home_of
from wutong.platforms.governance.enrolment.households import families, used
from wutong.platforms.governance.enrolment.models import Application, Plan, Window
from wutong.platforms.governance.enrolment.routes import awaits_pool, route_for
from wutong.platforms.governance.enrolment.ruleset import INCOMPLETE, Rules


@dataclass(frozen=True)
class Decision:
    """Keys of application and plan (None: no seat now), how it was come by, and why."""

    application: int
    plan: int | None
    kind: str
    why: Mapping[str, Any] = field(default_factory=dict)


def decide(window: Window, applications: list[Application], kind: str) -> list[Decision]:
    """The same applications, plans and rules give the same decisions, whatever order they come in."""
    rows = Plan.objects.unscoped("plans of one window").filter(window=window, side="public")
    plans = {row.school_id: row for row in rows.order_by("pk")}
    rules = window.rules
    if kind != "coordination":
        applications = [row for row in applications if not awaits_pool(row, window)]
    family = families(row.child_id for row in applications)
    children = [_applicant(row, window, plans, family[row.child_id]) for row in applications]
    placed = place(
        children,
        {str(key): plan.free for key, plan in plans.items()},
        placement_rules(rules, plans, kind),
        year=window.year,
        occupied=used(window),
    )
    by_number = {row.number: row for row in applications}
    return [
        _decision(by_number[number], standing, plans, kind, window)
        for number, standing in sorted(placed.standings.items())
    ]


def placement_rules(rules: Rules, plans: Mapping[int, Plan], kind: str) -> PlacementRules:
    """In the batches a full school sends nobody elsewhere: that is decided in 统筹, for all together."""
    comparators = tuple(Comparator(name) for name in rules.comparators)
    return PlacementRules(
        classes=tuple(PriorityClass(name, comparators) for name in rules.classes),
        household_years=rules.one_child_years,
        overflow=overflow(rules, plans) if kind == "coordination" else None,
    )


def overflow(rules: Rules, plans: Mapping[int, Plan]) -> dict[str, tuple[str, ...]]:
    """The district's own lists first, then every public school with most room first, so that nobody is left out."""
    rest = [str(key) for key, plan in sorted(plans.items(), key=lambda pair: (-pair[1].free, pair[0]))]
    own = {str(key): tuple(map(str, targets)) for key, targets in rules.overflow.items()}
    return {key: (*own.get(key, ()), *rest) for key in ["", *map(str, plans)]}


def _applicant(row: Application, window: Window, plans: Mapping[int, Plan], family: str) -> Applicant:
    facts = row.facts
    own = own_school(row, window, plans)
    return Applicant(
        application_no=row.number,
        school=str(own) if own else "",
        priority=facts.get("class") or INCOMPLETE,
        facts=_compared(facts),
        from_private=row.private_first,
        home=home_of(facts.get("address", ""), window),
        family=family,
        ticket=ticket(window, row.number),
    )


def own_school(row: Application, window: Window, plans: Mapping[int, Plan]) -> int | None:
    """By the route of the child; None where none leads to a school that has a plan."""
    route = route_for(row, window)
    found = int(route.school) if route and route.school else None
    return found if found in plans else None


def _compared(facts: Mapping[str, Any]) -> dict[str, date | int | str]:
    days = {
        name: date.fromisoformat(facts[name])
        for name in ("household_since", "property_since")
        if facts.get(name)
    }
    return {**days, "lineal": int(facts.get("lineal", 1))}


def ticket(window: Window, number: str) -> str:
    """Parts those whom no rule parts; fixed by the frozen rules, so that coming early is worth nothing."""
    return sha256(f"{window.pk}|{window.rule_set.pk}|{window.rule_set.frozen}|{number}".encode()).hexdigest()


def _decision(
    row: Application, standing: Standing, plans: Mapping[int, Plan], kind: str, window: Window
) -> Decision:
    plan = plans[int(standing.school)].pk if standing.school else None
    route = route_for(row, window)
    how = "coordinated" if kind == "coordination" else route.mode if route else "catchment"
    return Decision(row.pk, plan, how, why_of(standing))


def why_of(standing: Standing) -> dict[str, Any]:
    """The standing as it is kept: plain values, days as text."""
    last = standing.last_admitted
    return {
        "own": standing.own_school,
        "reason": standing.reason,
        "class": standing.class_number,
        "rank": standing.rank,
        "rank_in_class": standing.rank_in_class,
        "seats": standing.seats,
        "by": standing.decided_by,
        "mine": _plain(standing.own_value),
        "last": {**asdict(last), "facts": {k: _plain(v) for k, v in last.facts.items()}} if last else None,
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
