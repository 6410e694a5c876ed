"""The way of a registration: by the district if it is harmless, else, or where there is no district, by the city."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications import review
from wutong.centres.identity.applications.facts import differences, with_facts
from wutong.centres.identity.applications.models import Application, Registration
from wutong.centres.identity.applications.rules import held_over, keeps_application, risk_of
from wutong.kernel.policy import Actor, holds, nobody, predicate
from wutong.kernel.process.engine import is_applicant, is_holder
from wutong.kernel.process.models import Case
from wutong.kernel.process.spec import Process, State, Step


@predicate
def operates_above(actor: Actor, case: Case) -> bool:
    return held_over(actor, case, "operator")


@predicate
def is_anothers_or_harmless(actor: Actor, case: Case) -> bool:
    """Nobody approves an own request that could do harm."""
    risk = (
        Registration.objects.unscoped("how grave the case is").values_list("risk", flat=True).get(case=case)
    )
    return risk == Application.Risk.LOW or not is_applicant(actor, case)


reviewer = is_holder | operates_above


def describe(actor: Actor, registration: Registration) -> Mapping[str, Any]:
    application = registration.application
    wanted = with_facts(application, registration.proposed)
    return {
        "template": "applications/case.html",
        "application": application,
        "new": not registration.before,
        "risk": risk_of(wanted),
        "level": registration.get_risk_display(),
        "tone": TONES[registration.risk],
        "rows": differences(application, registration.before, registration.proposed),
        "reason": registration.reason,
    }


TONES = {"low": "ok", "medium": "warn", "high": "late"}
REGISTRATION = Process(
    name="application",
    title=_("应用接入申请"),
    prefix="YY",
    model=Registration,
    describe=describe,
    start="applications:new",
    may_start=holds("officer", "clerk", "operator", "provider"),
    states=(
        State("city", _("市级审核"), holder="officer", level="city", within=5),
        State("district", _("区级审核"), holder="officer", level="district", within=3),
        State("active", _("已启用"), outcome="approved"),
        State("returned", _("已退回修改"), outcome="refused"),
        State("withdrawn", _("已撤回"), outcome="withdrawn"),
    ),
    steps=(
        Step("to_district", _("风险不高，由区审核"), ("city",), "district", by=nobody),
        Step(
            "approve",
            _("同意接入"),
            ("city", "district"),
            "active",
            by=reviewer & is_anothers_or_harmless,
            do=review.approve,
            tone="main",
            hint=_("同意后立即生效，用户可以从这个应用登录。"),
        ),
        Step("to_city", _("报市级审核"), ("district",), "city", by=reviewer),
        Step(
            "return",
            _("退回修改"),
            ("city", "district"),
            "returned",
            by=reviewer,
            do=review.give_back,
            reason=True,
        ),
        Step(
            "withdraw",
            _("撤回"),
            ("city", "district"),
            "withdrawn",
            by=is_applicant | keeps_application & ~reviewer,
            do=review.give_back,
            tone="stop",
        ),
    ),
)
