"""Taking events out of the outbox: in order, at least once, each receiver's effect once."""

import logging
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from wutong.kernel.audit.request import set_request_id
from wutong.kernel.event.models import OutboxEvent, Receipt
from wutong.kernel.module import REGISTRY, Receiver

log = logging.getLogger(__name__)
BATCH = 100
KEEP = timedelta(days=7)
MOST_ATTEMPTS = 20


def receivers() -> dict[str, list[Receiver]]:
    found: dict[str, list[Receiver]] = {}
    for receiver in REGISTRY.all("receivers"):
        found.setdefault(receiver.event.name(), []).append(receiver)
    return found


def deliver_waiting(at: datetime | None = None) -> int:
    """Delivers what is due until nothing is left; the number of events taken."""
    taken, known = 0, receivers()
    while batch := deliver_batch(known, at or timezone.now()):
        taken += batch
    return taken


def deliver_batch(known: dict[str, list[Receiver]], at: datetime) -> int:
    """One transaction per event, so that a failing receiver holds up nobody else's."""
    # What was never tried is due at once: a clock that was put back must not make it wait.
    due = Q(available__lte=at) | Q(attempts=0)
    waiting = OutboxEvent.objects.filter(due, delivered__isnull=True).order_by("pk")
    return sum(deliver(pk, known.get(name, ()), at) for pk, name in waiting.values_list("pk", "name")[:BATCH])


def deliver(pk: int, targets: list[Receiver] | tuple[()], at: datetime) -> int:
    """1 if the event was taken by this worker; another worker's lock makes it 0."""
    with transaction.atomic():
        event = _claim(pk)
        if event is None:
            return 0
        set_request_id(event.request_id)
        problems = [problem for target in targets if (problem := hand_over(event, target))]
        event.attempts += 1
        event.problem = "\n".join(problems)
        event.available = at + timedelta(seconds=min(2**event.attempts, 3600))
        if not problems or event.attempts >= MOST_ATTEMPTS:
            event.delivered = at
        event.save()
    return 1


def _claim(pk: int) -> OutboxEvent | None:
    rows = OutboxEvent.objects.filter(pk=pk, delivered__isnull=True)
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return rows.first()


def hand_over(event: OutboxEvent, target: Receiver) -> str:
    """Runs one receiver once; its own failure is undone alone and told as a sentence."""
    name = f"{target.run.__module__}.{target.run.__qualname__}"
    if Receipt.objects.filter(event=event, receiver=name).exists():
        return ""
    try:
        with transaction.atomic():
            target.run(target.event.from_payload(event.payload), event_id=event.pk)
            Receipt.objects.create(event=event, receiver=name)
    except Exception as error:  # a receiver may fail in any way; the outbox must go on
        log.exception("receiver %s failed on %s", name, event)
        return f"{name}: {type(error).__name__}"
    return ""


def forget_delivered(at: datetime) -> int:
    """Removes what was delivered long ago; failed ones stay for the operator."""
    old = OutboxEvent.objects.filter(delivered__lt=at - KEEP, problem="")
    return old.delete()[0]
