"""Gaps and overlaps of catchments along roads, found from the ranges alone, without a register of addresses.

Every road is four lines: 弄 and 号, odd and even. What lies before the first and after the last range of a line may
belong to a neighbour and is no gap.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final, Literal

from wutong.platforms.governance.admission.addresses.address import HouseNumber
from wutong.platforms.governance.admission.addresses.catchment import (
    Catchment,
    CatchmentMap,
    Parity,
    RoadRange,
)

_END: Final = 1 << 40  # past any house


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`last` None: to the end of the road. A gap has no schools, an overlap two or more."""

    kind: Literal["gap", "overlap"]
    district: str
    road: str
    within: HouseNumber | None
    counted: Literal["lane", "number"]
    parity: Parity
    first: int
    last: int | None
    schools: tuple[str, ...]


@dataclass(frozen=True)
class _Line:
    """One side of a road, of its lanes or its houses; positions count by twos."""

    district: str
    road: str
    within: HouseNumber | None
    counted: Literal["lane", "number"]
    odd: bool

    def position(self, number: int, *, up: bool) -> int:
        """Of the nearest number of this parity, upwards or downwards."""
        step = (number % 2 == 1) != self.odd
        number += step if up else -step
        return (number - self.odd) // 2

    def number(self, position: int) -> int:
        return position * 2 + self.odd


Span = tuple[int, int, str]  # positions from and to, both included, and the school


def coverage(catchments: CatchmentMap) -> list[Finding]:
    """Sorted by district, road and number; both sides of a road in one finding where they are alike."""
    lines: dict[_Line, list[Span]] = defaultdict(list)
    for catchment in catchments.catchments:
        for line, span in _spans(catchment):
            lines[line].append(span)
    _whole_lanes(lines)
    found = [each for line, spans in lines.items() for each in _findings(line, spans)]
    return sorted(_joined(found), key=_place)


def _spans(catchment: Catchment) -> Iterator[tuple[_Line, Span]]:
    where = catchment.where
    if not isinstance(where, RoadRange):
        return
    kinds = (
        ("number",) if where.within else ("lane", "number") if where.counted == "any" else (where.counted,)
    )
    for kind in kinds:
        for odd in (True, False):
            if where.parity in ("all", "odd" if odd else "even"):
                line = _Line(catchment.district, where.road, where.within, kind, odd)  # type: ignore[arg-type]
                first = line.position(where.first, up=True)
                last = _END if where.last is None else line.position(where.last, up=False)
                if first <= last:
                    yield line, (first, last, catchment.school)


def _whole_lanes(lines: dict[_Line, list[Span]]) -> None:
    """Who has the whole lane has all houses in it, also where another range speaks of some of them."""
    for line, spans in list(lines.items()):
        if line.within is None:
            continue
        odd = line.within.value % 2 == 1
        road = _Line(line.district, line.road, None, "lane", odd)
        at = road.position(line.within.value, up=True)
        spans += [(0, _END, school) for first, last, school in lines.get(road, ()) if first <= at <= last]


def _findings(line: _Line, spans: list[Span]) -> Iterator[Finding]:
    edges = sorted({first for first, _last, _school in spans} | {last + 1 for _first, last, _school in spans})
    pieces = (
        (start, end - 1, tuple(sorted({school for first, last, school in spans if first <= start <= last})))
        for start, end in zip(edges, edges[1:], strict=False)
    )
    for schools, run in groupby(pieces, key=lambda piece: piece[2]):
        if len(schools) != 1:
            whole = list(run)
            yield _finding(line, whole[0][0], whole[-1][1], schools)


def _finding(line: _Line, first: int, last: int, schools: tuple[str, ...]) -> Finding:
    return Finding(
        kind="overlap" if schools else "gap",
        district=line.district,
        road=line.road,
        within=line.within,
        counted=line.counted,
        parity="odd" if line.odd else "even",
        first=line.number(first),
        last=None if last >= _END else line.number(last),
        schools=schools,
    )


def _joined(found: Iterable[Finding]) -> Iterator[Finding]:
    """The odd and the even side of the same stretch are told as one."""
    waiting: Finding | None = None
    for each in sorted(found, key=lambda one: (_subject(one), _place(one))):
        if waiting and _subject(waiting) == _subject(each) and _beside(waiting, each):
            last = None if each.last is None else max(each.last, waiting.last or 0)
            yield replace(waiting, parity="all", last=last)
            waiting = None
            continue
        if waiting:
            yield waiting
        waiting = each
    if waiting:
        yield waiting


def _subject(found: Finding) -> tuple[object, ...]:
    within = found.within or HouseNumber(-1)
    return found.kind, found.district, found.road, within, found.counted, found.schools


def _beside(odd: Finding, even: Finding) -> bool:
    lasts = (odd.last, even.last)
    ends = lasts == (None, None) or (None not in lasts and abs((odd.last or 0) - (even.last or 0)) == 1)
    return odd.parity != even.parity and abs(odd.first - even.first) == 1 and ends


def _place(found: Finding) -> tuple[object, ...]:
    within = found.within or HouseNumber(-1)
    return found.district, found.road, within, found.counted, found.first, found.parity, found.schools
