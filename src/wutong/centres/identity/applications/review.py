"""Registering and altering an application: asked by its keepers, decided by district or city, in force at once."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications.actions import index_services, require_sound
from wutong.centres.identity.applications.facts import FACTS, facts_of, with_facts
from wutong.centres.identity.applications.models import Application, Registration
from wutong.centres.identity.applications.rules import decides, keeps_application, risk_of
from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.kernel.process.engine import open_case

State, Risk = Application.State, Application.Risk


@action("applications.draft", title=_("起草应用登记"), allow=keeps_application)
def draft(actor: Actor, organisation: Organisation, *, at: datetime, **facts: Any) -> Application:
    """Nothing can be done with a draft but finishing it."""
    application = Application(organisation=organisation, responsible_id=actor.person_id, **facts)
    require_sound(application)
    application.risk = risk_of(application).level
    return create(application)


@action("applications.revise", title=_("修改应用草稿"), allow=keeps_application)
def revise(actor: Actor, application: Application, *, at: datetime, **facts: Any) -> Application:
    if application.state != State.DRAFT:
        raise Conflict(_("这个应用已经提交，请在申请办结后再改。"))
    wanted = with_facts(application, facts)
    require_sound(wanted)
    return change(application, **facts, risk=risk_of(wanted).level)


@action("applications.ask", title=_("申请应用接入"), allow=keeps_application)
def ask(
    actor: Actor, application: Application, *, proposed: dict[str, Any], reason: str, at: datetime
) -> Registration:
    """An application in use stays as it is until the change is approved."""
    application = (
        Application._base_manager.select_for_update(of=("self",))
        .select_related("organisation")
        .get(pk=application.pk)
    )
    _require_free(application)
    before, proposed = _asked(application, proposed)
    wanted = with_facts(application, proposed)
    require_sound(wanted)
    risk = risk_of(wanted).level
    near = risk != Risk.HIGH and below_district(application.organisation)
    process = REGISTRY.process("application" if near else "application_city")
    case = open_case(actor, application.organisation, process=process, title=wanted.name, at=at)
    made = create(
        Registration(
            case=case, application=application, before=before, proposed=proposed, reason=reason, risk=risk
        )
    )
    if application.state == State.DRAFT:
        change(application, state=State.IN_REVIEW)
    return made


def _asked(application: Application, proposed: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Before and after: all of a draft, and of an application in use what differs."""
    now = facts_of(application)
    if application.state == State.DRAFT:
        return {}, {**now, **proposed}
    differing = {name: proposed[name] for name in FACTS if name in proposed and proposed[name] != now[name]}
    if not differing:
        raise Invalid(_("还没有改动任何一项。"))
    return {name: now[name] for name in differing}, differing


def _require_free(application: Application) -> None:
    waiting = Registration.objects.unscoped("one request at a time").filter(
        application=application, case__closed=None
    )
    if waiting.exists():
        raise Conflict(_("这个应用已有一件申请在办理中，请等办结或撤回后再申请。"))
    if application.state == State.SUSPENDED:
        raise Conflict(_("这个应用已停用，请先恢复再申请变更。"))


def below_district(organisation: Organisation | None) -> bool:
    while organisation is not None and organisation.kind != "district":
        organisation = organisation.parent
    return organisation is not None


@action("applications.approve", title=_("应用接入生效"), allow=decides)
def approve(actor: Actor, registration: Registration, *, at: datetime) -> Application:
    """Writes what was asked, if the application still says what it said when it was asked."""
    application = registration.application
    now = facts_of(application)
    if any(now[name] != value for name, value in registration.before.items()):
        raise Conflict(_("申请之后应用登记已被修改，请退回申请人核对后重新提交。"))
    require_sound(with_facts(application, registration.proposed))
    change(application, **registration.proposed, state=State.ACTIVE, risk=registration.risk)
    index_services(application)
    return application


@action("applications.give_back", title=_("退回应用申请"), allow=decides | keeps_application)
def give_back(actor: Actor, registration: Registration, *, at: datetime) -> Application:
    """Returned or withdrawn: a new application is a draft again, one in use stays as it is."""
    application = registration.application
    if application.state == State.IN_REVIEW:
        change(application, state=State.DRAFT)
    return application


@action("applications.suspend", title=_("停用应用"), allow=decides | keeps_application)
def suspend(actor: Actor, application: Application, *, at: datetime) -> Application:
    """Nobody signs in to it from now on, and none of its secrets and tickets holds."""
    if application.state != State.ACTIVE:
        raise Conflict(_("只有已启用的应用可以停用。"))
    return change(application, state=State.SUSPENDED)


@action("applications.resume", title=_("恢复应用"), allow=decides)
def resume(actor: Actor, application: Application, *, at: datetime) -> Application:
    if application.state != State.SUSPENDED:
        raise Conflict(_("这个应用没有停用。"))
    return change(application, state=State.ACTIVE)


@action("applications.trust", title=_("设置授权确认"), allow=decides)
def trust(actor: Actor, application: Application, *, trusted: bool, at: datetime) -> Application:
    """Whether people are spared the question if the application may know them."""
    return change(application, trusted=trusted)
