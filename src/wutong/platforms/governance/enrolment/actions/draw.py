"""电脑随机录取: the list is frozen, the seed committed, the lots drawn, witnessed, published, in this order only."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create, note
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.people.keyring import keyring
from wutong.kernel.policy import Actor
from wutong.platforms.governance.admission.api import Drawn, successions
from wutong.platforms.governance.enrolment import lists, passage, seating
from wutong.platforms.governance.enrolment.models import (
    Application,
    Draw,
    DrawEntry,
    Plan,
    Seat,
    Window,
    Wish,
    Witness,
)
from wutong.platforms.governance.enrolment.phases import moment
from wutong.platforms.governance.enrolment.routes import route_for
from wutong.platforms.governance.enrolment.rules import runs_enrolment
from wutong.platforms.governance.enrolment.writing import write_each

CONTEXT = "enrolment.city_seed"
WHY = "the lists of one window"
State = Draw.State
LEAST_WITNESSES = 2


@action("enrolment.freeze_draw", title=_("冻结摇号名单"), allow=runs_enrolment)
def freeze(actor: Actor, window: Window, *, round: str, at: datetime, rehearsal: bool = False) -> Draw:
    """Fixes the list and commits to a seed nobody has seen; both digests are public from here on.

    A rehearsal may be held at any time, and as often as wanted.
    """
    if not rehearsal and at < window.rules.calendar.apply_closes:
        raise Conflict(
            _("报名 {when} 才截止，名单还不能冻结。").format(when=moment(window.rules.calendar.apply_closes))
        )
    if not rehearsal and _real(window, round):
        raise Conflict(_("这一轮的名单已经冻结。"))
    entries = _entries(window, round)
    if not entries:
        raise Conflict(_("这一轮没有人报名，不需要摇号。"))
    seed = secrets.token_hex(32)
    algorithm = window.rules.hash
    draw = create(
        Draw(
            window=window, round=round, rehearsal=rehearsal, algorithm=algorithm, frozen=at,
            commit=lists.digest_of(seed, algorithm), sealed_seed=keyring().seal(seed, CONTEXT),
            seats=_seats(window, entries), pool_seats=_pool_seats(window) if round == Draw.Round.POOL else {},
        )
    )  # fmt: skip
    for entry in entries:
        entry.draw = draw
    DrawEntry.objects.bulk_create(entries, batch_size=passage.CHUNK)
    note(applications=len(entries))
    return change(draw, announced=lists.announced(draw, lists.entries_of(draw)))


def _real(window: Window, round: str) -> bool:
    rows = Draw.objects.unscoped(WHY).filter(window=window, round=round, rehearsal=False)
    return rows.exists()


def _entries(window: Window, round: str) -> list[DrawEntry]:
    if round == Draw.Round.POOL:
        return _pool_entries(window)
    state = "applied" if round == Draw.Round.FIRST else "transfer"
    rows = Wish.objects.unscoped(WHY).filter(kind=round, application__window=window, application__state=state)
    found = rows.select_related("application", "plan__school").order_by("application")
    return [
        DrawEntry(
            application=wish.application,
            plan=wish.plan,
            list=wish.plan.list_name,
            group=_group(wish.application),
        )
        for wish in found
    ]


def _group(application: Application) -> int | None:
    return application.twins if application.twins_together else None


def _pool_entries(window: Window) -> list[DrawEntry]:
    rows = (
        Application.objects.unscoped(WHY).filter(window=window, state="checked", side="public").order_by("pk")
    )
    routes = ((row, route_for(row, window)) for row in rows)
    return [DrawEntry(application=row, list=route.pool) for row, route in routes if route and route.pool]


def _seats(window: Window, entries: list[DrawEntry]) -> dict[str, int]:
    """Of each list; a pool has the seats of its schools together."""
    found = {entry.list: entry.plan.free for entry in entries if entry.plan}
    free = _pool_seats(window)
    for pool in window.rules.pools:
        if any(entry.list == pool.name for entry in entries):
            found[pool.name] = sum(free.get(str(key), 0) for key in pool.juniors)
    return found


def _pool_seats(window: Window) -> dict[str, int]:
    plans = Plan.objects.unscoped(WHY).filter(window=window, side="public").order_by("pk")
    return {str(plan.school_id): plan.free for plan in plans}


@action("enrolment.draw", title=_("摇号"), allow=runs_enrolment)
def draw_lots(actor: Actor, draw: Draw, *, public_seed: str, public_source: str, at: datetime) -> Draw:
    """The city's seed is opened, the public one added; from both and the frozen list everything follows."""
    held = _locked(draw)
    if held.state != State.FROZEN:
        raise Conflict(_("已经摇过号，结果不能重来。"))
    if int(at.timestamp()) <= int(held.frozen.timestamp()):  # the record tells whole seconds
        raise Conflict(_("公共种子必须在名单冻结以后产生。"))
    blank = {
        name: _("请填写。")
        for name, text in (("public_seed", public_seed), ("public_source", public_source))
        if not text.strip()
    }
    if blank:
        raise Invalid(_("请写明公共种子和它的来源。"), fields=blank)
    entries = lists.entries_of(held)
    if lists.announced(held, entries) != held.announced:
        raise Conflict(_("名单与冻结时公布的校验值不符，摇号已停止，请立即联系纪检人员。"))
    seed = keyring().open(bytes(held.sealed_seed), CONTEXT)
    change(
        held, state=State.DRAWN, city_seed=seed, public_seed=public_seed.strip(),
        public_source=public_source.strip(), drawn=at,
    )  # fmt: skip
    _write_tickets(held, entries)
    return held


