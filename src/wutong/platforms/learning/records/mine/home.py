"""The ways to a record, on the home page and on a person's: to one's own, the children's, the class's. None is read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone

from wutong.kernel.people.models import Person
from wutong.kernel.policy import Actor
from wutong.platforms.learning.records.mine import looking
from wutong.platforms.learning.records.persons import reads_record

AT_A_DESK = ("officer", "clerk", "head", "auditor", "operator", "provider")


def learning_part(actor: Actor, at: datetime) -> Mapping[str, Any] | None:
    children = looking.wards(actor, timezone.localdate(at))
    teaches = any(role.name in looking.TEACHING and role.kind == "class" for role in actor.roles)
    if actor.holds(*AT_A_DESK) and not (children or teaches):
        return None
    return {"children": children, "teaches": teaches}


def on_persons_page(actor: Actor, person: Person) -> Mapping[str, Any] | None:
    return {"learner": person} if reads_record(actor, person) else None
