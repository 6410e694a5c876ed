"""平行志愿: candidates in the order of their scores, each to the first of her wishes that has a place.

One batch is one call: 名额分配到区 (one wish), 名额分配到校 (two), 统一招生 (fifteen). A place is a key of that batch's
plan: (school, district), (school, junior school) or (school,).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from wutong.platforms.governance.admission.problems import AdmissionError

Place = tuple[str, ...]
# Equal in all points of comparison at the last place: all of them over the plan, or by the drawn ticket.
Ties = Literal["over_plan", "ticket"]

# 总分 750 + 综评 50; equal totals: 综评, 语数外, 数学, 语文, 综合测试.
QUOTA_ORDER: Final[tuple[str, ...]] = (
    "comprehensive",
    "chinese_math_foreign",
    "math",
    "chinese",
    "integrated",
)
# 统一招生 counts 750 points; 综评 is a condition there and not compared.
UNIFIED_ORDER: Final[tuple[str, ...]] = ("chinese_math_foreign", "math", "chinese", "integrated")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Scores in half points are given as they stand (713.5). `wishes`: best first."""

    number: str
    total: float
    parts: Mapping[str, float]
    wishes: tuple[Place, ...]
    ticket: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """The last admitted at a place: 录取最低分 and what decided between equals."""

    place: Place
    total: float
    parts: Mapping[str, float]
    admitted: int
    over_plan: int


@dataclass(frozen=True, kw_only=True)
class Batch:
    given: dict[str, Place | None]
    left: dict[Place, int]
    lines: dict[Place, Line]


def parallel_wishes(
    candidates: Iterable[Candidate],
    plan: Mapping[Place, int],
    *,
    order: tuple[str, ...],
    ties: Ties = "over_plan",
) -> Batch:
    """A place that is not in the plan has no seats."""
    ranked = _ranked(candidates, order)
    left, given = dict(plan), dict[str, Place | None]()
    last: dict[Place, Candidate] = {}
    counted: dict[Place, int] = {}
    for candidate in ranked:
        place = next(
            (one for one in candidate.wishes if _room(one, candidate, left, last, order, ties)), None
        )
        given[candidate.number] = place
        if place:
            left[place] -= 1
            last[place], counted[place] = candidate, counted.get(place, 0) + 1
    return Batch(
        given=dict(sorted(given.items())),
        left={place: max(number, 0) for place, number in left.items()},
        lines={place: _line(place, one, counted[place], left[place]) for place, one in sorted(last.items())},
    )


def _ranked(candidates: Iterable[Candidate], order: tuple[str, ...]) -> list[Candidate]:
    ranked = sorted(
        candidates, key=lambda one: (*(-each for each in _score(one, order)), one.ticket, one.number)
    )
    seen: set[str] = set()
    for one in ranked:
        if one.number in seen:
            raise AdmissionError(
                "twice", f"{one.number!r} stands twice among the candidates", number=one.number
            )
        seen.add(one.number)
    return ranked


def _score(candidate: Candidate, order: tuple[str, ...]) -> tuple[float, ...]:
    return (candidate.total, *(candidate.parts.get(name, 0) for name in order))


def _room(
    place: Place,
    candidate: Candidate,
    left: Mapping[Place, int],
    last: Mapping[Place, Candidate],
    order: tuple[str, ...],
    ties: Ties,
) -> bool:
    if place not in left:
        return False
    if left[place] > 0:
        return True
    equal = place in last and _score(last[place], order) == _score(candidate, order)
    return ties == "over_plan" and equal


def _line(place: Place, last: Candidate, admitted: int, left: int) -> Line:
    return Line(place=place, total=last.total, parts=last.parts, admitted=admitted, over_plan=max(-left, 0))
