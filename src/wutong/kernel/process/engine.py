"""Moving matters. Each move is one verb that locks the case, asks the right, does the effect and tells."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create, note
from wutong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from wutong.kernel.event import emit
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Membership, Organisation, Person
from wutong.kernel.policy import SYSTEM, Actor, Role, nobody, predicate, signed_in
from wutong.kernel.process.calendar import deadline
from wutong.kernel.process.events import CaseHeldBy, CaseMoved
from wutong.kernel.process.models import Case, CaseCounter, CaseEvent, ProcessVersion
from wutong.kernel.process.spec import Process, State, Step

# How long before the deadline its holder is reminded, and how long each level gets after it has passed.
REMIND = timedelta(days=1)
GRACE = 2

# Who may have a matter handed to them: those with a desk, not those who teach.
WORKING = ("officer", "clerk", "head")


@predicate
def is_holder(actor: Actor, case: Case) -> bool:
    """The one it was handed to, as long as they work there; else whoever has the holding role right there."""
    if case.delegate_id is not None:
        working = case.holder is not None and actor.holds_below(*WORKING, path=case.holder.path)
        return case.delegate_id == actor.person_id and working
    return any(
        role.name == case.holder_role and role.organisation_id == case.holder_id for role in actor.roles
    )


@predicate
def is_applicant(actor: Actor, case: Case) -> bool:
    return actor.person_id is not None and case.applicant_id == actor.person_id


def process_of(case: Case) -> Process:
    return REGISTRY.process(case.process)


def subject_of(case: Case) -> Any:
    """The module's own row of this case."""
    return process_of(case).model._base_manager.get(case=case)


@action("process.open", title=_("发起办件"), allow=signed_in)
def open_case(
    actor: Actor, organisation: Organisation, *, process: Process, title: str, at: datetime
) -> Case:
    """Whether the actor may begin this matter is asked by the module's own action, which calls this one."""
    case = create(
        Case(
            number=_number(process.prefix, timezone.localdate(at).year),
            process=process.name,
            process_version=_version(process, at),
            title=title,
            organisation=organisation,
            applicant_id=actor.person_id,
            opened=at,
            **_held(organisation, process.initial, at),
        )
    )
    _tell(case, actor, at, step="open", target=process.initial.name)
    emit(CaseMoved(case.pk, "", case.state, "open"))
    return case


@action("process.take", title=_("办理"), allow=signed_in)
def take(
    actor: Actor,
    case: Case,
    *,
    step: str,
    at: datetime,
    comment: str = "",
    values: dict[str, Any] | None = None,
    seen: int | None = None,
) -> Case:
    """Takes one step. Conflict if somebody else was first, NotAllowed if it is not the actor's to take.

    `seen` is the `last_move` the actor had before their eyes: what came back changed is not agreed to unread.
    """
    case = locked(case)
    process = process_of(case)
    chosen = process.step(step)
    if chosen is None:
        raise NotFound
    require_state(case, chosen)
    chosen.by.require(actor, case)
    if seen not in (None, last_move(case)):
        raise Conflict(_("您打开页面以后办件又有变动，请看过最新内容再办理。"))
    if chosen.reason and not comment.strip():
        raise Invalid(_("请写明理由，对方会看到。"), fields={"comment": _("请写明理由。")})
    if chosen.do is not None:
        chosen.do(acting(actor, case), subject_of(case), at=at, **(values or {}))
    source, target = case.state, process.state(chosen.target)
    change(case, **_held(case.organisation, target, at))
    _tell(case, actor, at, step=step, source=source, target=target.name, comment=comment.strip())
    emit(CaseMoved(case.pk, source, target.name, step))
    return case


def locked(case: Case) -> Case:
    """The row as it is now, and nobody else's until the transaction ends."""
    rows = Case._base_manager.select_for_update(of=("self",)).select_related("organisation", "holder")
    return rows.get(pk=case.pk)


def last_move(case: Case) -> int | None:
    moves = CaseEvent.objects.unscoped("a mark without content").filter(case=case, kind="step")
    return moves.order_by("-pk").values_list("pk", flat=True).first()


def require_state(case: Case, step: Step) -> None:
    if case.state not in step.source:
        title = process_of(case).state(case.state).title
        raise Conflict(format_lazy(_("这一步已经办理过，办件现在是“{title}”。"), title=title))


