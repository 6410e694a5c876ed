"""Four ways from a market to a matching; each gives the same result for any order of the input.

`deferred_acceptance` is stable, best for students among all stable matchings, and safe to be truthful in.
`top_trading_cycles` is efficient for students and safe, but priorities may be passed over. `serial_dictatorship` is
both efficient and safe, where one order holds at all schools. `immediate_acceptance` rewards tactics: for comparison.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from heapq import heappush, heappushpop
from typing import Final

from wutong.platforms.governance.admission.matching.market import Market, Matching
from wutong.platforms.governance.admission.matching.trading import top_trading_cycles


def deferred_acceptance(market: Market) -> Matching:
    """Gale and Shapley 1962, students proposing, school by school: who asks when does not change the result."""
    ranks = market.ranks()
    # Heaps of negative ranks: on top the one that a school lets go first.
    held: dict[str, list[int]] = {school: [] for school in market.schools}
    asked = dict.fromkeys(market.students, 0)
    asking = _next_wishes(market, asked, market.students)
    while asking:
        refused: list[str] = []
        for school, students in asking.items():
            if school in ranks:
                refused += _refused(market, school, students, held[school], ranks[school])
            else:
                refused += students
        asking = _next_wishes(market, asked, refused)
    return _matching(market, held)


def _next_wishes(market: Market, asked: dict[str, int], students: Iterable[str]) -> dict[str, list[str]]:
    """By school who asks it now. Who has asked all schools of her list asks no more."""
    asking: dict[str, list[str]] = defaultdict(list)
    for student in students:
        wishes, at = market.students[student], asked[student]
        if at < len(wishes):
            asked[student] = at + 1
            asking[wishes[at]].append(student)
    return asking


def _refused(
    market: Market, school: str, students: list[str], heap: list[int], ranks: dict[str, int]
) -> list[str]:
    """Puts the best of those held and those asking into the heap; returns the others."""
    seats, listed, refused = market.seats[school], market.schools[school], []
    for student in students:
        rank = ranks.get(student)
        if rank is None:
            refused.append(student)
        elif len(heap) < seats:
            heappush(heap, -rank)
        else:
            refused.append(listed[-heappushpop(heap, -rank)])
    return refused


def _matching(market: Market, held: dict[str, list[int]]) -> Matching:
    matching: Matching = dict.fromkeys(sorted(market.students))
    for school, heap in held.items():
        for negative in heap:
            matching[market.schools[school][-negative]] = school
    return matching


def immediate_acceptance(market: Market) -> Matching:
    """The Boston mechanism: in round k schools give what is left to those whose k-th acceptable wish they are."""
    ranks, left = market.ranks(), dict(market.seats)
    matching: Matching = dict.fromkeys(sorted(market.students))
    wishes = {student: market.acceptable(student, ranks) for student in market.students}
    step = 0
    while wishes := {student: listed for student, listed in wishes.items() if step < len(listed)}:
        asking: dict[str, list[str]] = defaultdict(list)
        for student, listed in wishes.items():
            asking[listed[step]].append(student)
        for school, students in asking.items():
            best = sorted(students, key=ranks[school].__getitem__)[: left[school]]
            left[school] -= len(best)
            for student in best:
                matching[student] = school
                del wishes[student]
        step += 1
    return matching


def serial_dictatorship(market: Market) -> Matching:
    """In `market.order`, or by ascending id (code points) where there is none, each takes the best that is left."""
    ranks, left = market.ranks(), dict(market.seats)
    matching: Matching = dict.fromkeys(sorted(market.students))
    for student in matching if market.order is None else market.order:
        for school in market.students[student]:
            if left.get(school, 0) > 0 and student in ranks.get(school, ()):
                left[school] -= 1
                matching[student] = school
                break
    return matching


METHODS: Final[dict[str, Callable[[Market], Matching]]] = {
    "deferred-acceptance": deferred_acceptance,
    "top-trading-cycles": top_trading_cycles,
    "immediate-acceptance": immediate_acceptance,
    "serial-dictatorship": serial_dictatorship,
}
