"""How long statements are kept: rules that organisations keep as a register, and the work that follows them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Invalid
from wutong.kernel.people.models import Organisation
from wutong.kernel.people.rules import keeps_records
from wutong.kernel.policy import Actor
from wutong.kernel.register.spec import Entry
from wutong.platforms.learning.records.models import Retention
from wutong.platforms.learning.records.store.erasing import forget
from wutong.platforms.learning.records.store.rendering import stamp
from wutong.platforms.learning.records.xapi import atoms
from wutong.platforms.learning.records.xapi.refusal import Refused


@action("records.save_retention", title=_("规定学习记录保留期限"), allow=keeps_records)
def save_retention(
    actor: Actor, organisation: Organisation, *, retention: Retention | None, at: datetime, **values: Any
) -> Retention:
    """Who moves a rule to another organisation must keep the records of both."""
    _require_verb(values.get("verb") or "")
    if retention is None:
        return create(Retention(organisation=organisation, **values))
    keeps_records.require(actor, retention)
    return change(retention, organisation=organisation, **values)


def _require_verb(verb: str) -> None:
    try:
        if verb:
            atoms.iri(verb)
    except Refused:
        sentence = _("动词须是完整的网址形式，请从学习软件的说明中复制。")
        raise Invalid(rule="iri", fields={"verb": sentence}) from None


def save_entry(actor: Actor, entry: Entry, *, at: datetime) -> Retention:
    values: dict[str, Any] = {"days": entry.values["days"]} if "days" in entry.values else {}
    if "verb" in entry.values or entry.row is None:
        values["verb"] = entry.get("verb", "")
    return save_retention(actor, _organisation(actor, entry), retention=entry.row, at=at, **values)


def find(actor: Actor, entry: Entry) -> Retention | None:
    rows = Retention.objects.visible_to(actor).select_related("organisation")
    return rows.filter(organisation=_organisation(actor, entry), verb=entry.get("verb", "")).first()


def _organisation(actor: Actor, entry: Entry) -> Organisation:
    if entry.row is not None and entry.get("organisation") is None:
        return entry.row.organisation
    rows = Organisation.objects.visible_to(actor).filter(name=entry.get("organisation"))
    found = list(rows.exclude(kind="class")[:2])
    if len(found) != 1:
        sentence = _("没有找到这个机构，或者同名的不止一个，请填写机构全称。")
        raise Invalid(rule="organisation", fields={"organisation": sentence})
    return found[0]


def retain(progress: Any = None) -> str:
    """Deletes what is past its time. A rule for a verb stands before the one for all others."""
    rules = list(Retention.objects.unscoped("the rules of the house").order_by("pk"))
    now, gone = timezone.now(), 0
    for rule in rules:
        own = [each.verb for each in rules if each.organisation_id == rule.organisation_id and each.verb]
        before = stamp(now - timedelta(days=rule.days))
        gone += forget(rule.organisation_id, before=before, verb=rule.verb, spared=own)
    return gettext("已删除 %(count)d 条过期的学习记录。") % {"count": gone} if gone else ""
