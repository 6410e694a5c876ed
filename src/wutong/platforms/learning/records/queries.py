"""Keys and where they may be given, as the pages show them."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor, subtree
from wutong.platforms.learning.records.models import KEEPERS, Key
from wutong.platforms.learning.records.store.usage import last_used

# A store for each of these; classes and rooms belong to their school's.
WITH_STORE = ("city", "district", "bureau", "school", "provider")


def keyholders(actor: Actor) -> QuerySet:
    """Organisations for whose store the actor may give keys, the highest first."""
    where = Q(pk__in=())
    for role in actor.roles:
        if role.name in KEEPERS:
            where |= subtree(role.path, "path")
    rows = Organisation.objects.unscoped("where the actor keeps records").on(timezone.localdate())
    return rows.filter(where, kind__in=WITH_STORE).select_related("parent").order_by("path")


def keys(actor: Actor) -> list[dict[str, Any]]:
    rows = list(
        Key.objects.visible_to(actor).select_related("organisation").order_by("revoked", "-created", "pk")
    )
    used = last_used(row.pk for row in rows)
    return [{"key": row, "used": used.get(row.pk)} for row in rows]
