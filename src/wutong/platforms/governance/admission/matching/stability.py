"""Pairs that would rather have each other: what a stable matching has none of."""

from collections.abc import Iterator

from wutong.platforms.governance.admission.matching.market import ABSENT, Grid, Market, Matching


def blocking_pairs(market: Market, matching: Matching) -> Iterator[tuple[str, str]]:
    """A student and a school that she prefers, which has a free seat or holds somebody it ranks below her."""
    grid = Grid(market)
    number_of = {name: number for number, name in enumerate(grid.schools)}
    seat_of = [number_of.get(matching[name] or "", ABSENT) for name in grid.students]
    taken, worst = [0] * len(grid.schools), [ABSENT] * len(grid.schools)
    for student, school in enumerate(seat_of):
        for at in range(grid.start[student], grid.start[student + 1]):
            if grid.school[at] == school:
                taken[school] += 1
                worst[school] = max(worst[school], grid.rank[at])
    for student, seat in enumerate(seat_of):
        for at in range(grid.start[student], grid.start[student + 1]):
            school = grid.school[at]
            if school == seat:
                break
            if taken[school] < grid.seats[school] or grid.rank[at] < worst[school]:
                yield grid.students[student], grid.schools[school]
