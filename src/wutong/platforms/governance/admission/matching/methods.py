"""Four ways from a market to a matching; each gives the same result for any order of the input.

`deferred_acceptance` is stable, best for students among all stable matchings, and safe to be truthful in.
`top_trading_cycles` is efficient for students and safe, but priorities may be passed over. `serial_dictatorship` is
both efficient and safe, where one order holds at all schools. `immediate_acceptance` rewards tactics: for comparison.
"""

from collections import defaultdict
from collections.abc import Callable
from heapq import heappush, heapreplace
from typing import Final

from wutong.platforms.governance.admission.matching.market import Market, Matching
from wutong.platforms.governance.admission.matching.trading import top_trading_cycles


def deferred_acceptance(market: Market) -> Matching:
    """Gale and Shapley 1962, students proposing."""
    students, schools, seats, ranks = market.students, market.schools, market.seats, market.ranks()
    # Heaps of negative ranks: on top the one that a school lets go first.
    held: dict[str, list[int]] = {school: [] for school in schools}
    asked, asking = dict.fromkeys(students, 0), list(students)
    while asking:
        student = asking.pop()
        wishes, at = students[student], asked[student]
        while at < len(wishes):
            school = wishes[at]
            at += 1
            rank = ranks[school].get(student) if school in ranks else None
            if rank is None:
                continue
            heap = held[school]
            if len(heap) < seats[school]:
                heappush(heap, -rank)
                break
            if heap and rank < -heap[0]:
                asking.append(schools[school][-heapreplace(heap, -rank)])
                break
        asked[student] = at
    return _matching(market, held)


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
