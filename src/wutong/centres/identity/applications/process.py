"""The way of a registration: by the district if it is harmless, else, or where there is no district, by the city."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications import review
from wutong.centres.identity.applications.facts import differences, lines, with_facts
from wutong.centres.identity.applications.models import Application, Registration
from wutong.centres.identity.applications.rules import risk_of
from wutong.kernel.policy import Actor, holds, predicate
from wutong.kernel.process.engine import is_applicant, is_holder
from wutong.kernel.process.models import Case
from wutong.kernel.process.spec import Process, State, Step


@predicate
def keeps_it_here(actor: Actor, case: Case) -> bool:
    """Colleagues of the applicant; no office above withdraws what a school has asked for."""
    return any(
        role.name in ("officer", "clerk") and role.organisation_id == case.organisation_id
        for role in actor.roles
    )


@predicate
def is_anothers_or_harmless(actor: Actor, case: Case) -> bool:
    """Nobody approves an own request that could do harm."""
    risk = (
        Registration.objects.unscoped("how grave the case is").values_list("risk", flat=True).get(case=case)
    )
    return risk == Application.Risk.LOW or not is_applicant(actor, case)


def describe(actor: Actor, registration: Registration) -> Mapping[str, Any]:
    application = registration.application
    wanted = with_facts(application, registration.proposed)
    return {
        "template": "applications/case.html",
        "application": application,
        "new": not registration.before,
        "risk": risk_of(wanted),
        "level": risk_text(registration),
        "tone": TONES[registration.risk],
        "rows": differences(application, registration.before, registration.proposed)
        if registration.before
        else (),
        "lines": lines(wanted),
        "reason": registration.reason,
    }


def risk_text(row: Any) -> str:
    return gettext("风险%(level)s") % {"level": row.get_risk_display()}


TONES = {"low": "ok", "medium": "warn", "high": "late"}
DISTRICT = State("district", _("区级审核"), holder="officer", level="district", within=3)
CITY = State("city", _("市级审核"), holder="officer", level="city", within=5)
ENDS = (
    State("active", _("已启用"), outcome="approved"),
    State("returned", _("已退回修改"), outcome="refused"),
    State("withdrawn", _("已撤回"), outcome="withdrawn"),
)


def way(*stations: State) -> tuple[Step, ...]:
    """The steps of a registration that begins at the first of the stations."""
    at = tuple(state.name for state in stations)
    onwards = (Step("to_city", _("报市级审核"), ("district",), "city", by=is_holder),) if len(at) > 1 else ()
    hint = _("同意后立即生效，用户可以从这个应用登录。")
    may_approve, gives_up = is_holder & is_anothers_or_harmless, is_applicant | keeps_it_here
    return (
        Step(
            "approve", _("同意接入"), at, "active", by=may_approve, do=review.approve, tone="main", hint=hint
        ),
        *onwards,
        Step("return", _("退回修改"), at, "returned", by=is_holder, do=review.give_back, reason=True),
        Step("withdraw", _("撤回"), at, "withdrawn", by=gives_up, do=review.give_back, tone="stop"),
    )


NEAR = Process(
    name="application",
    title=_("应用接入申请"),
    prefix="YY",
    model=Registration,
    describe=describe,
    start="applications:new",
    may_start=holds("officer", "clerk", "operator", "provider"),
    states=(DISTRICT, CITY, *ENDS),
    steps=way(DISTRICT, CITY),
)
FAR = Process(
    name="application_city",
    title=_("应用接入申请（市级）"),
    prefix="YS",
    model=Registration,
    describe=describe,
    states=(CITY, *ENDS),
    steps=way(CITY),
)
