"""What an event is, and how it is announced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
from django.apps import apps
from django.db import connection

from wutong.kernel.audit.request import current_request_id


@dataclass(frozen=True)
class Event:
    """Base of all events: frozen dataclasses named in the past tense.

    A change of the fields that receivers could notice is a new `VERSION`.
    """

    VERSION: ClassVar[int] = 1

    @classmethod
    def name(cls) -> str:
        """`people.PersonMerged` in version 1 is announced as `people.person_merged.v1`."""
        words = "".join(f"_{c.lower()}" if c.isupper() else c for c in cls.__name__).lstrip("_")
        return f"{cls.__module__.split('.')[-2]}.{words}.v{cls.VERSION}"

    def payload(self) -> dict[str, Any]:
        return msgspec.to_builtins(self)

    @classmethod
    def from_payload(cls, payload: dict[str, Any]) -> Event:
        return msgspec.convert(payload, cls)


def emit(event: Event) -> None:
    """Writes the outbox row. Only inside a transaction: what is rolled back was never announced."""
    if not connection.in_atomic_block:
        raise RuntimeError(f"{event.name()} was announced outside a transaction.")
    apps.get_model("event", "OutboxEvent").objects.create(
        name=event.name(), payload=event.payload(), request_id=current_request_id()
    )
