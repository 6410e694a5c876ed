"""The way of an application, walked state by state: each move by the right person, each wrong one refused."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from wutong.kernel.errors import Conflict, NotAllowed
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import Actor
from wutong.kernel.process.engine import take
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.enrolment import machine
from wutong.platforms.governance.enrolment.actions import (
    arrival,
    choosing,
    draw,
    placement,
    registration,
    verification,
)
from wutong.platforms.governance.enrolment.models import Application, Deferral, Document, Passage
from wutong.platforms.governance.enrolment.tests import scene

pytestmark = pytest.mark.django_db(databases="__all__")
APPLYING = scene.APPLYING


def test_the_machine_is_whole():
    assert machine.reached() == set(machine.STATES)
    assert {name for name, state in machine.STATES.items() if not machine.moves_from(name)} == {
        name for name, state in machine.STATES.items() if state.settled
    }


def guardian(row: Application) -> Actor:
    return actor_of(row.guardian)


def decided(here: scene.Scene, row: Application, step: str, **said: Any) -> None:
    deferral = Deferral.objects.unscoped("test").select_related("case").get(application=row)
    take(here.officer, deferral.case, step=step, at=APPLYING, **said)


def lottery(here: scene.Scene, row: Application, round: str) -> None:
    held = draw.freeze(here.officer, here.window, round=round, at=scene.DRAWING)
    held = draw.draw_lots(here.officer, held, public_seed="1", public_source="x", at=scene.DRAWN)
    for name in ("甲", "乙"):
        draw.sign(here.officer, held, name=name, office="公证处", at=scene.DRAWN)
    draw.publish(here.officer, held, at=scene.DRAWN)


def placed(here: scene.Scene, row: Application, kind: str = "first") -> None:
    run = placement.place(here.officer, here.window, kind=kind, at=scene.PLACING)
    placement.carry_out(run.pk, at=scene.PLACING)


def judged(here: scene.Scene, row: Application) -> None:
    for document in Document.objects.unscoped("test").filter(application=row):
        verification.judge_document(
            here.officer, row, document=document, good=True, comment="", at=scene.PLACING
        )
    verification.pass_onsite(here.officer, row, at=scene.PLACING)


Doing = Callable[[scene.Scene, Application], object]
# Each move as people make it. Its test begins where `WAYS` leads.
DOING: dict[str, Doing] = {
    "confirm": lambda here, row: registration.confirm(guardian(row), row, at=scene.REGISTERING),
    "reopen": lambda here, row: registration.reopen(here.officer, row, reason="地址写错", at=APPLYING),
    "withdraw": lambda here, row: registration.withdraw(guardian(row), row, at=APPLYING),
    "cancel": lambda here, row: registration.cancel(here.officer, row, reason="迁出", at=APPLYING),
    "choose_public": lambda here, row: choosing.choose_public(guardian(row), row, at=APPLYING),
    "choose_private": lambda here, row: choosing.choose_private(
        guardian(row), row, first=here.plans["aiju"], transfer=here.plans["second"], at=APPLYING
    ),
    "ask_deferral": lambda here, row: choosing.ask_deferral(guardian(row), row, reason="病", at=APPLYING),
    "defer": lambda here, row: decided(here, row, "grant"),
    "refuse_deferral": lambda here, row: decided(here, row, "refuse", comment="不符合"),
    "ask_special": lambda here, row: choosing.ask_special(guardian(row), row, needs="听障", at=APPLYING),
    "settle_special": lambda here, row: placement.settle_special(
        here.officer, row, plan=here.plans["gaoan"], how="随班就读", at=APPLYING
    ),
    "pass_check": lambda here, row: verification.check_all(here.officer, here.window, at=scene.PLACING),
    "call_onsite": lambda here, row: verification.check_all(here.officer, here.window, at=scene.PLACING),
    "return": lambda here, row: verification.send_back(here.officer, row, reason="缺产证", at=APPLYING),
    "supplement": lambda here, row: verification.supplement(guardian(row), row, at=APPLYING),
    "fail": lambda here, row: verification.fail(here.officer, row, reason="不住在这里", at=APPLYING),
    "place": lambda here, row: placed(here, row),
    "pass_over": lambda here, row: placed(here, row),
    "coordinate": lambda here, row: placement.coordinate(
        here.officer, row, plan=here.plans["xiangyang"], at=scene.SECOND
    ),
    "admit": lambda here, row: lottery(here, row, "first"),
    "to_transfer": lambda here, row: lottery(here, row, "first"),
    "to_public": lambda here, row: lottery(here, row, "transfer"),
    "notify": lambda here, row: arrival.tell(here.officer, here.window, at=scene.SECOND),
    "arrive": lambda here, row: arrival.arrive(here.clerk, row, at=scene.FIRST_DAY),
    "miss": lambda here, row: arrival.miss(here.clerk, row, at=scene.FIRST_DAY),
    "give_up": lambda here, row: choosing.give_up(guardian(row), row, reason="随父母去杭州", at=scene.SECOND),
    "record_destination": lambda here, row: placement.record_destination(
        here.officer, row, destination="浙江杭州", at=scene.SECOND
    ),
}
# State to the moves that lead there from a fresh draft, and what the district must be like for it.
WAYS: dict[str, tuple[str, ...]] = {
    "draft": (),
    "confirmed": ("confirm",),
    "checking": ("confirm", "choose_public"),
    "onsite": ("confirm", "choose_public", "call_onsite"),
    "returned": ("confirm", "choose_public", "call_onsite", "return"),
    "failed": ("confirm", "choose_public", "call_onsite", "fail"),
    "checked": ("confirm", "choose_public", "pass_check"),
    "overflow": ("confirm", "choose_public", "pass_check", "pass_over"),
    "applied": ("confirm", "choose_private"),
    "transfer": ("confirm", "choose_private", "to_transfer"),
    "placed": ("confirm", "choose_public", "pass_check", "place"),
    "notified": ("confirm", "choose_public", "pass_check", "place", "notify"),
    "absent": ("confirm", "choose_public", "pass_check", "place", "notify", "miss"),
    "arrived": ("confirm", "choose_public", "pass_check", "place", "notify", "arrive"),
    "given_up": ("confirm", "choose_public", "pass_check", "place", "notify", "give_up"),
    "deferring": ("confirm", "ask_deferral"),
    "deferred": ("confirm", "ask_deferral", "defer"),
    "special": ("confirm", "ask_special"),
    "elsewhere": ("confirm", "record_destination"),
    "withdrawn": ("withdraw",),
}
PAPERLESS = {"onsite", "returned", "failed"}
FULL = {"overflow"}
NO_LUCK = {"transfer", "to_transfer", "to_public"}


def start(town: Town, *needs: str) -> tuple[scene.Scene, Application]:
    """A district in which these states or moves can be come by."""
    seats = (0 if FULL & set(needs) or "pass_over" in needs else 2, 2, 0 if NO_LUCK & set(needs) else 1)
    here = scene.opened(town, seats=seats, second=0 if "to_public" in needs else 1)
    family = scene.family(1, papers=not (PAPERLESS | {"call_onsite"}) & set(needs))
    row = registration.register(family.actor, family.child, window=here.window, at=scene.REGISTERING)
    registration.fill(family.actor, row, parts=scene.sheet(family), at=scene.REGISTERING)
    return here, row


def walk(here: scene.Scene, row: Application, moves: tuple[str, ...]) -> Application:
    for name in moves:
        DOING[name](here, scene.fresh(row))
    return scene.fresh(row)


def test_every_state_is_described_a_way_to():
    assert set(WAYS) == set(machine.STATES)
    assert set(DOING) == set(machine.MOVES)


@pytest.mark.parametrize("state", machine.STATES)
def test_every_state_is_come_to_by_what_people_do(small_town: Town, state: str):
    here, row = start(small_town, state)
    row = walk(here, row, WAYS[state])
    assert row.state == state
    told = Passage.objects.unscoped("test").filter(application=row).values_list("move", flat=True)
    assert list(told) == ["register", *WAYS[state]]


LEGAL = sorted((source, move.name) for move in machine.MOVES.values() for source in move.source)
# A public child is admitted to a freed private seat only after a draw: `test_draw.py` does that.
ELSEWHERE = {(source, "admit") for source in ("checking", "onsite", "checked", "transfer")}


@pytest.mark.parametrize(("source", "name"), [pair for pair in LEGAL if pair not in ELSEWHERE])
def test_every_move_leads_where_it_says(small_town: Town, source: str, name: str):
    here, row = start(small_town, source, name)
    row = walk(here, row, WAYS[source])
    if name == "pass_check" and source in ("onsite", "failed"):
        judged(here, row)
    elif name == "to_public" and source == "applied":
        row.wishes.unscoped("test").filter(kind="transfer").delete()
        lottery(here, row, "first")
    else:
        DOING[name](here, row)
    assert scene.fresh(row).state == machine.MOVES[name].target


BY_HAND = [
    name for name, move in machine.MOVES.items()
    if move.by != "run" and name not in ("notify", "pass_check", "call_onsite", "defer", "refuse_deferral")
]  # fmt: skip
ILLEGAL = sorted(
    (state, name) for state in machine.STATES for name in BY_HAND if state not in machine.MOVES[name].source
)


@pytest.mark.parametrize("state", machine.STATES)
def test_no_other_move_is_taken(small_town: Town, state: str):
    """Whoever asks for it: nothing moves, nothing is told."""
    here, row = start(small_town, state)
    row = walk(here, row, WAYS[state])
    passages = Passage.objects.unscoped("test").filter(application=row).count()
    for name in [name for where, name in ILLEGAL if where == state]:
        with pytest.raises((Conflict, NotAllowed)):
            DOING[name](here, scene.fresh(row))
        assert (name, scene.fresh(row).state) == (name, state)
    assert Passage.objects.unscoped("test").filter(application=row).count() == passages


WRONG = {"guardian": "stranger", "district": "other_officer", "school": "other_clerk"}


@pytest.mark.parametrize("name", BY_HAND)
def test_nobody_else_makes_a_move(small_town: Town, name: str):
    move = machine.MOVES[name]
    here, row = start(small_town, move.source[0], name)
    row = walk(here, row, WAYS[move.source[0]])
    stranger = small_town.actor(WRONG[move.by])
    scene_of_stranger = scene.Scene(small_town, here.window, here.plans)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scene.Scene, "officer", property(lambda _: stranger))
        patch.setattr(scene.Scene, "clerk", property(lambda _: stranger))
        if move.by == "guardian":
            patch.setitem(globals(), "guardian", lambda _: stranger)
        with pytest.raises(NotAllowed):
            DOING[name](scene_of_stranger, row)
    assert scene.fresh(row).state == row.state


def test_after_closing_a_wish_is_refused_in_one_sentence(small_town: Town):
    here, row = start(small_town)
    row = walk(here, row, ("confirm",))
    late = scene.CALENDAR.apply_closes + timedelta(seconds=1)
    with pytest.raises(Conflict) as refusal:
        choosing.choose_public(guardian(row), row, at=late)
    assert str(refusal.value) == "报名已于 2027-05-08 09:00 截止，不能再提交或更改。"
    assert scene.fresh(row).state == "confirmed"
