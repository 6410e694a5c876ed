"""A child the registers do not know as this guardian's: added where the household register says so."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, note
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Identifier, Person
from wutong.kernel.people.numbers import IdentityNumber
from wutong.kernel.people.queries import find_by_number, root
from wutong.kernel.people.rules import is_guardian, is_self
from wutong.kernel.policy import SYSTEM, Actor
from wutong.platforms.governance.enrolment.sources import SOURCES, Question
from wutong.platforms.governance.enrolment.sources.adapter import Unavailable


@action("enrolment.add_child", title=_("添加孩子"), allow=is_self)
def add_child(
    actor: Actor, guardian: Person, *, name: str, number: str, relation: str, at: datetime
) -> Person:
    """Only what kinship source and name agree on; whose child it is not learns nothing about it."""
    identity = IdentityNumber.parse(number, today=timezone.localdate(at))
    known = find_by_number("identity", identity.text)
    if known is not None and is_guardian(actor, known):
        raise Conflict(_("这个孩子已经在您名下。"))
    if not _is_kin(guardian, identity.text, relation) or (known is not None and known.name != name.strip()):
        raise Invalid(_("与户籍登记的监护关系核对不上。请核对姓名和号码，或带户口簿到区教育局办理。"))
    child = known or people.add_person(
        SYSTEM, root(), name=name.strip(), sex=identity.sex, born=identity.born, at=at
    )
    if known is None:
        people.set_identifier(SYSTEM, child, kind="identity", value=identity.text, at=at)
    people.set_guardianship(SYSTEM, child, guardian=guardian, relation=relation, at=at)
    note(child=child.pk)
    return child


def _is_kin(guardian: Person, child: str, relation: str) -> bool:
    rows = Identifier.objects.unscoped("the guardian's own number").filter(
        person=guardian, kind="identity", valid_to=None
    )
    own = rows.first()
    if own is None:
        return False
    try:
        answer = SOURCES["kinship"].ask_all([Question(f"{child}|{own.opened()}", {"relation": relation})])[0]
    except Unavailable:
        raise Conflict(_("户籍核对暂时不可用，请稍后再试。")) from None
    return answer.agrees
