"""公办录取: decided at once, written in pieces, told together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create, note
from wutong.kernel.errors import Conflict
from wutong.kernel.jobs.queue import ask
from wutong.kernel.policy import SYSTEM, Actor
from wutong.platforms.governance.enrolment import passage, seating
from wutong.platforms.governance.enrolment.models import (
    Application,
    PlacementLine,
    PlacementRun,
    Plan,
    Seat,
    Window,
)
from wutong.platforms.governance.enrolment.phases import unfinished
from wutong.platforms.governance.enrolment.placing import Decision, decide
from wutong.platforms.governance.enrolment.rules import runs_enrolment

JOB = "enrolment.place"
CHUNK = 500
SOURCES = {"first": ("checked",), "second": ("checked",), "coordination": ("overflow", "failed")}


@action("enrolment.place", title=_("公办录取"), allow=runs_enrolment)
def place(actor: Actor, window: Window, *, kind: str, at: datetime) -> PlacementRun:
    """Decides for everybody who waits, in one transaction; the seats are written by the job, piece by piece."""
    held = Window.objects.unscoped("one run at a time").select_for_update().get(pk=window.pk)
    if PlacementRun.objects.unscoped("one at a time").filter(window=held, state="decided").exists():
        raise Conflict(unfinished())
    decisions = decide(held, list(_waiting(held, kind)), kind)
    if not decisions:
        raise Conflict(_("没有等待录取的孩子。"))
    run = create(
        PlacementRun(window=held, kind=kind, digest=digest(decisions), lines_total=len(decisions), started=at)
    )
    lines = [
        PlacementLine(
            run=run, application_id=each.application, plan_id=each.plan, why={**each.why, "kind": each.kind}
        )
        for each in decisions
    ]
    PlacementLine.objects.bulk_create(lines, batch_size=CHUNK)
    ask(JOB, key=f"{JOB}:{run.pk}", run=run.pk)
    return run


def _waiting(window: Window, kind: str) -> Any:
    rows = Application.objects.unscoped("all who wait in one window").filter(window=window, side="public")
    private = Application.objects.unscoped("likewise").filter(window=window, private_first=True)
    return (rows | private).filter(state__in=SOURCES[kind]).order_by("pk")


def digest(decisions: list[Decision]) -> str:
    """The same for the same decisions, in whatever order they were made."""
    text = "\n".join(
        f"{each.application}|{each.plan or ''}" for each in sorted(decisions, key=lambda d: d.application)
    )
    return sha256(text.encode()).hexdigest()


def carry_out(run: int, progress: Callable[..., None] | None = None, at: datetime | None = None) -> str:
    """Job: writes the seats that were decided. Killed and begun again it goes on with what is not written yet."""
    found = (
        PlacementRun.objects.unscoped("the system's own work").select_related("window__district").get(pk=run)
    )
    at = at or timezone.now()
    while found.state == PlacementRun.State.DECIDED and write_lines(SYSTEM, found, at=at):
        found.refresh_from_db()
        if progress:
            progress(found.lines_done, found.lines_total)
    if found.state == PlacementRun.State.DECIDED:
        finish(SYSTEM, found, at=at)
    return str(found.lines_total)


@action("enrolment.write_seats", title=_("写入录取结果"), allow=runs_enrolment)
def write_lines(actor: Actor, run: PlacementRun, *, at: datetime) -> int:
    """The next few lines with their seats and moves, all of them or none; 0 when nothing is left."""
    rows = PlacementLine.objects.unscoped("lines of this run").select_for_update(of=("self",))
    lines = list(rows.filter(run=run, written=False).select_related("application").order_by("pk")[:CHUNK])
    if not lines:
        return 0
    _seat(actor, run, lines, at)
    over = [line.application for line in lines if line.plan_id is None]
    passage.advance_all(actor, over, "pass_over", at=at)
    PlacementLine.objects.unscoped("as above").filter(pk__in=[line.pk for line in lines]).update(written=True)
    PlacementRun.objects.unscoped("as above").filter(pk=run.pk).update(
        lines_done=F("lines_done") + len(lines)
    )
    note(run=run.pk, lines=len(lines), first=lines[0].pk, last=lines[-1].pk)
    return len(lines)


def _seat(actor: Actor, run: PlacementRun, lines: list[PlacementLine], at: datetime) -> None:
    move = "coordinate" if run.kind == PlacementRun.Kind.COORDINATION else "place"
    for kind in sorted({line.why["kind"] for line in lines if line.plan_id}):
        chosen = [
            (line.application, line.plan_id) for line in lines if line.plan_id and line.why["kind"] == kind
        ]
        seated = seating.seat_all(chosen, kind=kind, at=at, run=run)
        passage.advance_all(actor, seated, move, at=at)


@action("enrolment.finish_placement", title=_("完成公办录取"), allow=runs_enrolment)
def finish(actor: Actor, run: PlacementRun, *, at: datetime) -> PlacementRun:
    return change(run, state=PlacementRun.State.DONE, finished=at)


@action("enrolment.coordinate", title=_("统筹录取"), allow=runs_enrolment)
def coordinate(actor: Actor, application: Application, *, plan: Plan, at: datetime) -> Application:
    """One child by hand: an officer names a school that has room."""
    row = passage.locked(application)
    if plan.window_id != row.window_id or plan.side != "public":
        raise Conflict(_("请选择本区的公办学校。"))
    moved = passage.advance(actor, row, "coordinate", at=at)
    seating.seat(moved, plan, kind=Seat.Kind.COORDINATED, at=at)
    return moved


@action("enrolment.settle_special", title=_("特殊教育安置"), allow=runs_enrolment)
def settle_special(
    actor: Actor, application: Application, *, plan: Plan, how: str, at: datetime
) -> Application:
    """`how`: 随班就读, 特教学校 or 送教上门; the school keeps the child's record in each case."""
    moved = passage.advance(actor, application, "settle_special", at=at, reason=how)
    seating.seat(moved, plan, kind=Seat.Kind.SPECIAL, at=at)
    return moved


@action("enrolment.record_destination", title=_("登记去向"), allow=runs_enrolment)
def record_destination(
    actor: Actor, application: Application, *, destination: str, at: datetime
) -> Application:
    """外省、境外 or where the child cannot be found: what closes a line of the list without a seat."""
    with transaction.atomic():
        row = passage.advance(
            actor,
            application,
            "record_destination",
            at=at,
            reason=destination,
            destination=destination,
            school=None,
        )
        seating.release(row, reason=destination, at=at)
    return row
