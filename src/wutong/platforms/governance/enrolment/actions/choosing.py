"""What a family chooses once the form is locked: a side, wishes, a year later, another kind of school."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.policy import Actor
from wutong.kernel.process.engine import open_case
from wutong.platforms.governance.enrolment import passage, seating
from wutong.platforms.governance.enrolment.models import Application, Deferral, Plan, Wish
from wutong.platforms.governance.enrolment.phases import require_open
from wutong.platforms.governance.enrolment.routes import pool_for
from wutong.platforms.governance.enrolment.rules import is_the_guardian


@action("enrolment.choose_public", title=_("报公办学校"), allow=is_the_guardian)
def choose_public(
    actor: Actor,
    application: Application,
    *,
    at: datetime,
    school: int | None = None,
    wishes: Sequence[int] = (),
) -> Application:
    """`school` only where the address lies in more than one catchment and the family may say which; `wishes`,
    best first, only where lots are drawn for a group of schools."""
    row = _choosing(application, at)
    group = pool_for(row)
    if len(set(wishes)) != len(wishes) or not set(wishes) <= set(group):
        raise Invalid(_("请在派位组的学校中排序，每所只填一次。"))
    said = {"school": school, "wishes": list(wishes)}
    sheet = {**row.sheet, **{name: value for name, value in said.items() if value}}
    return passage.advance(actor, row, "choose_public", at=at, side="public", sheet=sheet)


@action("enrolment.choose_private", title=_("报民办学校"), allow=is_the_guardian)
def choose_private(
    actor: Actor, application: Application, *, first: Plan, at: datetime, transfer: Plan | None = None
) -> Application:
    row = _choosing(application, at)
    _require_private(row, first, "first")
    if transfer is not None:
        _require_private(row, transfer, "transfer")
    if transfer is not None and transfer.pk == first.pk:
        sentence = _("调剂志愿要选另一所学校或另一类别。")
        raise Invalid(sentence, fields={"transfer": sentence})
    row = passage.advance(actor, row, "choose_private", at=at, side="private")
    create(Wish(application=row, kind=Wish.Kind.FIRST, plan=first, at=at))
    if transfer is not None:
        create(Wish(application=row, kind=Wish.Kind.TRANSFER, plan=transfer, at=at))
    return row


def _choosing(application: Application, at: datetime) -> Application:
    """Side and wishes are fixed by the first submission: 不可改报."""
    row = passage.locked(application)
    require_open(row.window, "apply", at)
    if row.side:
        raise Conflict(_("您已经报名，提交后不能改报。"))
    return row


def _require_private(row: Application, plan: Plan, field: str) -> None:
    if plan.window_id != row.window_id or plan.side != "private":
        sentence = _("请在本区公布的民办学校中选择。")
        raise Invalid(sentence, fields={field: sentence})


@action("enrolment.bind_twins", title=_("多胞胎捆绑或分开"), allow=is_the_guardian)
def bind_twins(
    actor: Actor, application: Application, *, sibling: Application, together: bool, at: datetime
) -> Application:
    """Both are drawn with one ticket, or each with one of its own; a change until applying closes."""
    one, other = (passage.locked(each) for each in sorted((application, sibling), key=lambda row: row.pk))
    require_open(one.window, "apply", at)
    is_the_guardian.require(actor, other)
    if not are_twins(one, other):
        raise Invalid(_("只有同一天出生、由同一位监护人登记的多胞胎才能捆绑。"))
    for row in (one, other):
        change(row, twins=one.pk, twins_together=together)
    return passage.locked(application)


def are_twins(one: Application, other: Application) -> bool:
    same = (one.window_id, one.guardian_id, one.child.born) == (
        other.window_id,
        other.guardian_id,
        other.child.born,
    )
    return same and one.pk != other.pk


@action("enrolment.ask_deferral", title=_("申请缓学"), allow=is_the_guardian)
def ask_deferral(actor: Actor, application: Application, *, reason: str, at: datetime) -> Deferral:
    from wutong.platforms.governance.enrolment.deferral import DEFERRAL  # noqa: PLC0415  # its steps call these verbs

    if not reason.strip():
        raise Invalid(_("请写明缓学的原因。"), fields={"reason": _("请写明缓学的原因。")})
    row = passage.advance(actor, application, "ask_deferral", at=at)
    case = open_case(actor, row.window.district, process=DEFERRAL, title=row.number, at=at)
    return create(Deferral(case=case, application=row, reason=reason.strip()))


@action("enrolment.ask_special", title=_("申请特殊教育评估"), allow=is_the_guardian)
def ask_special(actor: Actor, application: Application, *, needs: str, at: datetime) -> Application:
    """A child with special needs is never refused: from here on the district comes to the family."""
    if not needs.strip():
        raise Invalid(_("请简单写明孩子的情况。"), fields={"needs": _("请简单写明孩子的情况。")})
    return passage.advance(actor, application, "ask_special", at=at, special=needs.strip())


@action("enrolment.give_up", title=_("放弃录取"), allow=is_the_guardian)
def give_up(actor: Actor, application: Application, *, reason: str, at: datetime) -> Application:
    """The seat goes to the next; a second choice there is not."""
    row = passage.advance(actor, application, "give_up", at=at, reason=reason, school=None)
    seating.release(row, reason=reason, at=at)
    return row
