"""Five ways from a market to a matching; each gives the same result for any order of the input.

`deferred_acceptance` is stable, best for students among all stable matchings, and safe to be truthful in.
`top_trading_cycles` is efficient for students and safe, but priorities may be passed over. `serial_dictatorship` is
both efficient and safe, where one order holds at all schools. `immediate_acceptance` rewards tactics: for comparison.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from heapq import heappush, heapreplace
from typing import Final

from wutong.platforms.governance.admission.matching.market import ABSENT, Grid, Market, Matching
from wutong.platforms.governance.admission.matching.trading import trade


def deferred_acceptance(market: Market) -> Matching:
    """Gale and Shapley 1962, students proposing."""
    grid = Grid(market)
    held: list[list[int]] = [
        [] for _school in grid.schools
    ]  # heaps of negative ranks: the last of the held on top
    asking, wish = list(range(len(grid.students))), array("i", grid.start)
    while asking:
        student = asking.pop()
        refused = _propose(grid, held, wish, student)
        if refused != ABSENT:
            asking.append(refused)
    return grid.named(_seats_of(grid, held))


def _propose(grid: Grid, held: list[list[int]], wish: array[int], student: int) -> int:
    """Down the student's list until a school holds her; returns whom that school let go for her, or ABSENT."""
    end = grid.start[student + 1]
    while (at := wish[student]) < end:
        wish[student] = at + 1
        school, rank = grid.school[at], grid.rank[at]
        heap = held[school]
        if len(heap) < grid.seats[school]:
            heappush(heap, -rank)
            return ABSENT
        if heap and rank < -heap[0]:
            return grid.listed[school][-heapreplace(heap, -rank)]
    return ABSENT


def _seats_of(grid: Grid, held: list[list[int]]) -> array[int]:
    seat_of = array("i", [ABSENT]) * len(grid.students)
    for school, heap in enumerate(held):
        for negative in heap:
            seat_of[grid.listed[school][-negative]] = school
    return seat_of


def top_trading_cycles(market: Market) -> Matching:
    """Abdulkadiroğlu and Sönmez 2003. A school points at everybody on its own list, also at who did not wish for it:
    her priority there is hers to trade, or else it would pay to list schools that one does not want."""
    grid = Grid(market)
    return grid.named(trade(grid))


def immediate_acceptance(market: Market) -> Matching:
    """The Boston mechanism: in round k schools give what is left to those whose k-th acceptable wish they are."""
    grid = Grid(market)
    left, seat_of = list(grid.seats), array("i", [ABSENT]) * len(grid.students)
    waiting, step = list(range(len(grid.students))), 0
    while waiting:
        waiting = [each for each in waiting if grid.start[each] + step < grid.start[each + 1]]
        asks = sorted(
            (grid.school[at], grid.rank[at], each) for each in waiting for at in [grid.start[each] + step]
        )
        for school, _rank, student in asks:
            if left[school] > 0:
                left[school] -= 1
                seat_of[student] = school
        waiting, step = [each for each in waiting if seat_of[each] == ABSENT], step + 1
    return grid.named(seat_of)


def serial_dictatorship(market: Market) -> Matching:
    """In `market.order`, or by ascending id (code points) where there is none, each takes the best that is left."""
    grid = Grid(market)
    left, seat_of = list(grid.seats), array("i", [ABSENT]) * len(grid.students)
    number_of = {name: number for number, name in enumerate(grid.students)}
    for name in grid.students if market.order is None else market.order:
        student = number_of[name]
        for at in range(grid.start[student], grid.start[student + 1]):
            school = grid.school[at]
            if left[school] > 0:
                left[school] -= 1
                seat_of[student] = school
                break
    return grid.named(seat_of)


METHODS: Final[dict[str, Callable[[Market], Matching]]] = {
    "deferred-acceptance": deferred_acceptance,
    "top-trading-cycles": top_trading_cycles,
    "immediate-acceptance": immediate_acceptance,
    "serial-dictatorship": serial_dictatorship,
}