def _locked(draw: Draw) -> Draw:
    rows = Draw.objects.unscoped("the draw itself").select_for_update(of=("self",))
    return rows.select_related("window__district").get(pk=draw.pk)


def _write_tickets(draw: Draw, entries: list[DrawEntry]) -> None:
    by_number = {entry.application.number: entry for entry in entries}
    for result in lists.drawn(draw, entries):
        for position, number in enumerate(result.order, 1):
            by_number[number].ticket, by_number[number].position = result.tickets[number], position
        for number in result.admitted:
            by_number[number].admitted = True
    if draw.round == Draw.Round.POOL:
        _write_pool(draw, entries, by_number)
    write_each(entries, "ticket", "position", "admitted", "plan")


def _write_pool(draw: Draw, entries: list[DrawEntry], by_number: dict[str, DrawEntry]) -> None:
    rows = Plan.objects.unscoped(WHY).filter(window=draw.window_id, side="public").order_by("pk")
    plans = {str(plan.school_id): plan for plan in rows}
    for number, school in lists.pool_results(draw, entries).items():
        by_number[number].plan = plans[school] if school else None
        by_number[number].admitted = school is not None


@action("enrolment.witness", title=_("见证摇号"), allow=runs_enrolment)
def sign(actor: Actor, draw: Draw, *, name: str, office: str, at: datetime) -> Witness:
    """公证、监察 or a parents' representative puts a name to what they saw: the digest of the result."""
    held = _locked(draw)
    if held.state != State.DRAWN:
        raise Conflict(_("见证人在摇号之后、公布之前签字。"))
    if not name.strip() or not office.strip():
        raise Invalid(_("请填写见证人的姓名和身份。"))
    signed = lists.conducted(held, lists.entries_of(held)).record_digest
    return create(
        Witness(
            draw=draw, name=name.strip(), office=office.strip(), signed=signed, at=at, by_id=actor.person_id
        )
    )


@action("enrolment.publish_draw", title=_("公布摇号结果"), allow=runs_enrolment)
def publish(actor: Actor, draw: Draw, *, at: datetime) -> Draw:
    """Gives the seats and moves everybody on. A rehearsal is never published."""
    held = _locked(draw)
    if held.rehearsal:
        raise Conflict(_("这是演练，不能公布。"))
    if held.state != State.DRAWN:
        raise Conflict(_("只有摇过号、还没公布的结果可以公布。"))
    if held.witnesses.unscoped("who signed").count() < LEAST_WITNESSES:
        raise Conflict(_("至少要有两位见证人签字才能公布。"))
    entries = lists.entries_of(held)
    _raise_plans(held, entries)
    _seat(actor, held, [entry for entry in entries if entry.admitted], at)
    _move_on(actor, held, [entry for entry in entries if not entry.admitted], at)
    return change(held, state=State.PUBLISHED, published=at)


def _raise_plans(draw: Draw, entries: list[DrawEntry]) -> None:
    """Where twins may be seated over the plan, the rule is the approval: 批准增额."""
    wanted = Counter(entry.plan_id for entry in entries if entry.admitted and entry.plan_id)
    for key, plan in seating.locked_plans(wanted).items():
        if draw.window.rules.twins_short == "over_plan" and wanted[key] > plan.free:
            change(plan, extra=plan.extra + wanted[key] - plan.free)