def acting(actor: Actor, case: Case) -> Actor:
    """Who was handed a matter has the holder's role for the effect of a step, and nowhere else."""
    if case.delegate_id is None or case.delegate_id != actor.person_id or case.holder is None:
        return actor
    lent = Role(case.holder_role, case.holder.pk, case.holder.path, case.holder.kind)
    return Actor(actor.person_id, actor.name, (*actor.roles, lent), actor.kind)


@action("process.delegate", title=_("转交办理"), allow=is_holder)
def delegate(actor: Actor, case: Case, *, person: Person, at: datetime, comment: str = "") -> Case:
    """To a colleague: somebody with a post at the holding organisation or in an office of it."""
    case = locked(case)
    _require_open(case)
    is_holder.require(actor, case)
    if not colleagues(case).filter(pk=person.pk).exists():
        raise NotAllowed(_("只能转交给本单位的同事。"))
    change(case, delegate=person)
    _tell(case, actor, at, kind="delegated", comment=comment.strip() or str(person))
    emit(CaseHeldBy(case.pk, "delegated"))
    return case


def colleagues(case: Case) -> Any:
    """Persons a matter may be handed to: those who work at its holder, or in an office of it."""
    if case.holder is None:
        return Person.objects.unscoped("nobody").none()
    posts = Membership.objects.unscoped("colleagues of the holder").on(timezone.localdate())
    offices = Q(organisation=case.holder_id) | Q(
        organisation__parent=case.holder_id, organisation__kind="bureau"
    )
    working = posts.filter(offices, role__in=WORKING)
    return Person.objects.unscoped("colleagues of the holder").filter(pk__in=working.values("person"))


@action("process.remind", title=_("到期提醒"), allow=nobody)
def remind(actor: Actor, case: Case, *, at: datetime) -> Case:
    change(case, reminded=at)
    _tell(case, actor, at, kind="reminded")
    emit(CaseHeldBy(case.pk, "reminded"))
    return case


@action("process.escalate", title=_("超期升级"), allow=nobody)
def escalate(actor: Actor, case: Case, *, at: datetime) -> Case:
    """To the level above, with two more working days; at the top it stays where it is and is told again."""
    above = case.holder.parent if case.holder else None
    note(due=case.due)
    moved = {"holder": above, "holder_role": "officer", "delegate": None} if above else {}
    change(case, escalated=case.escalated + 1, reminded=None, due=deadline(at, GRACE), **moved)
    _tell(case, actor, at, kind="escalated", comment=str(above or ""))
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


def _require_open(case: Case) -> None:
    if case.closed is not None:
        raise Conflict(_("办件已经办结。"))


def _held(organisation: Organisation, state: State, at: datetime) -> dict[str, Any]:
    """Who has it in this state, and until when."""
    return {
        "state": state.name,
        "holder_role": state.holder,
        "holder": _at_level(organisation, state.level) if state.level else None,
        "due": deadline(at, state.within) if state.within is not None else None,
        "delegate": None,
        "reminded": None,
        "escalated": 0,
        "closed": at if state.final else None,
        "outcome": state.outcome,
    }


def _at_level(organisation: Organisation, kind: str) -> Organisation:
    """The organisation itself or the nearest above it of a kind."""
    here: Organisation | None = organisation
    while here is not None and here.kind != kind:
        here = here.parent
    if here is None:
        raise Invalid(format_lazy(_("“{name}”没有可以办理此事的上级单位。"), name=organisation.name))
    return here


def _tell(case: Case, actor: Actor, at: datetime, **facts: Any) -> None:
    CaseEvent.objects.create(case=case, at=at, actor_id=actor.person_id, actor_name=actor.name, **facts)


def _number(prefix: str, year: int) -> str:
    CaseCounter.objects.get_or_create(prefix=prefix, year=year)
    counter = CaseCounter.objects.select_for_update().get(prefix=prefix, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{prefix}-{year}-{counter.last:06d}"


def _version(process: Process, at: datetime) -> ProcessVersion:
    found, _made = ProcessVersion.objects.get_or_create(
        process=process.name,
        year=timezone.localdate(at).year,
        digest=process.digest(),
        defaults={"picture": process.picture(), "at": at},
    )
    return found
