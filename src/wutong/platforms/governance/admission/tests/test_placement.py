"""公办 placement: the order of the rules, the overflow, 五年一户, and what each child is told."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.platforms.governance.admission.api import (
    AdmissionError,
    Applicant,
    Comparator,
    Market,
    Occupancy,
    PlacementRules,
    PriorityClass,
    deferred_acceptance,
    place,
    warning_list,
)

MOVED_IN = Comparator("moved_in")
RELATION = Comparator("relation", "listed", ("父母", "祖父母"))
AREA = Comparator("area", "last")
RULES = PlacementRules(
    classes=(
        PriorityClass("人户一致", (RELATION, MOVED_IN)),
        PriorityClass("人户分离", (MOVED_IN,)),
        PriorityClass("集体户", (AREA,)),
        PriorityClass("随迁子女"),
    ),
    overflow={"甲校": ("乙校", "丙校"), "乙校": ("丙校",), "": ("丙校",)},
)
NONE_LEFT = PlacementRules(classes=RULES.classes)


def child(number: str, priority: str = "人户一致", school: str = "甲校", **more) -> Applicant:
    facts = {name: more.pop(name) for name in ("moved_in", "relation", "area") if name in more}
    return Applicant(application_no=number, school=school, priority=priority, facts=facts, **more)


def order(children: list[Applicant], rules: PlacementRules = NONE_LEFT) -> list[str]:
    placed = place(children, {"甲校": 0}, rules)
    return sorted(placed.standings, key=lambda number: placed.standings[number].rank)


def test_class_then_private_side_then_comparators_then_ticket():
    children = [
        child("k", "随迁子女", ticket="00"),
        child("i", "集体户", area=40),
        child("j", "集体户", area=30),
        child("h", "人户分离"),
        child("g", "人户分离", moved_in=date(2020, 1, 1)),
        child("f", moved_in=date(1999, 1, 1), relation="父母", from_private=True),
        child("e", moved_in=date(1999, 1, 1)),
        child("d", moved_in=date(2001, 1, 1), relation="其他"),
        child("c", moved_in=date(2000, 1, 1), relation="祖父母"),
        child("b", moved_in=date(2019, 3, 1), relation="父母", ticket="ff"),
        child("a", moved_in=date(2019, 3, 1), relation="父母", ticket="0a"),
    ]
    # A relation that the list does not name counts as none; between e and d the date decides.
    assert order(children) == ["a", "b", "c", "e", "d", "f", "g", "h", "i", "j", "k"]


def test_where_the_district_has_no_such_rule_the_private_side_is_not_behind():
    rules = PlacementRules(classes=RULES.classes, private_side_last=False)
    children = [
        child("a", from_private=True, moved_in=date(2015, 1, 1)),
        child("b", moved_in=date(2016, 1, 1)),
    ]
    assert order(children, rules) == ["a", "b"]
    assert order(children) == ["b", "a"]


def test_where_i_stand_and_why():
    """ "class 1, rank 131 of 120 seats; the last admitted moved in in 2014-03"."""
    children = [
        child(f"{month:03}", moved_in=date(2004 + month // 12, month % 12 + 1, 1)) for month in range(131)
    ]
    standing = place(children, {"甲校": 120}, NONE_LEFT).standings["130"]
    assert (standing.outcome, standing.reason) == ("unplaced", "full")
    assert (standing.class_number, standing.rank, standing.rank_in_class, standing.seats) == (
        1,
        131,
        131,
        120,
    )
    assert standing.last_admitted.facts == {"moved_in": date(2013, 12, 1)}
    assert (standing.decided_by, standing.own_value) == ("moved_in", date(2014, 11, 1))


@pytest.mark.parametrize(
    ("later", "decided_by", "own_value"),
    [
        (child("b", "人户分离"), "class", 2),
        (child("b", relation="父母", moved_in=date(2014, 3, 1), from_private=True), "private", None),
        (child("b", relation="祖父母", moved_in=date(2000, 1, 1)), "relation", "祖父母"),
        (child("b", relation="父母"), "moved_in", None),
        (child("b", relation="父母", moved_in=date(2014, 3, 1), ticket="b"), "ticket", "b"),
        (child("b", relation="父母", moved_in=date(2014, 3, 1), ticket="a"), "application_no", "b"),
    ],
)
def test_by_what_a_child_came_after_the_last_admitted(later, decided_by, own_value):
    first = child("a", relation="父母", moved_in=date(2014, 3, 1), ticket="a")
    standing = place([later, first], {"甲校": 1}, NONE_LEFT).standings["b"]
    assert (standing.decided_by, standing.own_value) == (decided_by, own_value)
    assert standing.last_admitted.class_number == 1


def test_the_overflow_takes_wishes_first_and_the_nearest_schools_after():
    seats = {"甲校": 1, "乙校": 2, "丙校": 1}
    children = [
        child("a", moved_in=date(2010, 1, 1)),
        child("b", moved_in=date(2011, 1, 1), wishes=("丙校",)),
        child("c", moved_in=date(2012, 1, 1), wishes=("丙校",)),
        child("d", moved_in=date(2013, 1, 1)),
        child("e", "随迁子女", school="乙校"),
    ]
    placed = place(children, seats, RULES)
    assert {number: each.school for number, each in placed.standings.items()} == {
        "a": "甲校", "b": "丙校", "c": "乙校", "d": None, "e": "乙校",
    }  # fmt: skip
    assert placed.unplaced == ["d"]
    assert placed.standings["e"].outcome == "own_school", "a school's own children come before the overflow"
    assert placed.left == {"甲校": 0, "乙校": 0, "丙校": 0}


def test_a_child_in_no_catchment_is_not_lost():
    placed = place([child("a", school="")], {"丙校": 1}, RULES)
    assert (placed.standings["a"].school, placed.standings["a"].reason) == ("丙校", "no_catchment")
    assert place([child("a", school="")], {"丙校": 0}, RULES).unplaced == ["a"]


def test_one_home_gives_one_family_a_place_in_five_years():
    rules = PlacementRules(classes=RULES.classes, household_years=5, overflow=RULES.overflow)
    past = [
        Occupancy(school="甲校", home="徐汇区田林路65弄12号301室", year=2022, family="陈"),
        Occupancy(school="甲校", home="徐汇区田林路65弄12号302室", year=2021, family="林"),
    ]
    children = [
        child("other", home="徐汇区田林路65弄12号301室", family="王"),
        child("sister", home="徐汇区田林路65弄12号301室", family="陈"),
        child("six years", home="徐汇区田林路65弄12号302室", family="周"),
        child("twin 1", home="徐汇区田林路65弄12号303室", family="吴"),
        child("twin 2", home="徐汇区田林路65弄12号303室", family="吴"),
        child("tenant", home="徐汇区田林路65弄12号303室", family="郑"),
    ]
    placed = place(children, {"甲校": 9, "乙校": 9}, rules, year=2026, occupied=past)
    assert {number: (each.school, each.reason) for number, each in placed.standings.items()} == {
        "other": ("乙校", "household"),
        "sister": ("甲校", ""),
        "six years": ("甲校", ""),
        "tenant": ("甲校", ""),  # number by number: "tenant" comes before the twins
        "twin 1": ("乙校", "household"),
        "twin 2": ("乙校", "household"),
    }


def test_homes_in_use_are_told_before_families_register():
    past = [
        Occupancy(school="甲校", home="田林路1号", year=2021, family="陈"),
        Occupancy(school="甲校", home="田林路2号", year=2022, family="林"),
        Occupancy(school="甲校", home="田林路2号", year=2025, family="林"),
    ]
    held = warning_list(past, year=2026, years=5)
    assert [(each.home, each.until) for each in held] == [("田林路2号", 2029)]


facts = st.fixed_dictionaries(
    {}, optional={"moved_in": st.dates(date(2010, 1, 1), date(2010, 1, 5)), "relation": st.sampled_from(["父母", "祖父母", "x"])}
)  # fmt: skip
SCHOOLS = ["甲校", "乙校", "丙校"]
families = st.lists(
    st.builds(
        Applicant,
        application_no=st.text("0123456789", min_size=1, max_size=3),
        school=st.sampled_from([*SCHOOLS, ""]),
        priority=st.sampled_from([each.key for each in RULES.classes]),
        facts=facts,
        from_private=st.booleans(),
        home=st.sampled_from(["", "h1", "h2"]),
        family=st.sampled_from(["f1", "f2", "f3"]),
        wishes=st.lists(st.sampled_from(SCHOOLS), unique=True).map(tuple),
    ),
    unique_by=lambda one: one.application_no,
    max_size=12,
)
plans = st.fixed_dictionaries({school: st.integers(0, 4) for school in SCHOOLS})


@given(families, plans, st.sampled_from([0, 5]), st.randoms())
def test_every_child_has_an_answer_and_no_seat_is_given_twice(children, plan, years, shuffle):
    rules = PlacementRules(classes=RULES.classes, household_years=years, overflow=RULES.overflow)
    placed = place(children, plan, rules, year=2026)
    assert sorted(placed.standings) == sorted(one.application_no for one in children)
    taken = [one.school for one in placed.standings.values() if one.school]
    assert {school: plan[school] - taken.count(school) for school in plan} == placed.left
    assert min(placed.left.values()) >= 0
    mixed = list(children)
    shuffle.shuffle(mixed)
    assert place(mixed, plan, rules, year=2026) == placed


@given(families, plans)
def test_nobody_of_a_later_rank_sits_where_an_earlier_was_refused(children, plan):
    placed = place(children, plan, RULES)
    for school in SCHOOLS:
        ranks = {one.rank: one for one in placed.standings.values() if one.own_school == school}
        seated = [rank for rank, one in ranks.items() if one.reason == ""]
        assert sorted(seated) == list(range(1, min(plan[school], len(ranks)) + 1))
        assert sorted(ranks) == list(range(1, len(ranks) + 1))


@given(families, plans)
def test_the_overflow_is_what_deferred_acceptance_gives_with_the_rules_for_priorities(children, plan):
    """One order at all schools: proposing and choosing in turn are the same."""
    placed = place(children, plan, RULES)
    own = [one.school for one in placed.standings.values() if one.reason == ""]
    over = [one for one in children if placed.standings[one.application_no].reason]
    lists = {
        one.application_no: list(dict.fromkeys([*one.wishes, *RULES.overflow.get(one.school, ())]))
        for one in over
    }
    ranked = order([replace(one, school="甲校") for one in over])
    left = {school: seats - own.count(school) for school, seats in plan.items()}
    expected = deferred_acceptance(Market(lists, dict.fromkeys(SCHOOLS, ranked), left))
    assert {number: placed.standings[number].school for number in lists} == expected


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: PlacementRules(classes=(PriorityClass("a"), PriorityClass("a"))), "class_twice"),
        (lambda: PlacementRules(classes=(PriorityClass("a", (Comparator("x", "listed"),)),)), "comparator"),
        (
            lambda: PlacementRules(classes=(PriorityClass("a", (Comparator("x", "first", ("y",)),)),)),
            "comparator",
        ),
        (lambda: place([child("1", "不在册")], {}, RULES), "class_unknown"),
        (lambda: place([child("1"), child("1")], {}, RULES), "twice"),
        (lambda: place([], {"甲校": -1}, RULES), "seats"),
        (lambda: order([child("1", moved_in="2014")]), "comparator"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(make, code):
    with pytest.raises(AdmissionError) as refused:
        make()
    assert refused.value.code == code
