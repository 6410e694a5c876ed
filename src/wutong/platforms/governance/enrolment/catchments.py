"""Whose school an address belongs to, asked of the core with this window's ranges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from wutong.kernel.people.models import Organisation
from wutong.platforms.governance.admission.api import (
    AdmissionError,
    Catchment,
    CatchmentMap,
    Committee,
    Estate,
    HouseNumber,
    RoadRange,
    coverage,
    read_address,
)
from wutong.platforms.governance.enrolment.models import CatchmentRange, Window


def catchment_map(window: Window) -> CatchmentMap:
    """Schools in it are keys of organisations, as text."""
    rows = CatchmentRange.objects.unscoped("the catchments of one window are public").filter(window=window)
    place = window.district.name.removesuffix("教育局")
    found = [
        Catchment(school=str(row.school_id), where=_where(row), district=place) for row in rows.order_by("pk")
    ]
    return CatchmentMap(found, year=window.year)


def _where(row: CatchmentRange) -> RoadRange | Estate | Committee:
    if not row.road:
        return Estate(row.estate) if row.estate else Committee(row.committee)
    within = HouseNumber(row.within) if row.within else None
    return RoadRange(
        road=row.road, first=row.first, last=row.last, parity=row.parity, counted=row.counted, within=within
    )


def schools_of(found: CatchmentMap, address: str, window: Window) -> tuple[int, ...]:
    """Keys of the schools whose catchments hold the address; none, one, or several.

    An address that names no district is taken for one of the window's own.
    """
    try:
        place = window.district.name.removesuffix("教育局")
        return tuple(int(key) for key in found.schools(read_address(address, district=place)))
    except AdmissionError:
        return ()


def home_of(address: str, window: Window) -> str:
    """One spelling for one home; an address that cannot be read stands for itself."""
    try:
        return read_address(address, district=window.district.name.removesuffix("教育局")).home
    except AdmissionError:
        return address.strip()


def same_home(one: str, other: str, window: Window) -> bool:
    """Whether two spellings name one home."""
    return home_of(one, window) == home_of(other, window)


@dataclass(frozen=True)
class Flaw:
    """A gap or an overlap along a road, or an address of a child in none or several, ready to be shown."""

    kind: str
    where: str
    schools: tuple[str, ...]


def report(window: Window) -> list[Flaw]:
    """What must be settled before the window opens: nothing here is wrong by itself, all of it will be asked."""
    found = coverage(catchment_map(window))
    names = _names(key for each in found for key in each.schools)
    return [Flaw(each.kind, _words(each), tuple(names[key] for key in each.schools)) for each in found]


def _names(keys: Iterable[str]) -> dict[str, str]:
    rows = Organisation.objects.unscoped("names of schools are public").filter(
        pk__in={int(key) for key in keys}
    )
    return {str(row.pk): str(row) for row in rows}


def _words(found: Any) -> str:
    row = CatchmentRange(
        road=found.road, first=found.first, last=found.last, parity=found.parity, counted=found.counted,
        within=found.within.value if found.within else None,
    )  # fmt: skip
    return row.words
