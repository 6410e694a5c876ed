"""Working days: Monday to Friday but for public holidays, and the weekend days worked in their stead.

`facts/holidays.csv` names the source of each line; `holidays.csv` in the data folder, of the same form, adds years that
were published later. A year that is in neither counts weekends only.
"""

import csv
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone

CLOSES = time(17, 0)


@cache
def exceptions() -> dict[date, bool]:
    """Days that are other than their weekday says: whether they are worked."""
    found = {}
    for file in (Path(__file__).parent / "facts/holidays.csv", settings.DATA_DIR / "holidays.csv"):
        for line in _lines(file) if file.exists() else ():
            first, last = date.fromisoformat(line["first"]), date.fromisoformat(line["last"])
            days = range((last - first).days + 1)
            found.update({first + timedelta(days=day): line["kind"] == "work" for day in days})
    return found


def _lines(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def unknown_years(today: date) -> list[int]:
    """This year, and from November on the next, if nobody has told us their holidays."""
    known = {day.year for day in exceptions()}
    return [year for year in (today.year, (today + timedelta(days=61)).year) if year not in known][:1]


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
