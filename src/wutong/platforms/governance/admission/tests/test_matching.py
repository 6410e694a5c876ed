"""Each method against its definition by exhaustion, its known properties, and published cases."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wutong.platforms.governance.admission.api import (
    METHODS,
    AdmissionError,
    Market,
    blocking_pairs,
    deferred_acceptance,
    immediate_acceptance,
    serial_dictatorship,
    top_trading_cycles,
)
from wutong.platforms.governance.admission.tests.markets import (
    STUDENTS,
    all_matchings,
    blocked,
    choices,
    dominated,
    likes,
    markets,
    reports,
)

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())


def one_seat_each(students: dict[str, str], schools: dict[str, str]) -> Market:
    return Market(
        {name: wishes.split() for name, wishes in students.items()},
        {name: listed.split() for name, listed in schools.items()},
        dict.fromkeys(schools, 1),
    )


@every_method
@given(market=markets)
def test_nobody_gets_what_was_not_wished_and_no_seat_is_given_twice(method, market):
    matching = method(market)
    assert list(matching) == sorted(market.students)
    assert all(seat in choices(market, student) for student, seat in matching.items())
    given_seats = list(matching.values())
    assert all(given_seats.count(school) <= seats for school, seats in market.seats.items())


@every_method
@given(market=markets, shuffle=st.randoms())
def test_the_order_of_the_input_does_not_matter(method, market, shuffle):
    def turned(lists):
        items = list(lists.items())
        shuffle.shuffle(items)
        return dict(items)

    other = Market(turned(market.students), turned(market.schools), turned(market.seats))
    assert method(other) == method(market)
    assert list(method(other)) == list(method(market))


@given(markets)
def test_deferred_acceptance_is_the_best_stable_matching_for_every_student(market):
    stable = [each for each in all_matchings(market) if not blocked(market, each)]
    found = deferred_acceptance(market)
    assert found in stable
    for other in stable:
        assert not any(likes(market, student, other[student], found[student]) for student in market.students)


@given(markets)
def test_blocking_pairs_are_found_where_the_definition_finds_them(market):
    for matching in all_matchings(market):
        assert (list(blocking_pairs(market, matching)) != []) == blocked(market, matching)


@pytest.mark.parametrize("method", [deferred_acceptance, top_trading_cycles, serial_dictatorship])
@settings(max_examples=60)
@given(market=markets, student=st.sampled_from(STUDENTS))
def test_no_student_gains_by_saying_something_else(method, market, student):
    honest = method(market)[student]
    for said in reports():
        seat = method(replace(market, students={**market.students, student: said}))[student]
        assert seat not in choices(market, student) or not likes(market, student, seat, honest)


@pytest.mark.parametrize("method", [top_trading_cycles, serial_dictatorship])
@settings(max_examples=60)
@given(market=markets)
def test_no_other_matching_is_better_for_some_and_worse_for_none(method, market):
    assert not dominated(market, method(market))


@given(markets)
def test_top_trading_cycles_as_rounds_of_pointing(market):
    assert top_trading_cycles(market) == rounds_of_pointing(market)


def rounds_of_pointing(market: Market) -> dict[str, str | None]:
    """The text of the rule, one cycle after the other, everything looked up afresh."""
    there, seats, seated = set(market.students), dict(market.seats), dict.fromkeys(sorted(market.students))
    while there:
        wanted = {one: next(c for c in choices(market, one) if c is None or seats[c]) for one in there}
        leaving = {one for one in there if wanted[one] is None}
        if leaving:
            there -= leaving
            continue
        first = {school: [one for one in market.schools[school] if one in there] for school in market.schools}
        points = {one: first[wanted[one]][0] for one in there}
        walk = [min(there)]
        while points[walk[-1]] not in walk:
            walk.append(points[walk[-1]])
        for member in walk[walk.index(points[walk[-1]]) :]:
            seated[member] = wanted[member]
            seats[wanted[member]] -= 1
            there.remove(member)
    return seated


@given(markets)
def test_immediate_acceptance_never_takes_a_seat_back(market):
    """Whoever holds a seat ranked it no later than anybody refused there, or the school prefers her."""
    seated = immediate_acceptance(market)
    for student in market.students:
        for step, school in enumerate(choices(market, student)[:-1]):
            if seated[student] is not None and not likes(market, student, school, seated[student]):
                break
            there = [one for one, seat in seated.items() if seat == school]
            assert len(there) == market.seats[school]
            for one in there:
                its_step = choices(market, one).index(school)
                order = list(market.schools[school])
                assert its_step < step or (its_step == step and order.index(one) < order.index(student))


@given(markets, st.permutations(STUDENTS))
def test_serial_dictatorship_lets_one_after_the_other_choose(market, order):
    left, expected = dict(market.seats), {}
    for student in order:
        expected[student] = next(one for one in choices(market, student) if one is None or left[one])
        if expected[student]:
            left[expected[student]] -= 1
    assert serial_dictatorship(replace(market, order=order)) == expected


@given(markets)
def test_without_an_order_the_ids_decide_by_code_point(market):
    assert serial_dictatorship(market) == serial_dictatorship(replace(market, order=sorted(STUDENTS)))
    assert sorted(STUDENTS)[:2] == ["s1", "s10"]


def test_one_order_at_all_schools_makes_all_fair_methods_one():
    """平行志愿 by one score."""
    wishes = {"a": ["x", "y"], "b": ["x"], "c": ["x", "y"], "d": ["y", "x"]}
    order = ["d", "c", "b", "a"]
    market = Market(wishes, {"x": order, "y": order}, {"x": 1, "y": 2}, order=order)
    expected = {"a": "y", "b": None, "c": "x", "d": "y"}
    assert (
        deferred_acceptance(market) == top_trading_cycles(market) == serial_dictatorship(market) == expected
    )


def test_gale_and_shapley_example_1():
    """1962: three stable matchings; proposing gives every proposer the first choice."""
    market = one_seat_each(
        {"α": "A B C", "β": "B C A", "γ": "C A B"}, {"A": "β γ α", "B": "γ α β", "C": "α β γ"}
    )
    assert sum(not blocked(market, each) for each in all_matchings(market)) == 3
    assert deferred_acceptance(market) == {"α": "A", "β": "B", "γ": "C"}


def test_gale_and_shapley_example_2():
    """1962: one stable matching only, in which nobody has the first choice."""
    market = one_seat_each(
        {"α": "A B C D", "β": "A D C B", "γ": "B A C D", "δ": "D B C A"},
        {"A": "δ γ α β", "B": "β δ α γ", "C": "δ α β γ", "D": "γ β α δ"},
    )
    stable = [each for each in all_matchings(market) if not blocked(market, each)]
    assert stable == [deferred_acceptance(market)] == [{"α": "C", "β": "D", "γ": "A", "δ": "B"}]


def test_abdulkadiroglu_and_soenmez_eight_students_four_schools():
    """2003, the example of top trading cycles with seats 2, 2, 3, 3."""
    wishes = ["2 1 3 4", "1 2 3 4", "3 2 1 4", "3 4 1 2", "1 3 4 2", "4 1 2 3", "1 2 3 4", "1 2 4 3"]
    lists = ["1 2 3 4 5 6 7 8", "3 5 4 8 7 2 1 6", "5 3 1 7 2 8 6 4", "6 8 7 4 2 3 5 1"]
    market = Market(
        {f"i{number}": [f"s{one}" for one in each.split()] for number, each in enumerate(wishes, 1)},
        {f"s{number}": [f"i{one}" for one in each.split()] for number, each in enumerate(lists, 1)},
        {"s1": 2, "s2": 2, "s3": 3, "s4": 3},
    )
    given_schools = dict(zip("12345678", "21331424", strict=True))
    assert top_trading_cycles(market) == {f"i{one}": f"s{school}" for one, school in given_schools.items()}


def test_trading_makes_both_better_where_stability_does_not():
    """2003, example 1: priorities that both would rather trade."""
    market = one_seat_each(
        {"i1": "s2 s1 s3", "i2": "s1 s2 s3", "i3": "s1 s2 s3"},
        {"s1": "i1 i3 i2", "s2": "i2 i1 i3", "s3": "i2 i1 i3"},
    )
    assert deferred_acceptance(market) == {"i1": "s1", "i2": "s2", "i3": "s3"}
    assert top_trading_cycles(market) == {"i1": "s2", "i2": "s1", "i3": "s3"}


def test_a_priority_can_be_traded_at_a_school_one_did_not_wish_for():
    """If not, b would gain by listing y, which she does not want."""
    market = one_seat_each({"a": "y", "b": "x", "c": "y"}, {"x": "a b", "y": "b c a"})
    assert top_trading_cycles(market) == {"a": "y", "b": "x", "c": None}


def test_the_boston_mechanism_rewards_tactics():
    wishes = {"a": ["x", "y"], "b": ["x", "y"], "c": ["y"]}
    lists = {"x": ["a", "b"], "y": ["b", "a", "c"]}
    market = Market(wishes, lists, {"x": 1, "y": 1})
    assert immediate_acceptance(market) == {"a": "x", "b": None, "c": "y"}
    tactical = replace(market, students={**wishes, "b": ["y"]})
    assert immediate_acceptance(tactical) == {"a": "x", "b": "y", "c": None}


@every_method
def test_empty_lists_and_no_seats(method):
    assert method(Market({}, {}, {})) == {}
    market = Market({"a": [], "b": ["x", "z"]}, {"x": ["b"], "z": []}, {"x": 0, "z": 1})
    assert method(market) == {"a": None, "b": None}


@every_method
def test_ids_may_be_equal_on_both_sides_and_empty(method):
    market = Market({"": ["", "1"], "1": [""]}, {"": ["1", ""], "1": [""]}, {"": 2, "1": 0})
    assert method(market) == {"": "", "1": ""}


@pytest.mark.parametrize(
    ("students", "schools", "seats", "order", "code"),
    [
        ({"a": ["x", "x"]}, {"x": ["a"]}, {"x": 1}, None, "twice"),
        ({"a": ["x"]}, {"x": ["a", "b", "a"]}, {"x": 1}, None, "twice"),
        ({"a": ["x"]}, {"x": ["a"]}, {}, None, "seats"),
        ({"a": ["x"]}, {"x": ["a"]}, {"x": -1}, None, "seats"),
        ({"a": ["x"]}, {"x": ["a"]}, {"x": 1}, ["b"], "order"),
        ({"a": ["x"]}, {"x": ["a"]}, {"x": 1}, ["a", "a"], "order"),
    ],
)
def test_a_market_that_contradicts_itself_is_refused(students, schools, seats, order, code):
    with pytest.raises(AdmissionError) as refused:
        Market(students, schools, seats, order)
    assert refused.value.code == code
