"""How matters went: ways, waits and rework, from moves alone. Knows neither database nor persons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise
from math import ceil
from statistics import median

DAY = 86_400


@dataclass(frozen=True)
class Move:
    """One step of one case; the first comes from nowhere. `unit` is where the case lay before it."""

    case: str
    step: str
    source: str
    target: str
    at: datetime
    unit: str


@dataclass(frozen=True)
class Way:
    """The steps that several cases took in this order from opening to end, and how many days it took."""

    steps: tuple[str, ...]
    cases: int
    days: float


@dataclass(frozen=True)
class Wait:
    """Days that cases stood in a state; `unit` is empty for all units together."""

    state: str
    unit: str
    number: int
    median: float
    p90: float


@dataclass(frozen=True)
class Rework:
    """How often cases came into a state again, how many cases, and by which step."""

    state: str
    step: str
    times: int
    cases: int


@dataclass(frozen=True)
class Measures:
    cases: int
    ended: int
    steps: Counter[str]
    ways: tuple[Way, ...]
    waits: tuple[Wait, ...]
    units: tuple[Wait, ...]
    rework: tuple[Rework, ...]
    again: int

    @property
    def by_state(self) -> dict[str, Wait]:
        return {wait.state: wait for wait in self.waits}


def measured(moves: Iterable[Move], *, final: frozenset[str]) -> Measures:
    """`moves` case by case, each in order."""
    ways, steps = defaultdict(list), Counter[str]()
    stays: dict[tuple[str, str], list[float]] = defaultdict(list)
    returns: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    cases, again = 0, 0
    for trace in _traces(moves):
        cases += 1
        steps.update(move.step for move in trace)
        for before, move in pairwise(trace):
            stays[move.source, move.unit].append((move.at - before.at).total_seconds() / DAY)
        back = _entered_again(trace)
        again += bool(back)
        for move in back:
            returns[move.target, move.step][move.case] += 1
        if trace[-1].target in final:
            ways[tuple(move.step for move in trace)].append(
                (trace[-1].at - trace[0].at).total_seconds() / DAY
            )
    return Measures(
        cases,
        sum(map(len, ways.values())),
        steps,
        _ways(ways),
        _waits(stays),
        _units(stays),
        _rework(returns),
        again,
    )


def _traces(moves: Iterable[Move]) -> Iterator[Sequence[Move]]:
    for _case, trace in groupby(moves, key=lambda move: move.case):
        yield tuple(trace)


def _entered_again(trace: Sequence[Move]) -> list[Move]:
    been, found = {trace[0].target}, []
    for move in trace[1:]:
        if move.target in been:
            found.append(move)
        been.add(move.target)
    return found


def _ways(ways: dict[tuple[str, ...], list[float]]) -> tuple[Way, ...]:
    found = [Way(steps, len(days), median(days)) for steps, days in ways.items()]
    return tuple(sorted(found, key=lambda way: (-way.cases, len(way.steps), way.steps)))


def _waits(stays: dict[tuple[str, str], list[float]]) -> tuple[Wait, ...]:
    together: dict[str, list[float]] = defaultdict(list)
    for (state, _unit), days in stays.items():
        together[state] += days
    return tuple(_wait(state, "", days) for state, days in together.items())


def _units(stays: dict[tuple[str, str], list[float]]) -> tuple[Wait, ...]:
    found = [_wait(state, unit, days) for (state, unit), days in stays.items()]
    return tuple(sorted(found, key=lambda wait: (-wait.median, wait.state, wait.unit)))


def _wait(state: str, unit: str, days: list[float]) -> Wait:
    return Wait(state, unit, len(days), median(days), p90(days))


def p90(values: Sequence[float]) -> float:
    """The smallest of the values that nine of ten do not exceed."""
    return sorted(values)[ceil(0.9 * len(values)) - 1]


def _rework(returns: dict[tuple[str, str], Counter[str]]) -> tuple[Rework, ...]:
    found = [Rework(state, step, sum(cases.values()), len(cases)) for (state, step), cases in returns.items()]
    return tuple(sorted(found, key=lambda rework: (-rework.times, rework.state, rework.step)))
