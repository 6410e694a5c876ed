"""What is where, over all systems."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from wutong.kernel.module import REGISTRY
from wutong.kernel.paging import PAGE
from wutong.kernel.policy import Actor
from wutong.kernel.prepared import Prepared, counted
from wutong.kernel.process.engine import process_of
from wutong.kernel.process.models import Case, CaseEvent, Objection, Signature
from wutong.kernel.process.objections import may_decide, open_objections
from wutong.kernel.process.signing import place_for, places
from wutong.kernel.process.spec import APPLICANT, State, Step, reached
from wutong.kernel.process.versions import holder_words


def waiting_for(actor: Actor) -> Q:
    """Open cases that this actor has to do something about. Who is nobody waits for nothing."""
    if actor.person_id is None:
        return Q(pk__in=())
    mine = Q(delegate_id=actor.person_id)
    mine |= Q(delegate=None, holder_role=APPLICANT, applicant_id=actor.person_id)
    for role in actor.roles:
        mine |= Q(delegate=None, holder_role=role.name, holder_id=role.organisation_id)
    return Q(closed=None) & (mine | to_sign(actor))


def to_sign(actor: Actor) -> Q:
    """A free place of one of the actor's roles, under a step that they have not signed yet."""
    own = Q(pk__in=())
    for role in actor.roles:
        own |= Q(organisation_id=role.organisation_id, role=role.name)
    places = Signature._base_manager
    signed = places.filter(stay=OuterRef("stay"), step=OuterRef("step"), person_id=actor.person_id)
    free = places.filter(own, ~Exists(signed), person=None, case=OuterRef("pk"))
    return Q(Exists(free)) if actor.roles else Q(pk__in=())


def inbox(actor: Actor) -> QuerySet:
    rows = Case.objects.unscoped("what waits for the actor is the actor's to see")
    return _shown(rows.filter(waiting_for(actor))).order_by(F("due").asc(nulls_last=True), "pk")


def _shown(rows: QuerySet) -> QuerySet:
    return rows.select_related("organisation", "holder", "process_version")


def inbox_count(actor: Actor) -> int:
    return len(Cases(inbox, actor))


def started_by(actor: Actor) -> QuerySet:
    rows = Case.objects.visible_to(actor).filter(applicant_id=actor.person_id)
    return _shown(rows).order_by("-pk")


def handled_by(actor: Actor) -> QuerySet:
    done = CaseEvent.objects.unscoped("one's own deeds").filter(actor_id=actor.person_id).exclude(step="open")
    rows = Case.objects.visible_to(actor).filter(pk__in=done.values("case")).exclude(waiting_for(actor))
    return _shown(rows).order_by("-pk")


@dataclass(frozen=True)
class Cases:
    """One of the lists above for a paginator: counted, and cut into pages of at most `PAGE`."""

    rows: Callable[[Actor], QuerySet]
    actor: Actor

    def __len__(self) -> int:
        return 0 if self.actor.person_id is None else _counted(self.rows, self.actor)[0]

    def __getitem__(self, part: slice) -> list[Case]:
        return _page(self.rows, self.actor, str(part.start))[: part.stop - part.start]


@Prepared
def _counted(rows: Callable[[Actor], QuerySet], actor: Actor) -> QuerySet:
    return counted(rows(actor))


@Prepared
def _page(rows: Callable[[Actor], QuerySet], actor: Actor, start: str) -> QuerySet:
    return rows(actor)[int(start) : int(start) + PAGE]


def open_steps(actor: Actor, case: Case, at: datetime | None = None) -> list[Step]:
    """The steps this actor may take now: what the page shows as buttons."""
    steps = [step for step in process_of(case).steps_from(case.state) if step.by(actor, case)]
    steps = [step for step in steps if step.sign is None or place_for(actor, case, step)]
    return [step for step in steps if step.anytime or not holds_up(case, at or timezone.now())]


def holds_up(case: Case, at: datetime) -> bool:
    """Whether the public notice keeps it where it is: time is left, or an objection has no answer."""
    return case.notice_until is not None and (at < case.notice_until or open_objections(case).exists())


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
    ahead = reached(process, case.state)
    names = [name for name in open_states if name in arrived or name in ahead]
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


def standing(case: Case, at: datetime) -> dict[str, Any]:
    """Where a case stands and what comes next, in words for everybody: of units, never of persons."""
    process = process_of(case)
    state, steps = process.state(case.state), path(case)
    coming = next((step["title"] for step in steps if step["state"] == "todo"), "")
    return {
        "case": case,
        "process": process,
        "state": state,
        "steps": steps,
        "plain": state.plain or _plain(case, state),
        "coming": "" if case.closed else coming,
        "due": due(case, at),
        "until": case.notice_until if case.notice_until and at < case.notice_until else None,
    }


def _plain(case: Case, state: State) -> str:
    said = {
        "approved": _("已经办结，结果是同意。"),
        "refused": _("已经办结，没有同意；理由请登录查看。"),
        "withdrawn": _("已经撤回，不再办理。"),
    }
    if state.final:
        return said.get(state.outcome, _("已经办结。"))
    if state.holder == APPLICANT:
        return _("等待申请人办理：请登录后继续。")
    return _("正在由%(holder)s办理，您暂时不需要做什么。") % {"holder": holder_words(state)}


def timeline(case: Case) -> list[dict[str, Any]]:
    process = process_of(case)
    rows = case.events.unscoped("the timeline of a visible case").order_by("-pk")
    tones = {
        "escalated": "late",
        "reminded": "warn",
        "objected": "warn",
        "delegated": "info",
        "signed": "info",
    }
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
    step = process.step(row.step)
    if row.kind == "signed" and step:
        return f"{row.get_kind_display()} · {step.title}"
    if row.kind != "step":
        return str(row.get_kind_display())
    return str(step.title) if step else _("发起")


def signatures(case: Case) -> list[dict[str, Any]]:
    """Each step that needs several: who has signed, whose place is free."""
    process, found = process_of(case), []
    for step in process.steps_from(case.state) if not case.closed else ():
        if step.sign is None:
            continue
        titles = {signer.name: signer.title for signer in step.sign.signers}
        lines = [
            {"title": titles.get(place.signer, place.signer), "place": place.organisation, "person": place.person,
             "at": place.at, "comment": place.comment}
            for place in places(case, step)
        ]  # fmt: skip
        done = sum(line["person"] is not None for line in lines)
        found.append({"step": step, "lines": lines, "done": done, "needed": step.sign.count})
    return found


def objections(actor: Actor, case: Case) -> list[dict[str, Any]]:
    rows = Objection.objects.visible_to(actor).filter(case=case).select_related("person", "case__holder")
    return [
        {"row": row, "may_decide": not row.decided and may_decide(actor, row)} for row in rows.order_by("pk")
    ]
