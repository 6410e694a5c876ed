"""Telling people: whose turn it is now, and the applicant how it goes."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from wutong.kernel.notice.actions import send
from wutong.kernel.people.models import Membership
from wutong.kernel.process.engine import process_of
from wutong.kernel.process.events import CaseHeldBy, CaseMoved, ObjectionDecided
from wutong.kernel.process.models import Case, Objection
from wutong.kernel.process.objections import open_objections
from wutong.kernel.process.signing import places
from wutong.kernel.process.spec import APPLICANT


def on_moved(event: CaseMoved, event_id: int) -> None:
    """Whose turn it was when the announcement was written is not asked any more if the case went on since."""
    case = _case(event.case_id)
    state = process_of(case).state(event.target)
    with translation.override("zh-hans"):
        if not state.final and case.state == event.target:
            people = [*_holders(case), *_signers(case)]
            _write(case, people, _("轮到您办理：%(title)s") % {"title": case.title}, event_id, "turn")
        if event.source:
            title = _("“%(title)s”到了“%(state)s”") % {"title": case.title, "state": state.title}
            _write(case, [case.applicant_id], title, event_id, "news")


def on_held(event: CaseHeldBy, event_id: int) -> None:
    case = _case(event.case_id)
    with translation.override("zh-hans"):
        words, still = {
            "delegated": (_("有办件转交给您：%(title)s"), case.delegate_id),
            "reminded": (_("办件快到期了：%(title)s"), case.reminded),
            "escalated": (_("办件已超期，升级到您这里：%(title)s"), case.escalated),
            "objected": (_("公示收到异议，请答复：%(title)s"), open_objections(case).exists()),
        }[event.kind]
        if still:
            _write(case, _holders(case), words % {"title": case.title}, event_id, event.kind)


def on_decided(event: ObjectionDecided, event_id: int) -> None:
    row = (
        Objection.objects.unscoped("the one that was decided")
        .select_related("case")
        .get(pk=event.objection_id)
    )
    with translation.override("zh-hans"):
        title = _("您对“%(number)s”的异议已经答复") % {"number": row.case.number}
        body = f"{row.get_outcome_display()}：{row.answer}"
    href = reverse("process:announced", args=[row.case.number])
    send([row.person_id], title=title, key=f"objection:{event_id}", body=body, href=href)


def _case(pk: int) -> Case:
    rows = Case.objects.unscoped("the matter the announcement is about")
    return rows.select_related("process_version").get(pk=pk)


def _holders(case: Case) -> list[int]:
    if case.delegate_id:
        return [case.delegate_id]
    if case.holder_role == APPLICANT:
        return [case.applicant_id]
    posts = Membership.objects.unscoped("who holds the case").on(date.today())
    holding = posts.filter(organisation=case.holder_id, role=case.holder_role)
    return list(holding.values_list("person_id", flat=True).distinct())


def _signers(case: Case) -> list[int]:
    """Whoever may sign in a place that is free."""
    offices = Q(pk__in=())
    for place in places(case):
        offices |= (
            Q(organisation=place.organisation_id, role=place.role)
            if place.person_id is None
            else Q(pk__in=())
        )
    posts = Membership.objects.unscoped("who signs the case").on(date.today()).filter(offices)
    return list(posts.values_list("person_id", flat=True).distinct())


def _write(case: Case, people: list[int], title: str, event_id: int, kind: str) -> None:
    """The announcement's own number makes a second delivery of it write nothing."""
    href = reverse("process:case", args=[case.number])
    send(people, title=title[:120], key=f"case:{kind}:{event_id}", body=case.number, href=href)
