"""Two guardians, two officers, the last seat: all at the same moment. SQLite lets one writer in and cannot show this."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from wutong.kernel.errors import WutongError
from wutong.kernel.people.queries import actor_of
from wutong.kernel.testing.factories import guardian, prepared_town
from wutong.platforms.governance.enrolment.actions import choosing, placement, registration, verification
from wutong.platforms.governance.enrolment.models import Application, PlacementRun, Plan, Seat
from wutong.platforms.governance.enrolment.tests import scene

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, databases="__all__")]
WHY = "test"


def at_once(*deeds):
    """What each says when all begin together, each in a thread and a connection of its own."""
    barrier = Barrier(len(deeds))

    def run(deed):
        try:
            barrier.wait(timeout=30)
            deed()
        except WutongError as error:
            return error.code
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(len(deeds)) as threads:
        return sorted(threads.map(run, deeds))


def test_of_two_guardians_one_registers_the_child():
    here = scene.opened(prepared_town())
    family = scene.family(1)
    father = actor_of(guardian("父亲1", family.child, "51"))

    def registering(actor):
        return lambda: registration.register(actor, family.child, window=here.window, at=scene.REGISTERING)

    assert at_once(registering(family.actor), registering(father)) == ["conflict", "done"]
    assert Application.objects.unscoped(WHY).count() == 1


def test_a_family_that_presses_twice_applies_once():
    here = scene.opened(prepared_town())
    family = scene.family(1)
    row = scene.confirmed(here, family)

    def public():
        choosing.choose_public(family.actor, row, at=scene.APPLYING)

    def private():
        choosing.choose_private(family.actor, row, first=here.plans["aiju"], at=scene.APPLYING)

    assert at_once(public, private) == ["conflict", "done"]
    assert scene.fresh(row).side in ("public", "private")


def test_the_last_seat_is_given_once():
    here = scene.opened(prepared_town(), seats=(0, 1, 1))
    rows = [scene.applied(here, scene.family(n)) for n in (1, 2, 3)]
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    run = placement.place(here.officer, here.window, kind="first", at=scene.PLACING)
    placement.carry_out(run.pk, at=scene.PLACING)

    def giving(row):
        return lambda: placement.coordinate(here.officer, row, plan=here.plans["xiangyang"], at=scene.SECOND)

    assert at_once(*map(giving, rows)) == ["conflict", "conflict", "done"]
    assert Seat.objects.unscoped(WHY).filter(released=None).count() == 1
    assert Plan.objects.unscoped(WHY).get(pk=here.plans["xiangyang"].pk).taken == 1
    assert sorted(scene.fresh(row).state for row in rows) == ["overflow", "overflow", "placed"]


def test_of_two_officers_one_starts_the_run_and_two_workers_write_it_once():
    here = scene.opened(prepared_town(), seats=(5, 1, 1))
    for n in range(1, 5):
        scene.applied(here, scene.family(n))
    verification.check_all(here.officer, here.window, at=scene.PLACING)

    def placing():
        placement.place(here.officer, here.window, kind="first", at=scene.PLACING)

    assert at_once(placing, placing) == ["conflict", "done"]
    run = PlacementRun.objects.unscoped(WHY).get()
    at_once(*[lambda: placement.carry_out(run.pk, at=scene.PLACING)] * 2)
    run.refresh_from_db()
    assert (run.state, run.lines_done) == ("done", 4)
    assert Seat.objects.unscoped(WHY).count() == 4
