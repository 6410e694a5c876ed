from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.process.calendar import (
    add_working_days,
    deadline,
    exceptions,
    is_working_day,
    unknown_years,
)

DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))
NUMBERS = st.integers(0, 40)
HOLIDAYS = {
    "元旦": (date(2026, 1, 1), 3), "春节": (date(2026, 2, 15), 9), "清明": (date(2026, 4, 4), 3),
    "劳动节": (date(2026, 5, 1), 5), "端午": (date(2026, 6, 19), 3), "中秋": (date(2026, 9, 25), 3),
    "国庆": (date(2026, 10, 1), 7),
}  # fmt: skip
WORKED = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)]


@pytest.mark.parametrize("name", HOLIDAYS)
def test_nobody_works_on_a_holiday(name):
    first, length = HOLIDAYS[name]
    assert [is_working_day(first + timedelta(days=n)) for n in range(length)] == [False] * length


@pytest.mark.parametrize(("month", "day"), WORKED)
def test_weekend_days_worked_in_their_stead(month, day):
    found = date(2026, month, day)
    assert (found.weekday() >= 5, is_working_day(found)) == (True, True)


def test_working_days_of_2026():
    """365 days, 104 at weekends; 33 days off of which 13 fall on weekends and 6 weekend days worked."""
    year = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    off = [first + timedelta(days=n) for first, length in HOLIDAYS.values() for n in range(length)]
    weekdays_off = sum(day.weekday() < 5 for day in off)
    weekdays = sum(day.weekday() < 5 for day in year)
    assert sum(map(is_working_day, year)) == weekdays - weekdays_off + len(WORKED)


@pytest.mark.parametrize(
    ("start", "number", "end"),
    [
        (date(2026, 11, 23), 0, date(2026, 11, 23)),
        (date(2026, 11, 23), 5, date(2026, 11, 30)),
        (date(2026, 11, 28), 0, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 2, 13), 1, date(2026, 2, 14)),
        (date(2026, 2, 14), 1, date(2026, 2, 24)),
        (date(2026, 9, 30), 2, date(2026, 10, 9)),
        (date(2026, 9, 30), 3, date(2026, 10, 10)),
        (date(2027, 1, 29), 1, date(2027, 2, 1)),
        (date(2025, 1, 24), 1, date(2025, 1, 26)),
        (date(2025, 1, 27), 1, date(2025, 2, 5)),
        (date(2025, 9, 26), 4, date(2025, 10, 9)),
    ],
)
def test_counting_over_weekends_and_holidays(start, number, end):
    assert add_working_days(start, number) == end


@given(DAYS, NUMBERS)
def test_the_day_is_a_working_day_with_that_many_up_to_it(start, number):
    end = add_working_days(start, number)
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert is_working_day(end) and end >= start
    assert sum(map(is_working_day, between)) == (number or (0 if is_working_day(start) else 1))


@given(DAYS, NUMBERS, NUMBERS)
def test_counting_in_two_parts_is_counting_once(start, one, two):
    assert add_working_days(add_working_days(start, one), two) == add_working_days(
        start, one + two if one or is_working_day(start) else max(two + 1, 1)
    )


@given(DAYS, DAYS, NUMBERS)
def test_who_begins_later_is_not_due_earlier(one, other, number):
    early, late = sorted((one, other))
    assert add_working_days(early, number) <= add_working_days(late, number)


@pytest.mark.parametrize(
    ("hour", "day"), [(0, 25), (9, 25), (23, 25)]
)  # the day counts from Shanghai's midnight, at any hour
def test_a_deadline_is_the_close_of_business_in_shanghai(hour, day):
    at = timezone.make_aware(datetime(2026, 11, 23, hour, 30))
    assert timezone.localtime(deadline(at, 2)).replace(tzinfo=None) == datetime(2026, 11, day, 17, 0)


@pytest.mark.parametrize(
    ("today", "unknown"),
    [
        (date(2026, 10, 31), []),
        (date(2026, 11, 1), [2027]),
        (date(2025, 12, 31), []),
        (date(2031, 5, 1), [2031]),
    ],
)
def test_years_whose_holidays_nobody_told_are_named(today, unknown):
    assert unknown_years(today) == unknown


def test_a_house_may_add_a_year_that_was_published_later(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    lines = "first,last,kind,name,source\n2031-01-01,2031-01-03,off,元旦,通知\n2031-01-05,2031-01-05,work,调休,通知\n"
    (tmp_path / "holidays.csv").write_text(lines, encoding="utf-8")
    exceptions.cache_clear()
    try:
        assert add_working_days(date(2030, 12, 31), 1) == date(2031, 1, 5)
        assert unknown_years(date(2031, 5, 1)) == []
    finally:
        exceptions.cache_clear()
