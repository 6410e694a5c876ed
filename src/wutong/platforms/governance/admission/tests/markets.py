"""Small markets for tests, and the slow, obvious ways to say what a method must find."""

from collections.abc import Iterator
from itertools import combinations, permutations, product

from hypothesis import strategies as st

from wutong.platforms.governance.admission.api import Market, Matching

STUDENTS, SCHOOLS = ["s1", "s10", "s2", "s3"], ["c1", "c2", "c3"]


def lists(names: list[str], others: list[str]) -> st.SearchStrategy[dict[str, list[str]]]:
    some = st.lists(st.sampled_from(others), unique=True)
    return st.fixed_dictionaries(dict.fromkeys(names, some))


markets = st.builds(
    Market,
    lists(STUDENTS, SCHOOLS),
    lists(SCHOOLS, STUDENTS),
    st.fixed_dictionaries({school: st.integers(0, 2) for school in SCHOOLS}),
)


def choices(market: Market, student: str) -> list[str | None]:
    """What a student can be given, best first; nothing comes last."""
    return [one for one in market.students[student] if student in market.schools[one]] + [None]


def all_matchings(market: Market) -> Iterator[Matching]:
    students = sorted(market.students)
    for given in product(*(choices(market, student) for student in students)):
        if all(given.count(school) <= market.seats[school] for school in market.schools):
            yield dict(zip(students, given, strict=True))


def blocked(market: Market, matching: Matching) -> bool:
    """By the definition: some pair would rather have each other."""
    for student, school in product(market.students, market.schools):
        listed, order = choices(market, student), list(market.schools[school])
        if school not in listed or listed.index(school) >= listed.index(matching[student]):
            continue
        there = [one for one, seat in matching.items() if seat == school]
        free = len(there) < market.seats[school]
        if free or any(order.index(student) < order.index(one) for one in there):
            return True
    return False


def likes(market: Market, student: str, one: str | None, other: str | None) -> bool:
    """Strictly."""
    listed = choices(market, student)
    return listed.index(one) < listed.index(other)


def dominated(market: Market, matching: Matching) -> bool:
    """Some other matching is worse for nobody and better for somebody."""
    for other in all_matchings(market):
        better = [likes(market, one, other[one], matching[one]) for one in matching]
        worse = [likes(market, one, matching[one], other[one]) for one in matching]
        if any(better) and not any(worse):
            return True
    return False


def reports() -> list[list[str]]:
    """Everything that a student could say."""
    sizes = range(len(SCHOOLS) + 1)
    return [
        list(said) for size in sizes for some in combinations(SCHOOLS, size) for said in permutations(some)
    ]
