"""初中 in its four modes."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.platforms.governance.admission.api import (
    AdmissionError,
    JuniorRules,
    Pool,
    Pupil,
    Route,
    draw_pool,
    route_of,
)
from wutong.platforms.governance.admission.tests.runs import SEEDS

POOL = Pool(name="第一派位组", primaries=frozenset({"丙小", "丁小"}), juniors=("东初", "西初"))
RULES = JuniorRules(
    through={"九年一贯": "九年一贯（初中部）", "丙小": "丙初"},
    feeders={"甲小": "甲初", "九年一贯": "乙初"},
    pools=(POOL,),
    by_catchment=True,
)


@pytest.mark.parametrize(
    ("pupil", "route"),
    [
        ({"primary": "九年一贯", "stays": True}, Route(mode="through", school="九年一贯（初中部）")),
        ({"primary": "九年一贯"}, Route(mode="feeder", school="乙初")),
        ({"primary": "甲小", "stays": True, "catchment": "戊初"}, Route(mode="feeder", school="甲初")),
        ({"primary": "丙小"}, Route(mode="pool", pool="第一派位组")),
        ({"primary": "外省", "catchment": "戊初"}, Route(mode="catchment", school="戊初")),
        ({"primary": "外省"}, None),
    ],
)
def test_each_pupil_has_one_way(pupil, route):
    assert route_of(Pupil(application_no="1", **pupil), RULES) == route


def test_without_catchments_an_address_leads_nowhere():
    assert route_of(Pupil(application_no="1", primary="外省", catchment="戊初"), JuniorRules()) is None


@pytest.mark.parametrize(
    "more",
    [
        {"feeders": {"丙小": "丙初"}},
        {"pools": (POOL, Pool(name="二", primaries=frozenset({"丁小"}), juniors=()))},
    ],
)
def test_a_primary_school_with_two_ways_is_refused(more):
    with pytest.raises(AdmissionError) as refused:
        JuniorRules(**{"pools": (POOL,), **more})
    assert refused.value.code == "two_modes"


pool_pupils = st.lists(
    st.builds(
        Pupil,
        application_no=st.text("0123456789", min_size=1, max_size=3),
        primary=st.just("丙小"),
        wishes=st.lists(st.sampled_from(["东初", "西初", "别处"]), unique=True).map(tuple),
    ),
    unique_by=lambda one: one.application_no,
    max_size=8,
)


@given(pool_pupils, st.fixed_dictionaries({"东初": st.integers(0, 4), "西初": st.integers(0, 4)}))
def test_in_the_order_of_tickets_everybody_takes_the_best_that_is_left(pupils, seats):
    drawn = draw_pool(POOL, pupils, seats, SEEDS)
    assert sorted(drawn.given) == sorted(one.application_no for one in pupils)
    left, wishes = dict(seats), {one.application_no: one.wishes for one in pupils}
    for number in drawn.order:
        school = drawn.given[number]
        if school is None:
            assert not any(left.values())
            continue
        better = (
            wishes[number][: wishes[number].index(school)] if school in wishes[number] else wishes[number]
        )
        assert not any(left.get(one, 0) for one in better)
        left[school] -= 1
    assert min(left.values()) >= 0
    taken = Counter(filter(None, drawn.given.values()))
    assert sum(taken.values()) == min(len(pupils), sum(seats.values()))


@given(pool_pupils, st.fixed_dictionaries({"东初": st.integers(0, 4), "西初": st.integers(0, 4)}))
def test_bound_twins_come_to_one_school_while_one_has_room_for_both(pupils, seats):
    twins = tuple(sorted(one.application_no for one in pupils[:2]))
    groups = (twins,) if len(twins) == 2 else ()
    drawn = draw_pool(POOL, pupils, seats, SEEDS, groups=groups)
    taken = Counter(filter(None, drawn.given.values()))
    assert sum(taken.values()) == min(len(pupils), sum(seats.values()))
    assert all(taken[school] <= seats[school] for school in seats)
    if groups and drawn.given[twins[0]] != drawn.given[twins[1]]:
        before = Counter(drawn.given[number] for number in drawn.order[: drawn.order.index(twins[0])])
        assert all(seats[school] - before[school] < 2 for school in seats)
