"""The clock: who lets a deadline pass is reminded before, and the matter goes one level up after."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, note
from wutong.kernel.event import emit
from wutong.kernel.policy import SYSTEM, Actor, nobody
from wutong.kernel.process.calendar import deadline
from wutong.kernel.process.engine import locked, tell
from wutong.kernel.process.events import CaseHeldBy
from wutong.kernel.process.models import Case

# How long before the deadline its holder is reminded, and how long each level gets after it has passed.
REMIND = timedelta(days=1)
GRACE = 2


@action("process.remind", title=_("到期提醒"), allow=nobody)
def remind(actor: Actor, case: Case, *, at: datetime) -> Case:
    change(case, reminded=at)
    tell(case, actor, at, kind="reminded")
    emit(CaseHeldBy(case.pk, "reminded"))
    return case


@action("process.escalate", title=_("超期升级"), allow=nobody)
def escalate(actor: Actor, case: Case, *, at: datetime) -> Case:
    """To the level above, with two more working days; at the top it stays where it is and is told again."""
    above = case.holder.parent if case.holder else None
    note(due=case.due)
    moved = {"holder": above, "holder_role": "officer", "delegate": None} if above else {}
    change(case, escalated=case.escalated + 1, reminded=None, due=deadline(at, GRACE), **moved)
    tell(case, actor, at, kind="escalated", comment=str(above or ""))
    emit(CaseHeldBy(case.pk, "escalated"))
    return case


def watch_deadlines(progress: Any, at: datetime | None = None) -> str:
    """A recurring job. Each case in a transaction of its own, asked again under lock: twice does no harm."""
    at = at or timezone.now()
    rows = Case.objects.unscoped("the clock looks at every case").filter(closed=None)
    soon = rows.filter(due__lte=at + REMIND, due__gt=at, reminded=None)
    for pk in list(soon.values_list("pk", flat=True)):
        _once(pk, lambda case: at < case.due <= at + REMIND and not case.reminded, remind, at)
    for pk in list(rows.filter(due__lte=at).values_list("pk", flat=True)):
        _once(pk, lambda case: case.due <= at, escalate, at)
    return ""


def _once(pk: int, still: Any, verb: Any, at: datetime) -> None:
    with transaction.atomic():
        case = locked(Case(pk=pk))
        if case.closed is None and still(case):
            verb(SYSTEM, case, at=at)
