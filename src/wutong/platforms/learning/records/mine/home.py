"""What the home page says of learning: the ways to one's own record, the children's, the class's. It reads none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from wutong.kernel.policy import Actor
from wutong.platforms.learning.records.mine import looking

AT_A_DESK = ("officer", "clerk", "head", "auditor", "operator", "provider")


def learning_part(actor: Actor, at: datetime) -> Mapping[str, Any] | None:
    children = looking.wards(actor, timezone.localdate(at))
    teaches = any(role.name in looking.TEACHING and role.kind == "class" for role in actor.roles)
    if actor.holds(*AT_A_DESK) and not (children or teaches):
        return None
    return {"children": children, "teaches": teaches}
