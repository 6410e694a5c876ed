"""Moving applications: one under a lock, or thousands by a run. The only place where a state is written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import change
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.policy import Actor
from wutong.platforms.governance.enrolment.machine import MOVES, STATES, Move
from wutong.platforms.governance.enrolment.models import Application, Passage
from wutong.platforms.governance.enrolment.rules import BY

CHUNK = 1_000


def locked(application: Application) -> Application:
    """The row as it is now, and nobody else's until the transaction ends."""
    rows = Application.objects.unscoped("a row the actor was shown already").select_for_update(of=("self",))
    return rows.select_related("window__district", "child", "guardian", "school").get(pk=application.pk)


def advance(
    actor: Actor, application: Application, name: str, *, at: datetime, reason: str = "", **changes: Any
) -> Application:
    """Makes one move inside an action. Conflict where the application stands elsewhere by now."""
    move = MOVES[name]
    row = locked(application)
    BY[move.by].require(actor, row)
    if row.state not in move.source:
        raise Conflict(
            format_lazy(
                _("现在是“{state}”，不能再办“{move}”。"), state=STATES[row.state].title, move=move.title
            )
        )
    if move.reason and not reason.strip():
        raise Invalid(_("请写明理由，家长会看到。"), fields={"reason": _("请写明理由。")})
    source, row = row.state, change(row, state=move.target, **changes)
    Passage.objects.create(**_told(actor, row.pk, move, source, at, reason.strip()))
    return row


def begin(actor: Actor, application: Application, *, at: datetime) -> None:
    """The first line of the way: the registration itself."""
    Passage.objects.create(
        application=application, at=at, move="register", target=application.state,
        actor_id=actor.person_id, actor_name=actor.name,
    )  # fmt: skip


def advance_all(
    actor: Actor,
    applications: Iterable[Application],
    name: str,
    *,
    at: datetime,
    reason: str = "",
    **changes: Any,
) -> int:
    """Makes one move for many that a run has chosen; who stands elsewhere by now is left there. The number moved.

    The caller notes in the journal what the run did; the passages say it of each child.
    """
    move = MOVES[name]
    moved = 0
    rows = list(applications)
    for start in range(0, len(rows), CHUNK):
        moved += len(_advance_chunk(actor, rows[start : start + CHUNK], move, at, reason, changes))
    return moved


def _advance_chunk(
    actor: Actor, rows: list[Application], move: Move, at: datetime, reason: str, changes: dict[str, Any]
) -> list[Application]:
    held = Application.objects.unscoped("rows a run has chosen").select_for_update()
    states = dict(held.filter(pk__in=[row.pk for row in rows]).values_list("pk", "state"))
    ready = [row for row in rows if states[row.pk] in move.source]
    Application.objects.unscoped("as above").filter(pk__in=[row.pk for row in ready]).update(
        state=move.target, **changes
    )
    Passage.objects.bulk_create(
        [Passage(**_told(actor, row.pk, move, states[row.pk], at, reason)) for row in ready]
    )
    for row in ready:
        row.state = move.target
    return ready


def _told(actor: Actor, key: int, move: Move, source: str, at: datetime, reason: str) -> dict[str, Any]:
    return {
        "application_id": key, "at": at, "move": move.name, "source": source, "target": move.target,
        "actor_id": actor.person_id, "actor_name": actor.name, "reason": reason[:300],
    }  # fmt: skip
