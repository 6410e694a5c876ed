"""五年一户: which homes are used at which school and by which family, for the core to weigh. Reads, writes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Min, Q, QuerySet
from django.utils import timezone

from wutong.kernel.people.models import Guardianship
from wutong.kernel.people.persons import live
from wutong.platforms.governance.admission.api import Occupancy
from wutong.platforms.governance.enrolment.catchments import home_of
from wutong.platforms.governance.enrolment.models import Seat, Window

CHUNK = 1_000


def used(window: Window) -> list[Occupancy]:
    """Homes from which a child has entered a school of the district in the years that count, this one included."""
    years = window.rules.one_child_years
    if not years:
        return []
    found = list(
        _seats(window, years).values_list(
            "plan__school", "application__facts", "application__window__year", "child"
        )
    )
    family = families(child for *_rest, child in found)
    return [
        Occupancy(
            school=str(school),
            home=home_of(facts.get("address", ""), window),
            year=year,
            family=family[child],
        )
        for school, facts, year, child in found
    ]


def _seats(window: Window, years: int) -> QuerySet:
    rows = Seat.objects.unscoped("homes used at the schools of one district").filter(released=None)
    windows = Q(application__window__district=window.district_id, application__window__stage=window.stage)
    within = Q(application__window__year__gt=window.year - years, application__window__year__lte=window.year)
    return rows.filter(windows & within, plan__side="public").order_by("pk")


def families(children: Iterable[int]) -> dict[int, str]:
    """The family of each child: brothers and sisters have it alike, whichever guardian registers them."""
    keys = sorted(set(children))
    found = {child: f"child {child}" for child in keys}
    rows = Guardianship.objects.unscoped("who belongs together").filter(live(on=timezone.localdate()))
    for start in range(0, len(keys), CHUNK):
        wards = rows.filter(child__in=keys[start : start + CHUNK]).values_list("child")
        found |= {child: str(first) for child, first in wards.annotate(Min("guardian")).order_by()}
    return found
