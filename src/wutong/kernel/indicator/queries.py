"""Values as people may see them: within their scope, small cells hidden."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.functions import Length

from wutong.kernel.indicator.declare import Indicator
from wutong.kernel.indicator.models import IndicatorRun, IndicatorValue
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Organisation
from wutong.kernel.people.organisations import WIDTH
from wutong.kernel.policy import Actor, subtree

SMALL = 5


@dataclass(frozen=True)
class Reading:
    """`number` is None where nothing may be shown; `text` is what pages write."""

    path: str
    at: datetime
    number: float | None
    text: str
    base: float | None = None
    dimensions: tuple[tuple[str, Any], ...] = ()


def is_small(indicator: Indicator, value: float | None, base: float | None) -> bool:
    if not indicator.counts:
        return False
    cell = value if base is None else base
    return cell is not None and 0 < cell < SMALL


def reading(indicator: Indicator, row: IndicatorValue, hidden: bool = False) -> Reading:
    dimensions = tuple(row.dimensions.items())
    if hidden or is_small(indicator, row.value, row.base):
        return Reading(row.organisation_path, row.run.at, None, f"<{SMALL}", None, dimensions)
    number = shown_number(indicator, row.value, row.base)
    text = "—" if number is None else f"{number:,.1f}".removesuffix(".0")
    return Reading(row.organisation_path, row.run.at, number, text, row.base, dimensions)


def shown_number(indicator: Indicator, value: float | None, base: float | None) -> float | None:
    if value is None or base == 0:
        return None
    if base is None:
        return value
    return value / base * (100 if str(indicator.unit) == "%" else 1)


def last_run(name: str) -> IndicatorRun | None:
    return IndicatorRun.objects.filter(indicator=name).order_by("-at", "-pk").first()


def own_path(actor: Actor) -> str:
    """Where an actor looks first: the highest of the subtrees in sight."""
    return min(actor.sight, key=len, default="")


def latest(actor: Actor, name: str, path: str | None = None) -> Reading | None:
    """The last value for one organisation in sight, the actor's own if none is named."""
    run, indicator = last_run(name), REGISTRY.indicator(name)
    if run is None:
        return None
    rows = IndicatorValue.objects.visible_to(actor).filter(run=run, organisation_path=path or own_path(actor))
    row = next((row for row in rows.select_related("run") if not row.dimensions), None)
    return reading(indicator, row) if row else None


def series(actor: Actor, name: str, path: str, points: int = 30) -> list[Reading]:
    """The last values of one organisation in sight, the oldest first."""
    indicator = REGISTRY.indicator(name)
    rows = IndicatorValue.objects.visible_to(actor).filter(
        run__indicator=name, organisation_path=path, dimensions={}
    )
    found = list(rows.select_related("run").order_by("-run__at", "-pk")[:points])
    return [reading(indicator, row) for row in reversed(found)]


def parts(actor: Actor, name: str, path: str) -> list[Reading]:
    """The organisations directly below. One hidden alone could be worked out from the sum: a second is hidden too."""
    run, indicator = last_run(name), REGISTRY.indicator(name)
    rows = IndicatorValue.objects.visible_to(actor).filter(run=run)
    below = rows.filter(subtree(path, "organisation_path")).annotate(depth=Length("organisation_path"))
    near = below.filter(depth=len(path) + WIDTH).select_related("run").order_by("organisation_path", "pk")
    return protected(indicator, [row for row in near if not row.dimensions])


def slices(actor: Actor, name: str, path: str) -> list[Reading]:
    """One organisation by the dimensions."""
    run, indicator = last_run(name), REGISTRY.indicator(name)
    rows = IndicatorValue.objects.visible_to(actor).filter(run=run, organisation_path=path)
    return protected(indicator, [row for row in rows.select_related("run").order_by("pk") if row.dimensions])


def protected(indicator: Indicator, rows: list[IndicatorValue]) -> list[Reading]:
    small = {row.pk for row in rows if is_small(indicator, row.value, row.base)}
    if len(small) == 1:
        others = [row for row in rows if row.pk not in small and (row.base or row.value)]
        small |= {min(others, key=lambda row: row.base or row.value or 0).pk} if others else set()
    return [reading(indicator, row, row.pk in small) for row in rows]


def names_of(actor: Actor, paths: list[str]) -> dict[str, str]:
    found = Organisation.objects.visible_to(actor).filter(path__in=paths)
    return {each.path: str(each) for each in found}


def places_of(actor: Actor, paths: list[str]) -> dict[str, Organisation]:
    """Organisations in sight by their path."""
    return {each.path: each for each in Organisation.objects.visible_to(actor).filter(path__in=paths)}
