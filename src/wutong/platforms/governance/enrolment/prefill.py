"""What the house knows of a child already, so that a family only has to correct it."""

from __future__ import annotations

from datetime import date
from typing import Any

from wutong.kernel.people.models import Guardianship, Membership, Organisation, Person
from wutong.kernel.policy import Actor

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
    rows = Membership.objects.unscoped(WHY).on(date.today()).filter(person=child, role="pupil")
    found = rows.select_related("organisation__parent").order_by("-valid_from").first()
    if found is None:
        return None
    return found.organisation.parent if found.organisation.kind == "class" else found.organisation


def _guardians(child: Person) -> list[dict[str, str]]:
    rows = Guardianship.objects.unscoped(WHY).on(date.today()).filter(child=child).select_related("guardian")
    return [
        {"name": row.guardian.name, "relation": row.relation, "phone": row.guardian.phone}
        for row in rows.order_by("-primary", "pk")[:2]
    ]
