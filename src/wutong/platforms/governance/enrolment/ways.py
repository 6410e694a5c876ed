"""What a family is told, before it applies, of the way that leads its child to a public school."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from wutong.kernel.people.models import Organisation
from wutong.platforms.governance.enrolment import priority
from wutong.platforms.governance.enrolment.catchments import catchment_map, same_home, schools_of
from wutong.platforms.governance.enrolment.models import Application
from wutong.platforms.governance.enrolment.routes import pool_for, route_for


@dataclass(frozen=True)
class Way:
    """`lead` in words; `choice` and `pool`: the schools of which one may be said, or which may be put in order."""

    lead: str
    choice: Mapping[str, str] = field(default_factory=dict)
    pool: Mapping[str, str] = field(default_factory=dict)


def way_of(found: Application) -> Way:
    if pool := names_of(pool_for(found)):
        lead = _("孩子的小学参加电脑派位，可能去：%(schools)s。可以排出先后，也可以不填。")
        return Way(lead % {"schools": "、".join(pool.values())}, pool=pool)
    route = route_for(found, found.window)
    if route and route.mode in ("feeder", "through"):
        own = names_of([int(route.school)])
        return Way(_("根据孩子的小学，对口学校是：%(schools)s。") % {"schools": "、".join(own.values())})
    schools = matching(found)
    if not schools:
        return Way(_("登记的地址没有对口学校，将由区里统筹安排。"))
    return Way(
        _("根据登记的地址，对口学校是：%(schools)s。") % {"schools": "、".join(schools.values())}, schools
    )


def names_of(keys: Sequence[int]) -> dict[str, str]:
    """Key to name, in the order given."""
    rows = Organisation.objects.unscoped("names of schools are public").in_bulk(list(keys))
    return {str(key): str(rows[key]) for key in keys if key in rows}


def matching(found: Application) -> dict[str, str]:
    """Key to name of the schools of the address that would decide if all papers are right."""
    rules, said = found.window.rules, found.sheet
    homes = (said.get("household", {}).get("address", ""), said.get("home", {}).get("address", ""))
    named = priority.class_of(said, rules, same_address=same_home(*homes, found.window), complete=True)
    address = priority.entry_address(said, rules, named)
    return names_of(sorted(schools_of(catchment_map(found.window), address, found.window)))
