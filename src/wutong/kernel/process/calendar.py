"""Working days: Monday to Friday but for public holidays, and the weekend days worked in their stead.

Source: the State Council's arrangement of public holidays for 2026 (general knowledge, check yearly); a year
that is not listed counts weekends only.
"""

from datetime import date, datetime, time, timedelta

from django.utils import timezone

SPANS = {
    2026: (
        ("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"),
        ("06-19", "06-21"), ("09-25", "09-27"), ("10-01", "10-07"),
    ),
}  # fmt: skip
WORKED = {2026: ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10")}
CLOSES = time(17, 0)


def is_working_day(day: date) -> bool:
    if day.strftime("%m-%d") in WORKED.get(day.year, ()):
        return True
    text = day.strftime("%m-%d")
    on_holiday = any(first <= text <= last for first, last in SPANS.get(day.year, ()))
    return day.weekday() < 5 and not on_holiday


def add_working_days(start: date, number: int) -> date:
    """The day that lies `number` working days after `start`; with 0 the first working day from it on."""
    day = start
    while number > 0 or not is_working_day(day):
        day += timedelta(days=1)
        if is_working_day(day):
            number -= 1
    return day


def deadline(at: datetime, days: int) -> datetime:
    """The close of business `days` working days after a moment."""
    day = add_working_days(timezone.localdate(at), days)
    return timezone.make_aware(datetime.combine(day, CLOSES))
