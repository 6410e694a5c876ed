"""Moving matters. Each move is one verb that locks the case, asks the right, does the effect and tells."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from wutong.kernel.event import emit
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Membership, Organisation, Person
from wutong.kernel.policy import Actor, Role, signed_in
from wutong.kernel.process.events import CaseHeldBy, CaseMoved
from wutong.kernel.process.holding import WORKING, held, is_applicant, is_holder
from wutong.kernel.process.models import Case, CaseCounter, CaseEvent
from wutong.kernel.process.signing import open_places, sign
from wutong.kernel.process.spec import Process, Step
from wutong.kernel.process.versions import frozen, version_of

__all__ = ["delegate", "is_applicant", "is_holder", "last_move", "locked", "open_case", "process_of", "take"]


def process_of(case: Case) -> Process:
    """As it stood when the case was opened: what was settled or declared later does not concern it."""
    return frozen(REGISTRY.process(case.process), case.process_version)


def subject_of(case: Case) -> Any:
    """The module's own row of this case."""
    return process_of(case).model._base_manager.get(case=case)


@action("process.open", title=_("发起办件"), allow=signed_in)
def open_case(
    actor: Actor, organisation: Organisation, *, process: Process, title: str, at: datetime
) -> Case:
    """Whether the actor may begin this matter is asked by the module's own action, which calls this one."""
    version = version_of(process, organisation, at)
    frame = frozen(process, version)
    case = create(
        Case(
            number=_number(process.prefix, timezone.localdate(at).year),
            process=process.name,
            process_version=version,
            title=title,
            organisation=organisation,
            applicant_id=actor.person_id,
            opened=at,
            **held(organisation, frame.initial, at),
        )
    )
    stay = tell(case, actor, at, step="open", target=case.state, unit=organisation)
    open_places(frame, case, stay)
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
    A step that needs several is only signed as long as not enough have.
    """
    case = locked(case)
    process = process_of(case)
    chosen = process.step(step)
    if chosen is None:
        raise NotFound
    require_ready(case, chosen, at)
    chosen.by.require(actor, case)
    if seen not in (None, last_move(case)):
        raise Conflict(_("您打开页面以后办件又有变动，请看过最新内容再办理。"))
    comment = comment.strip()
    if chosen.reason and not comment:
        raise Invalid(_("请写明理由，对方会看到。"), fields={"comment": _("请写明理由。")})
    if chosen.sign and not sign(actor, case, chosen, at=at, comment=comment):
        tell(case, actor, at, kind="signed", step=step, comment=comment, unit=case.holder)
        return case
    if chosen.do is not None:
        chosen.do(acting(actor, case), subject_of(case), at=at, **(values or {}))
    _move(actor, case, process, chosen, at=at, comment=comment)
    return case


def _move(actor: Actor, case: Case, process: Process, step: Step, *, at: datetime, comment: str) -> None:
    source, unit, target = case.state, case.holder, process.state(step.target)
    place = process.place(subject_of(case), target) if process.place else None
    change(case, **held(place or case.organisation, target, at))
    stay = tell(
        case, actor, at, step=step.name, source=source, target=target.name, comment=comment, unit=unit
    )
    open_places(process, case, stay)
    emit(CaseMoved(case.pk, source, target.name, step.name))


def locked(case: Case) -> Case:
    """The row as it is now, and nobody else's until the transaction ends."""
    rows = Case._base_manager.select_for_update(of=("self",)).select_related(
        "organisation", "holder", "process_version"
    )
    return rows.get(pk=case.pk)


def last_move(case: Case) -> int | None:
    moves = CaseEvent.objects.unscoped("a mark without content").filter(case=case, kind="step")
    return moves.order_by("-pk").values_list("pk", flat=True).first()


def require_ready(case: Case, step: Step, at: datetime) -> None:
    """The case stands where the step begins, the code still knows the step, and no public notice holds it up."""
    if case.state not in step.source:
        title = process_of(case).state(case.state).title
        raise Conflict(format_lazy(_("这一步已经办理过，办件现在是“{title}”。"), title=title))
    if step.gone:
        raise Conflict(_("这一步属于旧版流程，现在的系统已不再办理；请选择其他步骤，或联系系统管理员恢复。"))
    if step.anytime or case.notice_until is None:
        return
    if at < case.notice_until:
        until = format_lazy(
            "{day}", day=date_format(timezone.localtime(case.notice_until), "DATETIME_FORMAT")
        )
        raise Conflict(format_lazy(_("公示到 {until} 结束，期满后再办理。"), until=until))
    if case.objections.unscoped("whether any is open").filter(decided=None).exists():
        raise Conflict(_("还有异议没有答复，请先逐条答复再办理。"))


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
    require_open(case)
    is_holder.require(actor, case)
    if not colleagues(case).filter(pk=person.pk).exists():
        raise NotAllowed(_("只能转交给本单位的同事。"))
    change(case, delegate=person)
    tell(case, actor, at, kind="delegated", comment=comment.strip() or str(person))
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


def require_open(case: Case) -> None:
    if case.closed is not None:
        raise Conflict(_("办件已经办结。"))


def tell(case: Case, actor: Actor, at: datetime, **facts: Any) -> CaseEvent:
    """Adds a line to the timeline."""
    return CaseEvent.objects.create(
        case=case, at=at, actor_id=actor.person_id, actor_name=actor.name, **facts
    )


def _number(prefix: str, year: int) -> str:
    CaseCounter.objects.get_or_create(prefix=prefix, year=year)
    counter = CaseCounter.objects.select_for_update().get(prefix=prefix, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    return f"{prefix}-{year}-{counter.last:06d}"
