"""公示: a matter stands before the public for some days; who objects is answered before it can move."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Conflict, Invalid, NotAllowed
from wutong.kernel.event import emit
from wutong.kernel.policy import SYSTEM, Actor, predicate, signed_in
from wutong.kernel.process.engine import locked, tell
from wutong.kernel.process.events import CaseHeldBy, ObjectionDecided
from wutong.kernel.process.holding import is_holder
from wutong.kernel.process.models import Case, CaseEvent, Objection


def on_notice(at: datetime) -> QuerySet:
    """Everything that stands before the public at a moment: who looks need not be known."""
    rows = Case.objects.unscoped("a public notice is for everybody").filter(closed=None, notice_until__gt=at)
    return rows.select_related("organisation", "holder", "process_version").order_by("notice_until", "pk")


@action("process.object", title=_("提出异议"), allow=signed_in)
def file_objection(actor: Actor, case: Case, *, text: str, at: datetime) -> Objection:
    """By anybody who gives their name, which the office sees and the applicant does not."""
    case = locked(case)
    if actor.person_id is None:
        raise NotAllowed
    if case.notice_until is None or at >= case.notice_until:
        raise Conflict(_("公示已经结束，不能再提异议；如有问题请联系办理单位。"))
    if not text.strip():
        raise Invalid(_("请写明异议的内容和理由。"), fields={"text": _("请写明异议的内容和理由。")})
    if open_objections(case).filter(person=actor.person_id).exists():
        raise Conflict(_("您已经提过一条异议，正在处理，答复后会通知您。"))
    stay = case.events.unscoped("a mark without content").filter(kind=CaseEvent.Kind.STEP).latest("pk")
    objection = create(Objection(case=case, stay=stay, person_id=actor.person_id, text=text.strip(), at=at))
    tell(case, SYSTEM, at, kind="objected", unit=case.holder)
    emit(CaseHeldBy(case.pk, "objected"))
    return objection


def open_objections(case: Case) -> QuerySet:
    return case.objections.unscoped("what holds this case up").filter(decided=None)


@predicate
def may_decide(actor: Actor, objection: Objection) -> bool:
    """The office that holds the matter, and never the one who objected."""
    return is_holder(actor, objection.case) and actor.person_id != objection.person_id


@action("process.decide_objection", title=_("答复异议"), allow=may_decide)
def decide_objection(
    actor: Actor, objection: Objection, *, outcome: str, answer: str, at: datetime
) -> Objection:
    case = locked(objection.case)
    is_holder.require(actor, case)
    objection = Objection._base_manager.select_related("case").get(pk=objection.pk)
    if objection.decided:
        raise Conflict(_("这条异议已经答复过。"))
    if outcome not in Objection.Outcome.values or not answer.strip():
        raise Invalid(_("请选择处理结果并写明答复。"), fields={"answer": _("请写明答复，异议人会看到。")})
    change(objection, outcome=outcome, answer=answer.strip(), decided=at, decided_by_id=actor.person_id)
    tell(case, actor, at, kind="answered", comment=str(objection.get_outcome_display()), unit=case.holder)
    emit(ObjectionDecided(objection.pk))
    return objection
