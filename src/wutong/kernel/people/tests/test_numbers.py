"""Numbers here are made up; none was taken from a person."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wutong.kernel.people.numbers import (
    PROVINCES,
    SCHOOL_CATEGORIES,
    IdentityNumber,
    NumberError,
    PupilNumber,
    SchoolIdentifier,
    SecondaryNumber,
    check_digit,
    mask,
    mask_identity,
    mask_name,
    to_eighteen,
)

TODAY = date(2026, 9, 1)
GOOD = "31010420150203123" + check_digit("31010420150203123")

births = st.dates(date(1900, 1, 1), TODAY)
regions = st.builds(
    lambda province, rest: f"{province}{rest:04d}", st.sampled_from(sorted(PROVINCES)), st.integers(0, 9999)
)


def joined(region: str, born: date, serial: int) -> str:
    first17 = f"{region}{born:%Y%m%d}{serial:03d}"
    return first17 + check_digit(first17)


numbers = st.builds(joined, regions, births, st.integers(0, 999))


def broken_rule(parse, text: str, **options) -> str:
    with pytest.raises(NumberError) as caught:
        parse(text, **options)
    return caught.value.rule


@given(regions, births, st.integers(0, 999))
def test_every_well_formed_identity_number_is_read(region, born, serial):
    text = joined(region, born, serial)
    assert IdentityNumber.parse(text, today=TODAY) == IdentityNumber(
        region, born, "1" if serial % 2 else "2", text
    )


@given(numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_one_wrong_character_is_always_found(text, at, wrong):
    assume(text[at] != wrong)
    with pytest.raises(NumberError):
        IdentityNumber.parse(text[:at] + wrong + text[at + 1 :], today=TODAY)


@given(numbers, st.integers(0, 16))
def test_swapped_neighbours_are_always_found(text, at):
    assume(text[at] != text[at + 1])
    with pytest.raises(NumberError):
        IdentityNumber.parse(text[:at] + text[at + 1] + text[at] + text[at + 2 :], today=TODAY)


@given(regions, st.dates(date(1900, 1, 1), date(1999, 12, 31)), st.integers(0, 999))
def test_first_generation_number_is_the_same_person(region, born, serial):
    fifteen = f"{region}{born:%y%m%d}{serial:03d}"
    assert to_eighteen(fifteen) == joined(region, born, serial)
    assert IdentityNumber.parse(fifteen, today=TODAY) == IdentityNumber.parse(
        joined(region, born, serial), today=TODAY
    )


def test_known_check_digits():
    assert [check_digit(first) for first in ("11010519491231002", "44052418800101001")] == ["X", "4"]


def test_typing_habits_are_forgiven():
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in "11010519491231002x")
    for typed in ("11010519491231002x", full_width, " 110105 19491231 002X "):
        assert IdentityNumber.parse(typed, today=TODAY).text == "11010519491231002X"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "length"),
        (GOOD[:-1], "length"),
        (GOOD + "0", "length"),
        ("A" + GOOD[1:], "characters"),
        ("X" * 18, "characters"),
        ("٣" * 18, "characters"),
        ("16" + GOOD[2:], "region"),
        (joined("310104", date(2026, 9, 2), 123), "birth"),
        (joined("310104", date(1899, 12, 31), 123), "birth"),
        ("310104201502301231", "birth"),
        ("310104201500001231", "birth"),
        ("310104000002031231", "birth"),
        (GOOD[:-1] + ("1" if GOOD[-1] != "1" else "2"), "check_digit"),
    ],
)
def test_each_fault_names_its_rule(text, rule):
    assert broken_rule(IdentityNumber.parse, text, today=TODAY) == rule


def test_a_birth_on_the_day_itself_is_real():
    assert IdentityNumber.parse(joined("310104", TODAY, 1), today=TODAY).born == TODAY


@pytest.mark.parametrize("retired", ["310103", "310108", "310119", "310230"])
def test_retired_districts_are_still_accepted(retired):
    text = joined(retired, date(1970, 5, 6), 21)
    assert IdentityNumber.parse(text, today=TODAY).region == retired


def test_error_is_a_sentence_that_says_how_to_mend_and_hides_the_number():
    with pytest.raises(NumberError) as caught:
        IdentityNumber.parse(GOOD[:-1], today=TODAY)
    assert str(caught.value) == f"{caught.value.message}{caught.value.mend}"
    assert GOOD[:6] not in str(caught.value)


@given(numbers, st.sampled_from("GJL"), st.integers(0, 9999))
def test_pupil_numbers_are_read(identity, kind, random):
    rest = f"{identity[:14]}{random:04d}" if kind == "L" else identity
    read = PupilNumber.parse(kind.lower() + rest, today=TODAY)
    assert (read.kind, read.region, f"{read.born:%Y%m%d}", read.text) == (
        kind,
        rest[:6],
        rest[6:14],
        kind + rest,
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (GOOD, "length"),
        ("K" + GOOD, "prefix"),
        ("G16" + GOOD[2:], "region"),
        ("J" + GOOD[:6] + "20150230" + GOOD[14:], "birth"),
        ("J" + GOOD[:-1] + ("1" if GOOD[-1] != "1" else "2"), "check_digit"),
        ("L" + GOOD[:-1] + "X", "characters"),
    ],
)
def test_each_fault_of_a_pupil_number_names_its_rule(text, rule):
    assert broken_rule(PupilNumber.parse, text, today=TODAY) == rule


def test_secondary_number_is_read():
    text = "3101041234220250017"
    assert SecondaryNumber.parse(text, today=TODAY) == SecondaryNumber(
        "310104", "1234", "junior", 2025, "0017", text
    )


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("310104123422025001", "length"),
        ("31010412342202500X7", "characters"),
        ("3201041234220250017", "region"),
        ("3101041234520250017", "stage"),
        ("3101041234220280017", "year"),
    ],
)
def test_each_fault_of_a_secondary_number_names_its_rule(text, rule):
    assert broken_rule(SecondaryNumber.parse, text, today=TODAY) == rule


@given(st.sampled_from(sorted(SCHOOL_CATEGORIES)), st.integers(0, 999_999))
def test_school_identifiers_are_read(category, serial):
    text = f"{category}31{serial:06d}"
    assert SchoolIdentifier.parse(text) == SchoolIdentifier(category, "31", f"{serial:06d}", text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("213100001", "length"),
        ("21310000A1", "characters"),
        ("2331000012", "category"),
        ("2132000012", "region"),
    ],
)
def test_each_fault_of_a_school_identifier_names_its_rule(text, rule):
    assert broken_rule(SchoolIdentifier.parse, text) == rule


def test_a_school_of_another_province_is_read_when_asked():
    assert SchoolIdentifier.parse("2132000012", province=None).province == "32"
    assert broken_rule(SchoolIdentifier.parse, "2199000012", province=None) == "region"


def test_masks():
    assert mask_identity("31010420150203123X") == "310104********123X"
    assert mask("310104150203123", "identity") == "310104******123"
    assert mask("G31010420150203123X", "pupil") == "G310104********123X"
    assert mask("13812341234", "phone") == "138****1234"
    assert mask("3101041234220250017") == "310**************17"
    assert mask("12345") == "*****"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张小明", "张*明"),
        ("李明", "李*"),
        ("欧阳晓明", "欧阳**"),
        ("欧阳明", "欧阳*"),
        ("欧阳", "欧*"),
        ("张王小明", "张**明"),
        ("明", "*"),
        ("", ""),
        ("阿依古丽·买买提", "阿***·买**"),
        ("Maria Garcia", "M**** G*****"),
    ],
)
def test_names_in_public_lists(name, shown):
    assert mask_name(name) == shown


@given(numbers)
def test_no_mask_shows_the_birth_date(text):
    shown = [mask(text, "identity"), mask("G" + text, "pupil"), mask(text), mask("G" + text)]
    assert [text[6:14] in each for each in shown] == [False] * 4
