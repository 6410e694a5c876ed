"""What a family does before it applies: registers, fills in, confirms, takes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import formats
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create, remove
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.people.models import Person
from wutong.kernel.people.rules import is_guardian
from wutong.kernel.policy import Actor
from wutong.kernel.prepared import Prepared
from wutong.platforms.governance.enrolment import passage, sheet
from wutong.platforms.governance.enrolment.models import Application, Document, Window
from wutong.platforms.governance.enrolment.phases import require_open
from wutong.platforms.governance.enrolment.prefill import prefilled
from wutong.platforms.governance.enrolment.rules import is_the_guardian, runs_enrolment

FILLED = frozenset({"household", "home", "permit", "entry", "stays"})


@action("enrolment.register", title=_("入学信息登记"), allow=is_guardian)
def register(actor: Actor, child: Person, *, window: Window, at: datetime) -> Application:
    """The actor becomes the 关联监护人. Of two guardians at once one is first, the other is told who."""
    require_open(window, "registration", at)
    rules = window.rules
    if not rules.is_of_age(child.born):
        sentence = _("这一批招收 {first} 至 {last} 出生的孩子。")
        first, last = (formats.date_format(day, "DATE_FORMAT") for day in (rules.born_from, rules.born_to))
        raise Invalid(format_lazy(sentence, first=first, last=last))
    _nobody_was_first(actor, child, window)
    try:
        with transaction.atomic():
            made = create(_application(actor, child, window, at))
    except IntegrityError:
        _nobody_was_first(actor, child, window)
        raise Conflict from None
    passage.begin(actor, made, at=at)
    return made


def _application(actor: Actor, child: Person, window: Window, at: datetime) -> Application:
    return Application(
        window=window, year=window.year, stage=window.stage, child=child, guardian_id=actor.person_id,
        sheet=prefilled(actor, child), at=at,
    )  # fmt: skip


def _nobody_was_first(actor: Actor, child: Person, window: Window) -> None:
    found = next((row for row in _standing(child.pk) if row.year == window.year), None)
    if found is None:
        return
    if found.guardian_id == actor.person_id:
        raise Conflict(_("您已经为孩子登记过，请接着办。"))
    name = str(found.guardian)
    raise Conflict(format_lazy(_("{name}已经为孩子登记，今年由{name}办理，您可以随时查看。"), name=name))


@Prepared
def _standing(child: int) -> QuerySet:
    rows = Application.objects.unscoped("a child registers once in the city").select_related("guardian")
    return rows.filter(child=child).exclude(state="withdrawn")


@action("enrolment.fill", title=_("填写信息登记表"), allow=is_the_guardian)
def fill(actor: Actor, application: Application, *, parts: dict[str, Any], at: datetime) -> Application:
    """`parts` replace those of the same name; what the registers say of the child is not the family's to write."""
    if set(parts) - FILLED:
        raise Invalid(_("这一项由系统登记，不能改写；有误请到学校或派出所更正。"))
    row = passage.locked(application)
    require_open(row.window, "registration", at)
    if row.state != "draft":
        raise Conflict(_("登记表已经确认锁定，不能再改。确有错误请联系区教育局退回重填。"))
    return change(row, sheet={**row.sheet, **parts})


@action("enrolment.confirm", title=_("确认信息登记表"), allow=is_the_guardian)
def confirm(actor: Actor, application: Application, *, at: datetime) -> Application:
    row = passage.locked(application)
    require_open(row.window, "registration", at)
    missing = sheet.gaps(row.sheet)
    if missing:
        raise Invalid(missing[0].sentence, fields={gap.part: gap.sentence for gap in missing})
    row = passage.advance(actor, row, "confirm", at=at, confirmed=at)
    _ask_for_documents(row)
    return row


def _ask_for_documents(application: Application) -> None:
    """Exactly those that the sheet calls for; what it no longer calls for goes."""
    kinds = sheet.needed(application.sheet)
    held = {row.kind: row for row in Document.objects.unscoped("of this one").filter(application=application)}
    for kind in kinds:
        if kind not in held:
            create(Document(application=application, kind=kind))
    for kind, row in held.items():
        if kind not in kinds:
            remove(row)


@action("enrolment.withdraw", title=_("撤销登记"), allow=is_the_guardian)
def withdraw(actor: Actor, application: Application, *, at: datetime) -> Application:
    """Before the lock a family may take it back, and the other guardian may begin anew."""
    return passage.advance(actor, application, "withdraw", at=at)


@action("enrolment.reopen", title=_("退回重填"), allow=runs_enrolment)
def reopen(actor: Actor, application: Application, *, reason: str, at: datetime) -> Application:
    return passage.advance(actor, application, "reopen", at=at, reason=reason, confirmed=None)


@action("enrolment.cancel", title=_("撤销报名"), allow=runs_enrolment)
def cancel(actor: Actor, application: Application, *, reason: str, at: datetime) -> Application:
    return passage.advance(actor, application, "cancel", at=at, reason=reason)
