"""Announced with the change or not at all; received at least once, with one effect."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from wutong.kernel.audit.request import current_request_id, set_request_id
from wutong.kernel.codes.models import CodeSet
from wutong.kernel.event import Event, emit
from wutong.kernel.event.delivery import KEEP, MOST_ATTEMPTS, deliver_waiting, forget_delivered
from wutong.kernel.event.models import OutboxEvent, Receipt
from wutong.kernel.module import REGISTRY, Module, Receiver

pytestmark = pytest.mark.django_db(databases="__all__")
AT = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class BellRung(Event):
    tower: str
    times: tuple[int, ...] = ()


class Killed(BaseException):
    """What a process that is killed looks like to the code that runs in it."""


def effect(name: str) -> None:
    """Some row, written by a receiver: which table it is does not matter here."""
    CodeSet.objects.create(name=name, title=name, version=str(CodeSet.objects.count()), valid_from=AT.date())


def effects() -> list[str]:
    return list(CodeSet.objects.order_by("pk").values_list("name", flat=True))


def write(event: BellRung, event_id: int) -> None:
    effect(f"write-{event.tower}")


def write_too(event: BellRung, event_id: int) -> None:
    effect(f"too-{event.tower}")


def fail(event: BellRung, event_id: int) -> None:
    effect("failed")
    raise ZeroDivisionError


def die(event: BellRung, event_id: int) -> None:
    effect("died")
    raise Killed


@pytest.fixture
def receiving(monkeypatch):
    def use(*functions):
        receivers = tuple(Receiver(BellRung, each) for each in functions)
        monkeypatch.setattr(REGISTRY, "_modules", (Module("bells", "钟", "bells", receivers=receivers),))

    OutboxEvent.objects.all().delete()
    return use


def ring(tower="north") -> OutboxEvent:
    with transaction.atomic():
        emit(BellRung(tower, (1, 2)))
    return OutboxEvent.objects.latest("pk")


def test_an_event_has_a_name_with_its_version_and_comes_back_as_it_was():
    assert BellRung.name() == "tests.bell_rung.v1"
    event = BellRung("north", (1, 2))
    assert BellRung.from_payload(event.payload()) == event


def test_what_is_rolled_back_was_never_announced(receiving):
    receiving(write)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        emit(BellRung("north"))
        raise ZeroDivisionError
    assert (OutboxEvent.objects.count(), deliver_waiting(AT), effects()) == (0, 0, [])


def test_each_receiver_hears_of_it_once(receiving):
    receiving(write, write_too)
    event = ring()
    assert (deliver_waiting(AT), deliver_waiting(AT)) == (1, 0)
    assert effects() == ["write-north", "too-north"]
    event.refresh_from_db()
    assert (event.delivered, event.attempts, event.problem) == (AT, 1, "")


def test_a_second_delivery_has_no_second_effect(receiving):
    """The worker died after the effect and before it could say so."""
    receiving(write)
    event = ring()
    deliver_waiting(AT)
    OutboxEvent.objects.filter(pk=event.pk).update(delivered=None)
    assert deliver_waiting(AT + timedelta(hours=1)) == 1
    assert (effects(), Receipt.objects.count()) == (["write-north"], 1)


def test_a_failing_receiver_holds_up_nobody_and_is_tried_again_later(receiving):
    receiving(fail, write)
    event = ring()
    assert deliver_waiting(AT) == 1
    assert effects() == ["write-north"]
    event.refresh_from_db()
    assert event.problem == f"{__name__}.fail: ZeroDivisionError"
    assert (event.delivered, event.available) == (None, AT + timedelta(seconds=2))
    assert deliver_waiting(AT + timedelta(seconds=1)) == 0
    assert deliver_waiting(AT + timedelta(seconds=2)) == 1
    event.refresh_from_db()
    assert (event.attempts, event.available) == (2, AT + timedelta(seconds=6))
    assert effects() == ["write-north"]


def test_a_receiver_that_recovers_is_heard_of_no_more(receiving):
    receiving(fail, write)
    event = ring()
    deliver_waiting(AT)
    receiving(write_too, write)
    deliver_waiting(AT + timedelta(minutes=1))
    event.refresh_from_db()
    assert (event.problem, event.delivered) == ("", AT + timedelta(minutes=1))
    assert effects() == ["write-north", "too-north"]


def test_an_event_is_not_tried_for_ever(receiving):
    receiving(fail)
    event = ring()
    for hour in range(2 * MOST_ATTEMPTS):
        deliver_waiting(AT + timedelta(hours=hour))
    event.refresh_from_db()
    assert (event.attempts, event.problem != "") == (MOST_ATTEMPTS, True)
    assert event.delivered is not None


def test_a_kill_in_the_middle_undoes_the_effect_and_leaves_the_event(receiving):
    receiving(write, die)
    event = ring()
    with pytest.raises(Killed):
        deliver_waiting(AT)
    event.refresh_from_db()
    assert (effects(), event.delivered, event.attempts) == ([], None, 0)
    receiving(write)
    assert (deliver_waiting(AT), effects()) == (1, ["write-north"])


def test_an_event_that_nobody_wants_is_done_with(receiving):
    receiving()
    assert (ring().delivered, deliver_waiting(AT)) == (None, 1)
    assert OutboxEvent.objects.get().delivered == AT


def test_events_arrive_in_their_order_with_the_request_they_came_from(receiving):
    heard = []
    receiving(lambda event, event_id: heard.append((event.tower, current_request_id())))
    for tower in ("north", "south"):
        set_request_id(f"request-{tower}")
        ring(tower)
    set_request_id("")
    deliver_waiting(AT)
    assert heard == [("north", "request-north"), ("south", "request-south")]


def test_what_was_delivered_is_forgotten_after_a_while_and_failures_are_kept(receiving):
    receiving(write)
    done, failed = ring(), ring("south")
    deliver_waiting(AT)
    OutboxEvent.objects.filter(pk=failed.pk).update(problem="x")
    assert forget_delivered(AT + KEEP) == 0
    forget_delivered(AT + KEEP + timedelta(seconds=1))
    assert list(OutboxEvent.objects.values_list("pk", flat=True)) == [failed.pk]
    assert done.pk != failed.pk


def test_what_was_never_tried_does_not_wait_for_a_clock_that_was_put_back(receiving):
    receiving(write)
    event = ring()
    assert deliver_waiting(event.created - timedelta(hours=1)) == 1
    assert effects() == ["write-north"]
