"""Working days of 2026 as the State Council arranged them, and the rules that hold in any year."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.process.calendar import add_working_days, deadline, is_working_day

days = st.dates(date(2024, 1, 1), date(2030, 12, 31))
numbers = st.integers(0, 40)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 14), True),  # a Saturday worked for the Spring Festival
        (date(2026, 2, 15), False),
        (date(2026, 2, 23), False),  # the Monday on which it ends
        (date(2026, 2, 24), True),
        (date(2026, 9, 20), True),  # a Sunday worked for the National Day
        (date(2026, 10, 7), False),
        (date(2026, 10, 8), True),
        (date(2026, 11, 21), False),  # a plain Saturday
        (date(2026, 11, 23), True),  # a plain Monday
        (date(2031, 10, 1), True),  # a year nobody has arranged yet knows weekends only
    ],
)
def test_holidays_and_the_weekends_worked_in_their_stead(day, worked):
    assert is_working_day(day) is worked


def test_2026_has_the_working_days_of_its_arrangement():
    year = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    weekdays = sum(day.weekday() < 5 for day in year)
    off = [day for day in year if day.weekday() < 5 and not is_working_day(day)]
    instead = [day for day in year if day.weekday() >= 5 and is_working_day(day)]
    assert (weekdays, len(off), len(instead)) == (261, 19, 6)


@given(days, numbers)
def test_exactly_so_many_working_days_lie_behind_the_start(start, number):
    end = add_working_days(start, number)
    between = [start + timedelta(days=step) for step in range(1, (end - start).days + 1)]
    assert is_working_day(end)
    if number:
        assert sum(map(is_working_day, between)) == number
    else:
        assert [day for day in [start, *between] if is_working_day(day)] == [end]


@given(days, numbers, numbers)
def test_days_can_be_added_in_two_goes(start, first, second):
    begin = add_working_days(start, 0)
    assert add_working_days(add_working_days(begin, first), second) == add_working_days(begin, first + second)


@given(days, days, numbers)
def test_who_begins_later_never_ends_sooner(one, other, number):
    early, late = sorted((one, other))
    assert add_working_days(early, number) <= add_working_days(late, number)


def test_a_deadline_is_the_close_of_business_in_shanghai():
    friday_night = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
    saturday = friday_night + timedelta(minutes=2)
    due = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert [deadline(friday_night, 1), deadline(saturday, 1), deadline(saturday, 0)] == [due] * 3
