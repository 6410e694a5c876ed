"""Working days: Monday to Friday but for public holidays, and the weekend days worked in their stead.

`facts/holidays.csv` names the source of each line; a year that is not in it counts weekends only.
"""

import csv
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from django.utils import timezone

CLOSES = time(17, 0)


@cache
def exceptions() -> dict[date, bool]:
    """Days that are other than their weekday says: whether they are worked."""
    found = {}
    with (Path(__file__).parent / "facts/holidays.csv").open(encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            first, last = date.fromisoformat(line["first"]), date.fromisoformat(line["last"])
            days = range((last - first).days + 1)
            found.update({first + timedelta(days=day): line["kind"] == "work" for day in days})
    return found


def is_working_day(day: date) -> bool:
    return exceptions().get(day, day.weekday() < 5)


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
