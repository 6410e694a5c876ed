"""Journalling what is no change of a row: signing in, exporting, looking."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from wutong.kernel.audit.chain import append
from wutong.kernel.policy import Actor


def journal(actor: Actor, action: str, subject: Any, *, at: datetime | None = None, **facts: Any) -> None:
    with transaction.atomic():
        append(actor, action, subject, changes=facts, at=at or timezone.now())
