"""对口地段: looked up, and checked for gaps and overlaps before the window opens."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.platforms.governance.admission.api import (
    Address,
    AdmissionError,
    Catchment,
    CatchmentMap,
    Committee,
    Estate,
    HouseNumber,
    RoadRange,
    coverage,
    read_address,
    unsettled,
)


def catchments(*pairs, year=2026, **more) -> CatchmentMap:
    return CatchmentMap(
        [Catchment(school=school, district="徐汇区", where=where, **more) for school, where in pairs],
        year=year,
    )


TIANLIN = catchments(
    ("甲校", RoadRange(road="田林路", first=1, last=99, parity="odd")),
    ("乙校", RoadRange(road="田林路", first=2, last=100, parity="even")),
    ("乙校", RoadRange(road="田林路", first=101, counted="lane")),
    ("丙校", RoadRange(road="田林路", first=1, last=20, within=HouseNumber(200))),
    ("丁校", Estate("田林十二村")),
    ("丁校", Committee("华石居委")),
)


@pytest.mark.parametrize(
    ("text", "schools"),
    [
        ("田林路65弄12号301室", ("甲校",)),
        ("田林路65号甲", ("甲校",)),
        ("田林路99号", ("甲校",)),
        ("田林路66弄1号", ("乙校",)),
        ("田林路101号", ()),
        ("田林路999弄3号", ("乙校",)),
        ("田林路200弄21号", ("乙校",)),
        ("田林路200弄20号", ("丙校", "乙校")),
        ("田林12村35号", ("丁校",)),
        ("华石居民委员会石龙路1号", ("丁校",)),
        ("静安区田林路65号", ()),
        ("漕宝路65号", ()),
    ],
)
def test_the_school_of_an_address(text, schools):
    assert TIANLIN.schools(read_address(text)) == tuple(sorted(schools))


def test_why_an_address_belongs_to_a_school():
    found = TIANLIN.found(read_address("徐汇区田林路65弄12号"))
    assert [(each.school, each.where) for each in found] == [
        ("甲校", RoadRange(road="田林路", first=1, last=99, parity="odd"))
    ]


@pytest.mark.parametrize(("year", "schools"), [(2023, ()), (2024, ("甲校",)), (2026, ("甲校",)), (2027, ())])
def test_a_catchment_holds_for_its_years(year, schools):
    there = catchments(("甲校", Estate("田林十二村")), year=year, first_year=2024, last_year=2026)
    assert there.schools(read_address("田林十二村1号")) == schools


@pytest.mark.parametrize("wrong", [{"road": "", "first": 1}, {"road": "田林路", "first": 9, "last": 8}])
def test_a_range_without_a_house_is_refused(wrong):
    with pytest.raises(AdmissionError):
        RoadRange(**wrong)


def test_addresses_of_the_register_in_no_catchment_and_in_two():
    texts = ["田林路65弄12号", "田林路101号", "田林路200弄20号"]
    found = unsettled(TIANLIN, map(read_address, texts))
    assert [(each.address.door, each.schools) for each in found] == [
        ("田林路101号", ()),
        ("田林路200弄20号", ("丙校", "乙校")),
    ]


def told(found) -> list[tuple]:
    return [(each.kind, each.counted, each.parity, each.first, each.last, each.schools) for each in found]


def test_gaps_and_overlaps_along_a_road():
    there = catchments(
        ("甲校", RoadRange(road="漕宝路", first=1, last=100, counted="number")),
        ("乙校", RoadRange(road="漕宝路", first=121, last=200, counted="number")),
        ("丙校", RoadRange(road="漕宝路", first=191, counted="number", parity="odd")),
    )
    assert told(coverage(there)) == [
        ("gap", "number", "all", 101, 120, ()),
        ("overlap", "number", "odd", 191, 199, ("丙校", "乙校")),
    ]


def test_both_sides_to_the_end_of_the_road():
    there = catchments(
        ("甲校", RoadRange(road="漕宝路", first=1)), ("乙校", RoadRange(road="漕宝路", first=501))
    )
    assert told(coverage(there)) == [
        ("overlap", "lane", "all", 501, None, ("乙校", "甲校")),
        ("overlap", "number", "all", 501, None, ("乙校", "甲校")),
    ]


def test_a_lane_that_is_whole_with_one_school_and_in_parts_with_another():
    there = catchments(
        ("甲校", RoadRange(road="田林路", first=1, last=99)),
        ("乙校", RoadRange(road="田林路", first=1, last=9, within=HouseNumber(65))),
    )
    assert told(coverage(there)) == [("overlap", "number", "all", 1, 9, ("乙校", "甲校"))]
    assert coverage(there)[0].within == HouseNumber(65)


def test_one_school_twice_and_neighbours_side_by_side_are_no_finding():
    there = catchments(
        ("甲校", RoadRange(road="漕宝路", first=1, last=10)),
        ("甲校", RoadRange(road="漕宝路", first=5, last=20)),
        ("乙校", RoadRange(road="漕宝路", first=21, last=30)),
        ("乙校", RoadRange(road="宜山路", first=31, last=40)),
    )
    assert coverage(there) == []


ranges = st.builds(
    lambda ends, **more: RoadRange(road="漕宝路", first=min(ends), last=max(ends), **more),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    parity=st.sampled_from(["all", "odd", "even"]),
    counted=st.sampled_from(["any", "lane", "number"]),
)


@given(st.lists(st.tuples(st.sampled_from("甲乙丙"), ranges), max_size=6))
def test_the_report_says_what_asking_for_each_house_says(pairs):
    there = catchments(*pairs)
    reported = defaultdict(lambda: None)
    for each in coverage(there):
        for number in range(each.first, each.last + 1):
            if each.parity == "all" or (number % 2 == 1) == (each.parity == "odd"):
                assert (each.counted, number) not in reported, "told once"
                reported[each.counted, number] = each.schools
    for counted in ("lane", "number"):
        for odd in (0, 1):
            line = [number for number in range(13) if number % 2 == odd]
            asked = {number: there.schools(house(counted, number)) for number in line}
            held = [number for number in line if asked[number]]
            for number in line:
                inside = bool(held) and held[0] <= number <= held[-1]
                expected = asked[number] if len(asked[number]) != 1 and inside else None
                assert reported[counted, number] == expected


def house(counted: str, number: int) -> Address:
    where = {"lane": HouseNumber(number)} if counted == "lane" else {"number": HouseNumber(number)}
    return Address(district="徐汇区", road="漕宝路", **where)
