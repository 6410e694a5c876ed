"""Several workers share one outbox."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connections, transaction

from wutong.kernel.codes.models import CodeSet
from wutong.kernel.event import emit
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.event.models import OutboxEvent, Receipt
from wutong.kernel.event.tests.test_delivery import BellRung
from wutong.kernel.module import REGISTRY, Module, Receiver

EVENTS = 80


def write(event: BellRung, event_id: int) -> None:
    CodeSet.objects.create(name=event.tower, title="钟", version=str(event_id), valid_from="2026-01-01")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases="__all__")
def test_four_workers_deliver_each_event_once(monkeypatch):
    module = Module("bells", "钟", "bells", receivers=(Receiver(BellRung, write),))
    monkeypatch.setattr(REGISTRY, "_modules", (module,))
    with transaction.atomic():
        for number in range(EVENTS):
            emit(BellRung(f"tower-{number:03d}"))
    start, at = threading.Barrier(4), datetime(2100, 1, 1, tzinfo=UTC)

    def work():
        start.wait()
        while OutboxEvent.objects.filter(delivered__isnull=True).exists():
            deliver_waiting(at)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = list(CodeSet.objects.order_by("name").values_list("name", flat=True))
    assert names == [f"tower-{number:03d}" for number in range(EVENTS)]
    assert (Receipt.objects.count(), set(OutboxEvent.objects.values_list("attempts", flat=True))) == (
        EVENTS,
        {1},
    )
