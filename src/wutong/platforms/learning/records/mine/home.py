"""What the home page says of learning: one's own last entry, and the way to the children's records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from wutong.kernel.people.models import Person
from wutong.kernel.policy import Actor
from wutong.platforms.learning.records.mine import looking
from wutong.platforms.learning.records.mine.record import Filters, Record


def learning_part(actor: Actor, at: datetime) -> Mapping[str, Any] | None:
    me = Person.objects.visible_to(actor).filter(pk=actor.person_id).first()
    latest = Record(me).part(Filters(), most=1).entries if me else []
    children = looking.wards(actor, timezone.localdate(at))
    teaches = any(role.name in looking.TEACHING and role.kind == "class" for role in actor.roles)
    if not (latest or children or teaches):
        return None
    return {"latest": latest[0] if latest else None, "children": children, "teaches": teaches}
