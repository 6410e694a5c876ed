"""Many cases, one step: each is decided by itself, so that what fails for one leaves the others as they were."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from wutong.kernel.errors import Sentence, WutongError
from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import Actor
from wutong.kernel.prepared import Prepared
from wutong.kernel.process.engine import process_of, take
from wutong.kernel.process.models import Case, CaseEvent
from wutong.kernel.process.queries import inbox, open_steps
from wutong.kernel.process.spec import Step

MOST = 100


@dataclass(frozen=True)
class Result:
    number: str
    title: str
    said: Sentence
    done: bool


def groups(actor: Actor) -> list[dict[str, Any]]:
    """What waits for the actor in one state several times, for the buttons of the inbox."""
    found = []
    for name, state_name, number, _first in _several(actor):
        process = REGISTRY.process(name)
        state = next((state for state in process.states if state.name == state_name), None)
        if state and any(step.form is None for step in process.steps_from(state.name)):
            href = reverse("process:batch", args=[process.name, state.name])
            found.append({"title": f"{process.title} · {state.title}", "number": number, "href": href})
    return found


@Prepared
def _several(actor: Actor) -> QuerySet:
    rows = inbox(actor).order_by().values_list("process", "state").annotate(all=Count("pk"), first=Min("due"))
    return rows.filter(all__gt=1).order_by("first", "process", "state")


def waiting(actor: Actor, process: str, state: str) -> QuerySet:
    """Cases with `seen`: what moved them last."""
    moves = CaseEvent._base_manager.filter(case=OuterRef("pk"), kind=CaseEvent.Kind.STEP).order_by("-pk")
    return inbox(actor).filter(process=process, state=state).annotate(seen=Subquery(moves.values("pk")[:1]))


def steps_for(actor: Actor, cases: Iterable[Case], at: datetime) -> dict[str, Step]:
    """Steps that the actor may take in at least one of them and that ask for nothing but a reason."""
    found: dict[str, Step] = {}
    for case in cases:
        for step in open_steps(actor, case, at):
            if step.form is None:
                found.setdefault(step.name, step)
    return found


def mark(number: str, seen: int | None) -> str:
    """A case as the page shows it: what came back changed meanwhile is not decided unread."""
    return f"{number}@{seen}"


def decide_together(
    actor: Actor, cases: Iterable[Case], seen: dict[str, int], *, step: str, comment: str
) -> list[Result]:
    return [_decide(actor, case, step=step, comment=comment, seen=seen[case.number]) for case in cases]


def _decide(actor: Actor, case: Case, *, step: str, comment: str, seen: int) -> Result:
    try:
        moved = take(actor, case, step=step, comment=comment, seen=seen)
    except WutongError as error:
        return Result(case.number, case.title, error.message, False)
    signed = moved.state == case.state
    title = process_of(moved).state(moved.state).title
    said = _("已会签，还需其他人签") if signed else _("已办理，现在是“%(state)s”") % {"state": title}
    return Result(case.number, case.title, said, True)
