"""平行志愿: candidates in the order of their scores, each to the first of her wishes that has a place.

One batch is one call: 名额分配到区 (one wish), 名额分配到校 (two), 统一招生 (fifteen). A place is a key of that batch's
plan: (school, district), (school, junior school) or (school,).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Final, Literal

from wutong.platforms.governance.admission.problems import AdmissionError

Place = tuple[str, ...]
Score = tuple[float, ...]  # the total and the parts, in the order in which they are compared
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
    left, given = dict(plan), dict[str, Place | None]()
    last: dict[Place, tuple[Score, Candidate]] = {}
    counted: dict[Place, int] = {}
    for score, candidate in _ranked(candidates, order):
        equal = score if ties == "over_plan" else None
        place = next((one for one in candidate.wishes if _room(one, equal, left, last)), None)
        if candidate.number in given:
            sentence = f"{candidate.number!r} stands twice among the candidates"
            raise AdmissionError("twice", sentence, number=candidate.number)
        given[candidate.number] = place
        if place:
            left[place] -= 1
            last[place], counted[place] = (score, candidate), counted.get(place, 0) + 1
    return Batch(
        given=dict(sorted(given.items())),
        left={place: max(number, 0) for place, number in left.items()},
        lines={
            place: _line(place, one, counted[place], left[place]) for place, (_s, one) in sorted(last.items())
        },
    )


def _ranked(candidates: Iterable[Candidate], order: tuple[str, ...]) -> list[tuple[Score, Candidate]]:
    scored = [((one.total, *(one.parts.get(name, 0) for name in order)), one) for one in candidates]
    scored.sort(key=lambda pair: (pair[1].ticket, pair[1].number))
    scored.sort(key=itemgetter(0), reverse=True)
    return scored


def _room(
    place: Place,
    equal: Score | None,
    left: Mapping[Place, int],
    last: Mapping[Place, tuple[Score, Candidate]],
) -> bool:
    """Also without a seat, for who equals the last admitted."""
    if left.get(place, 0) > 0:
        return True
    return place in last and last[place][0] == equal


def _line(place: Place, last: Candidate, admitted: int, left: int) -> Line:
    return Line(place=place, total=last.total, parts=last.parts, admitted=admitted, over_plan=max(-left, 0))
