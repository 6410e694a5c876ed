"""What must be true of every child and every plan, whatever the district and whatever happens to it."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.people import actions as people
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.enrolment import queries, seating
from wutong.platforms.governance.enrolment.actions import (
    arrival,
    choosing,
    placement,
    registration,
    verification,
)
from wutong.platforms.governance.enrolment.actions import window as windows
from wutong.platforms.governance.enrolment.machine import STATES
from wutong.platforms.governance.enrolment.models import Application, PlacementRun, Plan, Seat
from wutong.platforms.governance.enrolment.receivers import unite
from wutong.platforms.governance.enrolment.tests import scene
from wutong.platforms.governance.enrolment.tests.test_machine import lottery

pytestmark = pytest.mark.django_db(databases="__all__")
WHY = "test"


def seats() -> list[Seat]:
    return list(Seat.objects.unscoped(WHY).filter(released=None).select_related("plan"))


def all_is_well(here: scene.Scene) -> None:
    """The three invariants, asked of the tables."""
    live = seats()
    assert max(Counter(seat.child_id for seat in live).values(), default=0) <= 1
    held = Counter(seat.plan_id for seat in live)
    for plan in Plan.objects.unscoped(WHY).filter(window=here.window):
        assert (plan.pk, plan.taken) == (plan.pk, held[plan.pk])
        assert plan.taken <= plan.total
    for row in Application.objects.unscoped(WHY).filter(window=here.window):
        assert (row.state, STATES[row.state].seated) == (
            row.state,
            row.pk in {seat.application_id for seat in live},
        )


FAMILY = st.tuples(
    st.sampled_from(["高安路", "向阳路", "无名路"]), st.sampled_from(["public", "private", "none"])
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    families=st.lists(FAMILY, min_size=1, max_size=6),
    size=st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 2)),
    leaving=st.integers(0, 5),
)
def test_whatever_the_district_every_child_is_accounted_for(
    small_town: Town, families: list[tuple[str, str]], size: tuple[int, int, int], leaving: int
):
    with transaction.atomic():
        here = scene.opened(small_town, seats=(size[0], max(size[1], 1), size[2]))
        rows = [_come(here, n, road, side) for n, (road, side) in enumerate(families, 1)]
        _through_the_year(here, rows)
        all_is_well(here)
        told = [row for row in map(scene.fresh, rows) if row.state == "notified"]
        if told:
            row = told[leaving % len(told)]
            choosing.give_up(registration_of(row), row, reason="随迁", at=scene.SECOND)
            all_is_well(here)
        settled = {
            row.pk for row in map(scene.fresh, rows) if row.state in (*queries.SEATED, *queries.SETTLED)
        }
        left = set(queries.without_seat(here.window).values_list("pk", flat=True))
        assert settled | left == {row.pk for row in rows}
        assert settled & left == set()
        transaction.set_rollback(True)


def registration_of(row: Application):
    from wutong.kernel.people.queries import actor_of  # noqa: PLC0415

    return actor_of(row.guardian)


def _come(here: scene.Scene, n: int, road: str, side: str) -> Application:
    family = scene.family(n, road=road)
    return scene.confirmed(here, family) if side == "none" else scene.applied(here, family, side)


def _through_the_year(here: scene.Scene, rows: list[Application]) -> None:
    if any(scene.fresh(row).state == "applied" for row in rows):
        lottery(here, rows[0], "first")
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    for kind in ("first", "second", "coordination"):
        try:
            run = placement.place(here.officer, here.window, kind=kind, at=scene.PLACING)
        except Conflict:
            continue
        placement.carry_out(run.pk, at=scene.PLACING)
    arrival.tell(here.officer, here.window, at=scene.SECOND)


def test_the_table_refuses_a_second_seat_and_a_seat_too_many(small_town: Town):
    """Not only the verbs: whoever writes past them is stopped by the database."""
    here = scene.opened(small_town, seats=(1, 1, 1))
    row = scene.applied(here, scene.family(1))
    values = {
        "application": row,
        "child_id": row.child_id,
        "year": row.year,
        "kind": "catchment",
        "at": scene.PLACING,
    }
    Seat.objects.create(plan=here.plans["gaoan"], **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Seat.objects.create(plan=here.plans["xiangyang"], **values)
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.unscoped(WHY).filter(pk=here.plans["gaoan"].pk).update(taken=2)
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.create(
            window=here.window, year=row.year, stage="primary", child_id=row.child_id, guardian_id=row.guardian_id,
            at=scene.OPENS,
        )  # fmt: skip


def test_seats_beyond_the_plan_are_refused_whole(small_town: Town):
    here = scene.opened(small_town, seats=(1, 1, 1))
    rows = [scene.applied(here, scene.family(n)) for n in (1, 2)]
    with pytest.raises(Conflict) as refusal, transaction.atomic():
        seating.seat_all([(row, here.plans["gaoan"].pk) for row in rows], kind="catchment", at=scene.PLACING)
    assert str(refusal.value) == "“高安路第一小学”只剩 1 个学位，不能再录取 2 人。"
    assert seats() == []


def test_a_plan_is_not_cut_below_what_is_given_nor_after_the_list_is_frozen(small_town: Town):
    here = scene.opened(small_town)
    row = scene.applied(here, scene.family(1), "private")
    lottery(here, row, "first")
    plan = Plan.objects.unscoped(WHY).get(pk=here.plans["aiju"].pk)
    with pytest.raises(Conflict, match="已录取 1 人，计划不能减到 0 人。"):
        windows.save_plan(here.officer, plan.school, window=here.window, plan=plan, seats=0, at=scene.PLACING)
    windows.save_plan(here.officer, plan.school, window=here.window, plan=plan, seats=5, at=scene.PLACING)
    with pytest.raises(Conflict, match="摇号名单已经冻结，公布的计划数不能再减。"):
        windows.save_plan(here.officer, plan.school, window=here.window, plan=plan, seats=2, at=scene.PLACING)


def test_one_child_under_two_numbers_keeps_one_application_and_one_seat(small_town: Town):
    """Registered by mother and, under a passport, by father; both placed before anybody noticed."""
    here = scene.opened(small_town, seats=(2, 2, 1))
    first, second = scene.family(1), scene.family(2)
    rows = [scene.applied(here, family) for family in (first, second)]
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    run = placement.place(here.officer, here.window, kind="first", at=scene.PLACING)
    placement.carry_out(run.pk, at=scene.PLACING)
    assert len(seats()) == 2

    people.merge_persons(SYSTEM, first.child, loser=second.child, reason="同一人", at=scene.PLACING)
    unite(SYSTEM, first.child, loser_id=second.child.pk, at=scene.PLACING)
    assert [(seat.child_id, seat.application_id) for seat in seats()] == [(first.child.pk, rows[0].pk)]
    states = [scene.fresh(row).state for row in rows]
    assert states == ["placed", "withdrawn"]
    assert Plan.objects.unscoped(WHY).get(pk=here.plans["gaoan"].pk).taken == 1
    all_is_well(here)
    unite(SYSTEM, first.child, loser_id=second.child.pk, at=scene.PLACING)
    assert len(seats()) == 1


@pytest.mark.parametrize(("road", "schools"), [("无名路", 0), ("高安路", 1), ("双管路", 2)])
def test_an_address_in_no_one_or_two_catchments(small_town: Town, road: str, schools: int):
    here = scene.district(small_town)
    for school in ("gaoan", "xiangyang"):
        scene.stretch(small_town, here.window, school, road="双管路")
    windows.publish(here.officer, here.window, at=scene.OPENS - timedelta(days=1))
    here.window.refresh_from_db()
    family = scene.family(1, road=road)
    row = scene.confirmed(here, family)
    wanted = small_town.place("xiangyang").pk if schools == 2 else None
    choosing.choose_public(family.actor, row, school=wanted, at=scene.APPLYING)
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    row = scene.fresh(row)
    assert len(row.facts["schools"]) == schools
    run = placement.place(here.officer, here.window, kind="first", at=scene.PLACING)
    placement.carry_out(run.pk, at=scene.PLACING)
    placed = {seat.plan.school_id for seat in seats()}
    assert placed == ({small_town.place("gaoan").pk} if schools == 1 else {wanted} if wanted else set())
    assert scene.fresh(row).state == ("overflow" if schools == 0 else "placed")


def test_killed_between_two_pieces_it_goes_on_with_the_same_result(small_town: Town, monkeypatch):
    """The result stands before the first seat is written; what is begun again writes the rest of it."""
    here = scene.opened(small_town, seats=(3, 2, 1))
    for n in range(1, 6):
        scene.applied(here, scene.family(n))
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    run = placement.place(here.officer, here.window, kind="first", at=scene.PLACING)
    monkeypatch.setattr(placement, "CHUNK", 2)
    assert placement.write_lines(SYSTEM, run, at=scene.PLACING) == 2
    half = {seat.application_id: seat.plan_id for seat in seats()}
    assert len(half) == 2
    with pytest.raises(Conflict, match="录取结果正在写入"):
        placement.place(here.officer, here.window, kind="second", at=scene.PLACING)
    with pytest.raises(Conflict, match="录取结果正在写入"):
        arrival.tell(here.officer, here.window, at=scene.PLACING)

    placement.carry_out(run.pk, at=scene.SECOND)
    placement.carry_out(run.pk, at=scene.SECOND)
    run = PlacementRun.objects.unscoped(WHY).get(pk=run.pk)
    lines = {line.application_id: line.plan_id for line in run.lines.unscoped(WHY) if line.plan_id}
    assert {seat.application_id: seat.plan_id for seat in seats()} == lines
    assert half.items() <= lines.items()
    assert (run.state, run.lines_done, run.lines_total) == ("done", 5, 5)
    all_is_well(here)


def test_a_window_does_not_end_while_a_child_is_left(small_town: Town):
    here = scene.opened(small_town)
    row = scene.confirmed(here, scene.family(1))
    with pytest.raises(Conflict, match="还有 1 个孩子没有着落，不能结束。"):
        windows.close(here.officer, here.window, at=scene.SECOND)
    placement.record_destination(here.officer, row, destination="随父母去苏州", at=scene.SECOND)
    assert windows.close(here.officer, here.window, at=scene.SECOND).state == "closed"


def test_children_who_never_registered_are_on_the_list(small_town: Town):
    here = scene.opened(small_town)
    for n, where in enumerate(("first", "island_first"), 50):
        child = scene.family(n).child
        people.join(
            SYSTEM, small_town.place(where), person=child, role="pupil", valid_from=scene.BORN, at=scene.OPENS
        )
    missing = queries.unregistered(here.window, scene.REGISTERING.date())
    assert [child.name for child in missing] == ["孩子50"]


def test_contradictions_are_named_and_stop_the_publication(small_town: Town):
    rules = scene.rules(
        classes=("incomplete", "owner", "separated", "collective"),
        born_from=scene.BORN,
        comparators=("lineal", "lineal"),
    )
    here = scene.district(small_town, rules=rules)
    scene.stretch(small_town, here.window, "aiju", road="安福路")
    with pytest.raises(Invalid) as refusal:
        windows.publish(here.officer, here.window, at=scene.OPENS)
    assert [str(sentence) for sentence in refusal.value.fields.values()] == [
        "适龄儿童的出生日期应当正好是一年，例如 9 月 1 日至次年 8 月 31 日。",
        "“同类排序”里有重复或不认识的一项。",
        "“入学顺序”缺少“随迁子女”，这一类孩子无处可排。",
        "“爱菊小学”有对口地段，却没有公办招生计划。",
    ]
    here.window.refresh_from_db()
    assert here.window.state == "draft"


def test_what_is_published_stands_still(small_town: Town):
    here = scene.opened(small_town)
    with pytest.raises(Conflict, match="规则已经公布并冻结，今年不能再改。"):
        windows.save_rules(here.officer, here.window, rules=scene.rules(insurance_months=1), at=scene.OPENS)
    with pytest.raises(Conflict):
        scene.stretch(small_town, here.window, "gaoan", road="新路")
    with pytest.raises(Conflict):
        windows.publish(here.officer, here.window, at=scene.OPENS)


def test_a_child_of_another_age_is_told_which_age_is_meant(small_town: Town):
    here = scene.opened(small_town)
    family = scene.family(1, born=scene.BORN.replace(year=2019))
    with pytest.raises(Invalid, match="这一批招收 2020年9月1日 至 2021年8月31日 出生的孩子。"):
        registration.register(family.actor, family.child, window=here.window, at=scene.REGISTERING)
