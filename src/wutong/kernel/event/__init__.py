"""Typed announcements through an outbox row in the same transaction, delivered at least once."""

from wutong.kernel.event.event import Event, emit

__all__ = ["Event", "emit"]
