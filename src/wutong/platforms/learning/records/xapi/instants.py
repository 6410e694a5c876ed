"""A timestamp of the standard as a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from wutong.platforms.learning.records.xapi.atoms import INSTANT
from wutong.platforms.learning.records.xapi.refusal import Refused


def parsed(text: str) -> datetime:
    """What `atoms.instant` let pass. Without an offset it is taken for UTC; a leap second for the next one."""
    found = INSTANT.fullmatch(text)
    if found is None:
        raise Refused("must be an ISO 8601 timestamp")
    year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
    fraction = text[found.end(6) : found.start(7) if sign else len(text)].strip("Zz.,") if second else ""
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
    try:
        local = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=timezone(offset))
        exact = timedelta(seconds=int(second or 0), microseconds=int(f"{fraction[:6]:0<6}"))
        return (local + exact).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused("must be a moment between the years 1 and 9999") from None
