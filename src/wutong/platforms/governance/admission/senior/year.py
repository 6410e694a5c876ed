"""高中招生 of a year after the exam: 名额分配到区, 名额分配到校, 统一招生, each on who is left and what is left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from wutong.platforms.governance.admission.senior.wishes import (
    QUOTA_ORDER,
    UNIFIED_ORDER,
    Batch,
    Candidate,
    Place,
    Ties,
    parallel_wishes,
)

BatchName = Literal["to_district", "to_school", "unified"]


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """One candidate with all wishes, by school. `total` of 750 points; `comprehensive` is 50 where 综评 is 合格.

    `parts`: chinese_math_foreign, math, chinese, integrated.
    """

    number: str
    district: str
    junior_school: str
    total: float
    comprehensive: float
    parts: Mapping[str, float]
    to_district: tuple[str, ...] = ()
    to_school: tuple[str, ...] = ()
    unified: tuple[str, ...] = ()
    ticket: str = ""


@dataclass(frozen=True, kw_only=True)
class SeniorPlan:
    """Places by (school, district), (school, junior school) and again (school, district).

    What is left of a quota goes into the district's unified places of the same school; `districts` says in which
    district a junior school lies. Control lines are of 750 points.
    """

    to_district: Mapping[Place, int]
    to_school: Mapping[Place, int]
    unified: Mapping[Place, int]
    districts: Mapping[str, str]
    quota_line: float
    unified_line: float
    ties: Ties = "over_plan"


@dataclass(frozen=True, kw_only=True)
class SeniorYear:
    """`given`: the batch and the school of each entrant, or None. `batches` holds each batch with its lines."""

    given: dict[str, tuple[BatchName, str] | None]
    batches: dict[BatchName, Batch]


def admit_year(entrants: Iterable[Entrant], plan: SeniorPlan) -> SeniorYear:
    left = list(entrants)
    given: dict[str, tuple[BatchName, str] | None] = dict.fromkeys(sorted(one.number for one in left))
    batches: dict[BatchName, Batch] = {}
    for name in ("to_district", "to_school", "unified"):
        batch = _batch(name, left, plan, batches)
        batches[name] = batch
        given |= {number: (name, place[0]) for number, place in batch.given.items() if place}
        left = [one for one in left if given[one.number] is None]
    return SeniorYear(given=given, batches=batches)


def _batch(
    name: BatchName, entrants: list[Entrant], plan: SeniorPlan, before: Mapping[BatchName, Batch]
) -> Batch:
    unified = name == "unified"
    places = _with_rest(plan, before) if unified else getattr(plan, name)
    order = UNIFIED_ORDER if unified else QUOTA_ORDER
    candidates = [_candidate(name, one, plan) for one in entrants]
    return parallel_wishes(candidates, places, order=order, ties=plan.ties)


def _candidate(name: BatchName, entrant: Entrant, plan: SeniorPlan) -> Candidate:
    """Below the control line of the batch a candidate has no wishes."""
    quota = name != "unified"
    line = plan.quota_line if quota else plan.unified_line
    where = entrant.junior_school if name == "to_school" else entrant.district
    schools: tuple[str, ...] = getattr(entrant, name) if entrant.total >= line else ()
    return Candidate(
        number=entrant.number,
        total=entrant.total + (entrant.comprehensive if quota else 0),
        parts={**entrant.parts, "comprehensive": entrant.comprehensive},
        wishes=tuple((school, where) for school in schools),
        ticket=entrant.ticket,
    )


def _with_rest(plan: SeniorPlan, before: Mapping[BatchName, Batch]) -> dict[Place, int]:
    places = dict(plan.unified)
    for (school, where), number in (
        *before["to_district"].left.items(),
        *before["to_school"].left.items(),
    ):
        district = plan.districts.get(where, where)
        if number:
            places[school, district] = places.get((school, district), 0) + number
    return places
