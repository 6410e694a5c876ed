"""Telling people: whose turn it is now, and the applicant how it goes."""

from __future__ import annotations

from datetime import date

from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_noop

from wutong.kernel.errors import Sentence
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
    if not state.final and case.state == event.target:
        people = [*_holders(case), *_signers(case)]
        _write(case, people, gettext_noop("轮到您办理：%(title)s"), f"turn:{event_id}")
    if event.source:
        news = gettext_noop("“%(title)s”到了“%(state)s”")
        _write(case, [case.applicant_id], news, f"news:{event_id}", state=state.title)


def on_held(event: CaseHeldBy, event_id: int) -> None:
    case = _case(event.case_id)
    text, still = {
        "delegated": (gettext_noop("有办件转交给您：%(title)s"), case.delegate_id),
        "reminded": (gettext_noop("办件快到期了：%(title)s"), case.reminded),
        "escalated": (gettext_noop("办件已超期，升级到您这里：%(title)s"), case.escalated),
        "objected": (gettext_noop("公示收到异议，请答复：%(title)s"), open_objections(case).exists()),
    }[event.kind]
    if still:
        _write(case, _holders(case), text, f"{event.kind}:{event_id}")


def on_decided(event: ObjectionDecided, event_id: int) -> None:
    row = (
        Objection.objects.unscoped("the one that was decided")
        .select_related("case")
        .get(pk=event.objection_id)
    )
    text, values = gettext_noop("您对“%(number)s”的异议已经答复"), {"number": row.case.number}
    send(
        [row.person_id],
        title=text % values,
        words={"text": text, "values": values, "terms": {}},
        key=f"objection:{event_id}",
        body=row.answer,
        href=reverse("process:announced", args=[row.case.number]),
    )


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


def _write(case: Case, people: list[int], text: str, key: str, **terms: Sentence) -> None:
    """The announcement's own number, in the key, makes a second delivery of it write nothing."""
    with translation.override("zh-hans"):
        said = {name: str(term) for name, term in terms.items()}
    values = {"title": case.title}
    send(
        people,
        title=(text % {**values, **said})[:120],
        words={"text": text, "values": values, "terms": said},
        key=f"case:{key}",
        body=case.number,
        href=reverse("process:case", args=[case.number]),
    )
