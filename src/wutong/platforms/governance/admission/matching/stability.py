"""Pairs that would rather have each other: what a stable matching has none of."""

from collections.abc import Iterator

from wutong.platforms.governance.admission.matching.market import Market, Matching


def blocking_pairs(market: Market, matching: Matching) -> Iterator[tuple[str, str]]:
    """A student and a school that she prefers, which has a free seat or holds somebody it ranks below her."""
    ranks = market.ranks()
    taken, worst = dict.fromkeys(market.schools, 0), dict.fromkeys(market.schools, -1)
    for student, school in matching.items():
        if school is not None:
            taken[school] += 1
            worst[school] = max(worst[school], ranks[school][student])
    for student, seat in matching.items():
        for school in market.students[student]:
            if school == seat:
                break
            rank = ranks[school].get(student) if school in ranks else None
            if rank is not None and (taken[school] < market.seats[school] or rank < worst[school]):
                yield student, school
