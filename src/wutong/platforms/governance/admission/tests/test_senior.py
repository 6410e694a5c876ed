"""高中: quotas shared out, parallel wishes, and a whole year on the real plan of 2025."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.platforms.governance.admission.api import (
    QUOTA_ORDER,
    UNIFIED_ORDER,
    AdmissionError,
    Candidate,
    Entrant,
    Market,
    SeniorPlan,
    admit_year,
    deferred_acceptance,
    parallel_wishes,
    share_out,
)
from wutong.platforms.governance.admission.tests.seniors import REAL, cohort

pupils = st.dictionaries(st.text("甲乙丙丁戊", min_size=1, max_size=2), st.integers(0, 300), min_size=1)


@given(st.integers(0, 400), pupils)
def test_a_quota_is_shared_out_whole_and_nearly_in_proportion(quota, numbers):
    total = sum(numbers.values())
    if not total:
        with pytest.raises(AdmissionError):
            share_out(quota + 1, numbers)
        return
    given_places = share_out(quota, numbers)
    assert sum(given_places.values()) == quota
    for name, number in numbers.items():
        assert abs(given_places[name] - quota * number / total) < 1
    assert share_out(quota, dict(reversed(numbers.items()))) == given_places


@given(st.integers(0, 400), pupils, st.integers(0, 3))
def test_each_school_with_pupils_gets_at_least_so_many(quota, numbers, least):
    takers = [name for name, number in numbers.items() if number]
    if quota < least * len(takers) or not takers:
        return
    given_places = share_out(quota, numbers, least=least)
    assert sum(given_places.values()) == quota
    assert all(given_places[name] >= least for name in takers)
    assert all(given_places[name] == 0 for name in numbers if name not in takers)


def test_a_quota_by_hand():
    assert share_out(7, {"甲": 300, "乙": 200, "丙": 100}) == {"丙": 1, "乙": 2, "甲": 4}
    assert share_out(4, {"甲": 100, "乙": 100, "丙": 0}, least=1) == {"丙": 0, "乙": 2, "甲": 2}
    with pytest.raises(AdmissionError):
        share_out(1, {"甲": 100, "乙": 100}, least=1)


def one(number: str, total: float, *wishes: str, **more) -> Candidate:
    ticket = more.pop("ticket", "")
    return Candidate(
        number=number, total=total, parts=more, wishes=tuple((each,) for each in wishes), ticket=ticket
    )


def test_each_in_the_order_of_scores_to_the_first_wish_that_has_a_place():
    batch = parallel_wishes(
        [
            one("c", 700, "x", "y"),
            one("a", 720, "x"),
            one("b", 713.5, "x", "z", "y"),
            one("d", 690, "x", "y"),
        ],
        {("x",): 1, ("y",): 2},
        order=UNIFIED_ORDER,
    )
    assert batch.given == {"a": ("x",), "b": ("y",), "c": ("y",), "d": None}
    assert batch.left == {("x",): 0, ("y",): 0}
    assert (batch.lines["y",].total, batch.lines["y",].admitted) == (700, 2)


def test_equal_totals_are_parted_in_the_order_of_the_rule():
    """综评, 语数外, 数学, 语文, 综合测试."""
    base = {"comprehensive": 50, "chinese_math_foreign": 400, "math": 130, "chinese": 130, "integrated": 140}
    steps = [base]
    for name in reversed(QUOTA_ORDER):
        steps.append({**base, name: base[name] + 0.5})
    candidates = [one(f"{number}", 750, "x", **parts) for number, parts in enumerate(steps)]
    for seats in range(1, 6):
        batch = parallel_wishes(candidates, {("x",): seats}, order=QUOTA_ORDER)
        assert [number for number, place in batch.given.items() if place] == [
            str(5 - n) for n in range(seats)
        ][::-1]


def test_equal_in_everything_at_the_last_place():
    candidates = [one("a", 700, "x", ticket="9"), one("b", 700, "x", ticket="1"), one("c", 699.5, "x")]
    over = parallel_wishes(candidates, {("x",): 1}, order=UNIFIED_ORDER)
    assert over.given == {"a": ("x",), "b": ("x",), "c": None}
    assert over.lines["x",].over_plan == 1
    drawn = parallel_wishes(candidates, {("x",): 1}, order=UNIFIED_ORDER, ties="ticket")
    assert drawn.given == {"a": None, "b": ("x",), "c": None}


def test_no_places_is_no_line_and_nobody_is_equal_to_nobody():
    batch = parallel_wishes([one("a", 700, "x")], {("x",): 0}, order=UNIFIED_ORDER)
    assert (batch.given, batch.lines) == ({"a": None}, {})


wishes = st.lists(st.sampled_from(["x", "y", "z"]), unique=True, max_size=3)
candidates = st.lists(
    st.builds(lambda number, total, wished: one(number, total, *wished), st.text("0123456789", min_size=1), st.integers(600, 606), wishes),
    unique_by=lambda each: each.number,
    max_size=10,
)  # fmt: skip


@given(candidates, st.fixed_dictionaries({school: st.integers(0, 3) for school in "xyz"}))
def test_parallel_wishes_are_deferred_acceptance_with_scores_for_priorities(asked, seats):
    ranked = [each.number for each in sorted(asked, key=lambda each: (-each.total, each.number))]
    lists = {each.number: [place[0] for place in each.wishes] for each in asked}
    expected = deferred_acceptance(Market(lists, dict.fromkeys("xyz", ranked), seats))
    batch = parallel_wishes(
        asked, {(school,): n for school, n in seats.items()}, order=UNIFIED_ORDER, ties="ticket"
    )
    assert {number: place and place[0] for number, place in batch.given.items()} == expected


def test_a_year_in_three_batches():
    def entrant(number, total, **wishes):
        return Entrant(number=number, district="徐汇区", junior_school="甲初", total=total, comprehensive=50, parts={}, **wishes)  # fmt: skip

    plan = SeniorPlan(
        to_district={("x", "徐汇区"): 1},
        to_school={("x", "甲初"): 1, ("y", "甲初"): 2},
        unified={("x", "徐汇区"): 0, ("y", "徐汇区"): 0},
        districts={"甲初": "徐汇区"},
        quota_line=605,
        unified_line=513,
    )
    year = admit_year(
        [
            entrant("a", 720, to_district=("x",), unified=("y",)),
            entrant("b", 715, to_district=("x",), to_school=("x", "y")),
            entrant("c", 710, to_school=("x", "y")),
            entrant("d", 604.5, to_school=("y",), unified=("x", "y")),  # below the line of the quotas
            entrant("e", 512.5, unified=("y",)),
            entrant("f", 700),
        ],
        plan,
    )
    assert year.given == {
        "a": ("to_district", "x"),
        "b": ("to_school", "x"),
        "c": ("to_school", "y"),
        "d": ("unified", "y"),  # a place of the quota that nobody took
        "e": None,
        "f": None,
    }


@pytest.mark.skipif(not REAL.exists(), reason="needs ../shared/realdata beside the repository")
def test_the_real_plan_of_2025_gives_the_real_lines():
    """Every published line comes out, to the part that decided between equals."""
    entrants, plan, lines = cohort(districts=frozenset({"徐汇区", "黄浦区", "青浦区"}))
    year = admit_year(entrants, plan)
    for name, expected in lines.items():
        found = {place: line.total for place, line in year.batches[name].lines.items()}
        assert found == {place: line for place, (line, _parts) in expected.items()}
    for name in ("to_district", "to_school"):
        for place, (_line, parts) in lines[name].items():
            last = year.batches[name].lines[place]
            assert {part: last.parts[part] for part in parts} == parts
            assert (last.admitted, last.over_plan) == (getattr(plan, name)[place], 0)
    assert [len(lines[name]) for name in lines] == [30, 204, 33]
