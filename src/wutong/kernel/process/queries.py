"""What is where, over all systems."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import Actor
from wutong.kernel.prepared import Prepared, counted
from wutong.kernel.process.engine import process_of
from wutong.kernel.process.models import Case, CaseEvent
from wutong.kernel.process.spec import Step


def waiting_for(actor: Actor) -> Q:
    """Open cases that this actor has to do something about. Who is nobody waits for nothing."""
    if actor.person_id is None:
        return Q(pk__in=())
    mine = Q(delegate_id=actor.person_id)
    for role in actor.roles:
        mine |= Q(delegate=None, holder_role=role.name, holder_id=role.organisation_id)
    return Q(closed=None) & mine


def inbox(actor: Actor) -> QuerySet:
    rows = Case.objects.unscoped("what waits for the actor is the actor's to see")
    return (
        rows.filter(waiting_for(actor))
        .select_related("organisation")
        .order_by(F("due").asc(nulls_last=True), "pk")
    )


def inbox_count(actor: Actor) -> int:
    return 0 if actor.person_id is None else _inbox_count(actor)[0]


@Prepared
def _inbox_count(actor: Actor) -> QuerySet:
    return counted(inbox(actor))


def started_by(actor: Actor) -> QuerySet:
    rows = Case.objects.visible_to(actor).filter(applicant_id=actor.person_id)
    return rows.select_related("organisation", "holder").order_by("-pk")


def handled_by(actor: Actor) -> QuerySet:
    done = CaseEvent.objects.unscoped("one's own deeds").filter(actor_id=actor.person_id).exclude(step="open")
    rows = Case.objects.visible_to(actor).filter(pk__in=done.values("case")).exclude(waiting_for(actor))
    return rows.select_related("organisation", "holder").order_by("-pk")


def open_steps(actor: Actor, case: Case) -> list[Step]:
    """The steps this actor may take now: what the page shows as buttons."""
    return [step for step in process_of(case).steps_from(case.state) if step.by(actor, case)]


def line(case: Case, at: datetime) -> dict[str, Any]:
    """A case as the `todo` component shows it."""
    process = process_of(case)
    text = f"{process.state(case.state).title} · {case.number}"
    href = reverse("process:case", args=[case.number])
    return {"title": f"{process.title} · {case.title}", "text": text, "href": href, **due(case, at)}


def due(case: Case, at: datetime) -> dict[str, str]:
    """The deadline in words, and how much it presses."""
    if case.closed:
        return {"due": _("已办结"), "tone": "off"}
    if case.due is None:
        return {"due": "", "tone": "ok"}
    local, today = timezone.localtime(case.due), timezone.localdate(at)
    if case.due <= at:
        return {"due": _("已超期"), "tone": "late"}
    if local.date() == today:
        return {"due": _("今天 %(time)s 到期") % {"time": formats.time_format(local)}, "tone": "late"}
    day = formats.date_format(local, "MONTH_DAY_FORMAT")
    tone = "warn" if local.date() - today <= timedelta(days=2) else "ok"
    return {"due": _("%(day)s到期") % {"day": day}, "tone": tone}


def startable(actor: Actor) -> list[dict[str, Any]]:
    """Processes this person may begin, for the buttons of the home page."""
    found = [p for p in REGISTRY.all("processes") if p.start and p.may_start and p.may_start(actor)]
    return [{"title": process.title, "url": reverse(process.start)} for process in found]


def path(case: Case) -> list[dict[str, Any]]:
    """The way of a case as the `steps` component shows it: what was, where it is, what would come.

    Once it is closed, only where it has been: what was refused by the district never came to the city.
    """
    process = process_of(case)
    moves = list(case.events.unscoped("the timeline of a visible case").filter(kind="step"))
    arrived = {move.target: move for move in moves}
    open_states = [state.name for state in process.states if not state.final]
    names = [name for name in open_states if not case.closed or name in arrived]
    final = process.state(case.state) if case.closed else _goal(process)
    here = names.index(case.state) if case.state in names else len(names)
    items = [
        _place(process.state(name), arrived.get(name), position, here) for position, name in enumerate(names)
    ]
    last = _place(final, arrived.get(final.name), len(names), here)
    return [*items, {**last, "state": "done" if case.closed else "todo"}]


def _goal(process: Any) -> Any:
    return next((s for s in process.states if s.outcome == "approved"), process.states[-1])


def _place(state: Any, move: CaseEvent | None, position: int, here: int) -> dict[str, Any]:
    where = "done" if position < here else "now" if position == here else "todo"
    when = formats.date_format(timezone.localtime(move.at), "MONTH_DAY_FORMAT") if move else ""
    return {"title": state.title, "state": where, "note": when if where != "todo" else ""}


def timeline(case: Case) -> list[dict[str, Any]]:
    process = process_of(case)
    rows = case.events.unscoped("the timeline of a visible case").order_by("-pk")
    tones = {"escalated": "late", "reminded": "warn", "delegated": "info"}
    return [
        {
            "title": _deed(process, row),
            "text": row.comment,
            "who": row.actor_name,
            "at": formats.date_format(timezone.localtime(row.at), "SHORT_DATETIME_FORMAT"),
            "tone": tones.get(row.kind, "ok"),
        }
        for row in rows
    ]


def _deed(process: Any, row: CaseEvent) -> str:
    if row.kind != "step":
        return str(row.get_kind_display())
    step = process.step(row.step)
    return str(step.title) if step else _("发起")
