"""更正申请: a person says that a statement is wrong; who keeps the store decides. Accepted, it is voided (2.3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, note
from wutong.kernel.event import emit
from wutong.kernel.policy import Actor, predicate
from wutong.kernel.process.engine import is_applicant, is_holder
from wutong.kernel.process.spec import APPLICANT, Process, State, Step
from wutong.platforms.learning.records.events import CorrectionAccepted
from wutong.platforms.learning.records.mine.models import Correction
from wutong.platforms.learning.records.store import reading
from wutong.platforms.learning.records.store.people import origin
from wutong.platforms.learning.records.store.preparing import prepare
from wutong.platforms.learning.records.store.writing import append
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.statement import VOIDED, check


@predicate
def may_void(actor: Actor, correction: Correction) -> bool:
    return is_holder(actor, correction.case)


@action("records.void", title=_("作废学习记录"), allow=may_void)
def void(actor: Actor, correction: Correction, *, at: datetime) -> Correction:
    """In the organisation's own name. What is right is sent anew by the software that knows it."""
    note(statement=str(correction.statement))
    emit(CorrectionAccepted(correction.organisation_id, str(correction.statement)))
    return correction


def on_accepted(event: CorrectionAccepted, *, event_id: int) -> None:
    """The store may be another database than the case's: what was decided arrives there, once or more, as one."""
    tenant, wrong = event.organisation, UUID(event.statement)
    if reading.one(tenant, wrong.bytes) is None:
        return
    id = uuid5(wrong, f"correction {event_id}")
    check(_voiding(tenant, wrong, id), 1)
    append(lambda: prepare(tenant, _keeper(tenant), [_voiding(tenant, wrong, id)], major=1, defines=False))


def _voiding(tenant: int, wrong: UUID, id: UUID) -> JsonObject:
    return {
        "id": str(id),
        "actor": _keeper(tenant),
        "verb": {"id": VOIDED, "display": {"zh-CN": "作废了", "en": "voided"}},
        "object": {"objectType": "StatementRef", "id": str(wrong)},
    }


def _keeper(tenant: int) -> JsonObject:
    return {
        "objectType": "Agent",
        "account": {"homePage": origin(), "name": f"organisation-{tenant}"},
    }


def describe(actor: Actor, correction: Correction) -> Mapping[str, Any]:
    return {"template": "records/correction_case.html", "correction": correction}


CORRECTION = Process(
    name="correction",
    title=_("学习记录更正"),
    prefix="GZ",
    model=Correction,
    describe=describe,
    states=(
        State("asked", _("已提出"), holder=APPLICANT),
        State("school", _("学校核实"), holder="clerk", level="school", within=10),
        State("district", _("区教育局核实"), holder="officer", level="district", within=10),
        State("city", _("市教委核实"), holder="officer", level="city", within=10),
        State("corrected", _("已作废原记录"), outcome="approved"),
        State("kept", _("记录无误"), outcome="refused"),
        State("withdrawn", _("已撤回"), outcome="withdrawn"),
    ),
    steps=(
        Step("to_school", _("报学校核实"), ("asked",), "school", by=is_applicant),
        Step("to_district", _("报区教育局核实"), ("asked",), "district", by=is_applicant),
        Step("to_city", _("报市教委核实"), ("asked",), "city", by=is_applicant),
        Step(
            "void",
            _("作废这条记录"),
            ("school", "district", "city"),
            "corrected",
            by=is_holder,
            do=void,
            tone="main",
            hint=_("作废后不能恢复。正确的记录由学习软件重新上报。"),
        ),
        Step(
            "keep",
            _("记录无误"),
            ("school", "district", "city"),
            "kept",
            by=is_holder,
            reason=True,
            tone="stop",
        ),
        Step(
            "withdraw", _("撤回"), ("school", "district", "city"), "withdrawn", by=is_applicant, tone="stop"
        ),
    ),
)