def _seat(actor: Actor, draw: Draw, admitted: list[DrawEntry], at: datetime) -> None:
    size = Counter(entry.list for entry in lists.entries_of(draw))
    by_kind: dict[str, list[DrawEntry]] = {}
    for entry in admitted:
        by_kind.setdefault(_kind(draw, entry.list, size[entry.list]), []).append(entry)
    for kind, here in sorted(by_kind.items()):
        seated = seating.seat_all([(entry.application, entry.plan_id) for entry in here], kind=kind, at=at)
        passage.advance_all(actor, seated, "place" if kind == Seat.Kind.POOL else "admit", at=at)


def _kind(draw: Draw, name: str, size: int) -> str:
    """Where no more applied than there are seats, all are admitted and no lot decides."""
    if draw.round == Draw.Round.POOL:
        return str(Seat.Kind.POOL)
    if draw.round == Draw.Round.TRANSFER:
        return str(Seat.Kind.TRANSFER)
    return str(Seat.Kind.DIRECT if size <= draw.seats[name] else Seat.Kind.LOTTERY)


def _move_on(actor: Actor, draw: Draw, left: list[DrawEntry], at: datetime) -> None:
    """To the transfer wish if there is one, else to the second public batch, behind those who came there first."""
    if draw.round == Draw.Round.POOL:
        passage.advance_all(actor, [entry.application for entry in left], "pass_over", at=at)
        return
    wishing = set()
    if draw.round == Draw.Round.FIRST:
        rows = Wish.objects.unscoped(WHY).filter(kind=Wish.Kind.TRANSFER, application__window=draw.window_id)
        wishing = set(rows.values_list("application_id", flat=True))
    again = [entry.application for entry in left if entry.application_id in wishing]
    public = [entry.application for entry in left if entry.application_id not in wishing]
    passage.advance_all(actor, again, "to_transfer", at=at)
    passage.advance_all(actor, public, "to_public", at=at, private_first=True)


@action("enrolment.fill_freed", title=_("递补"), allow=runs_enrolment)
def fill_freed(actor: Actor, draw: Draw, *, at: datetime) -> int:
    """Seats given up go to the next tickets; who has a seat elsewhere by now is passed over. The number seated."""
    held = _locked(draw)
    if held.state != State.PUBLISHED or held.round == Draw.Round.POOL:
        raise Conflict(_("只有已公布的民办摇号结果可以递补。"))
    entries = lists.entries_of(held)
    by_number = {entry.application.number: entry for entry in entries}
    chosen: list[DrawEntry] = []
    freed = {}
    for result in lists.drawn(held, entries):
        name = result.draw.school
        freed[name], given = _next(result, by_number, held.freed.get(name, []))
        chosen += [by_number[number] for number in given]
    change(held, freed={name: numbers for name, numbers in freed.items() if numbers})
    seated = seating.seat_all(
        [(entry.application, entry.plan_id) for entry in chosen if entry.plan_id], kind=Seat.Kind.FREED, at=at
    )
    moved = passage.advance_all(actor, seated, "admit", at=at)
    note(seated=moved)
    return moved


STILL_WAITING = ("checking", "onsite", "checked", "transfer")


def _next(result: Drawn, by_number: dict[str, DrawEntry], freed: list[str]) -> tuple[list[str], list[str]]:
    """Who gave up until now, those known before first; and in the recorded order those who move up for them."""
    here = set(result.order)
    given = Seat.objects.unscoped("seats given by this list").filter(plan=by_number[result.order[0]].plan_id)
    held = {
        row.application.number: not row.released for row in given.select_related("application").order_by("pk")
    }
    gone = [
        number for number in result.order
        if not held.get(number) and number not in freed and by_number[number].application.state not in STILL_WAITING
    ]  # fmt: skip
    # Who only waited goes first: no seat is offered to those who have one elsewhere.
    freed = [*freed, *sorted(gone, key=lambda number: number in held)]
    steps = successions(
        result.order,
        result.draw.groups,
        seats=result.draw.seats,
        policy=result.draw.group_policy,
        freed=freed,
    )
    return freed, [
        number
        for step in steps
        for number in step.given
        if number in here - set(freed) and not held.get(number)
    ]
