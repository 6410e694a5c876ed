"""What the house knows of a child already, so that a family only has to correct it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import QuerySet

from wutong.kernel.people.models import Guardianship, Membership, Organisation, Person
from wutong.kernel.policy import Actor
from wutong.kernel.prepared import Prepared

WHY = "a guardian's own child"


def prefilled(actor: Actor, child: Person) -> dict[str, Any]:
    """Masked where it would be secret; the full number stays sealed with the person."""
    school = _school(child)
    return {
        "child": {
            "name": child.name,
            "sex": child.sex,
            "born": child.born.isoformat() if child.born else "",
            "number": child.shown.get("identity", ""),
            "place": str(school or ""),
            "school": school.pk if school else None,
            "guardians": _guardians(child),
        },
        "household": {"address": child.address},
        "home": {"address": child.address},
    }


def _school(child: Person) -> Organisation | None:
    """The kindergarten or primary school of today."""
    found = next(iter(_places(child.pk, date.today())), None)
    if found is None:
        return None
    return found.organisation.parent if found.organisation.kind == "class" else found.organisation


@Prepared
def _places(child: int, on: date) -> QuerySet:
    rows = Membership.objects.unscoped(WHY).on(on).filter(person=child, role="pupil")
    return rows.select_related("organisation__parent").order_by("-valid_from")[:1]


def _guardians(child: Person) -> list[dict[str, str]]:
    return [
        {"name": row.guardian.name, "relation": row.relation, "phone": row.guardian.phone}
        for row in _keepers(child.pk, date.today())
    ]


@Prepared
def _keepers(child: int, on: date) -> QuerySet:
    rows = Guardianship.objects.unscoped(WHY).on(on).filter(child=child).select_related("guardian")
    return rows.order_by("-primary", "pk")[:2]
