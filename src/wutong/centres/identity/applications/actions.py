"""Verbs of the registry."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications.addresses import normal
from wutong.centres.identity.applications.claims import CLAIMS
from wutong.centres.identity.applications.credentials import digest_of, new_secret
from wutong.centres.identity.applications.models import Application, ClientSecret, ServicePrefix
from wutong.centres.identity.applications.rules import faults, keeps_application, reviews, risk_of
from wutong.kernel.action import action, change, create, remove
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.people.models import Organisation, OrganisationIdentifier
from wutong.kernel.people.queries import root
from wutong.kernel.policy import SYSTEM, Actor

Secret = ClientSecret
# How long the old secret stays good while the new one is carried to all servers.
OVERLAP = timedelta(days=14)
MOST_SECRETS = 5


@dataclass(frozen=True)
class Made:
    """A new client, and its secret where it has one: the only time it is seen."""

    application: Application
    secret: str = field(default="", repr=False)


@action("applications.create", title=_("登记应用"), allow=reviews)
def create_client(actor: Actor, organisation: Organisation, *, at: datetime, **facts: Any) -> Made:
    """An application in use at once: for who could approve it, and for the command of the house."""
    application = Application(organisation=organisation, **facts)
    require_sound(application)
    application.state, application.risk = Application.State.ACTIVE, risk_of(application).level
    create(application)
    index_services(application)
    return Made(application, _issue(application, at) if needs_secret(application) else "")


def create_client_by_command(
    *, name: str, grant: str, scopes: list[str], addresses: list[str], organisation: str
) -> Made:
    """Who may run commands runs the house: open to everybody. The scopes say which claims are released, too."""
    claims = [name for name, claim in CLAIMS.items() if claim.scope in scopes]
    facts: dict[str, Any] = {"name": name, "grants": [grant], "scopes": scopes, "claims": claims}
    if grant == Application.Grant.CAS:
        known_by = "preferred_username" if "preferred_username" in claims else ""
        facts |= {
            "service_prefixes": addresses,
            "auth_method": Application.Proof.NONE,
            "user_claim": known_by,
        }
    else:
        facts |= {"redirect_uris": addresses}
    if "offline_access" in scopes:
        facts["grants"].append(Application.Grant.REFRESH)
    facts["reach"] = Application.Reach.ALL
    return create_client(SYSTEM, organisation_by_code(organisation), **facts)


def organisation_by_code(code: str) -> Organisation:
    """By a number in force that one organisation alone has; the city without one."""
    if not code:
        return root()
    rows = OrganisationIdentifier.objects.unscoped("an organisation by its number").filter(
        value=code, valid_to=None
    )
    found = list(rows.select_related("organisation")[:2])
    if len(found) != 1:
        raise Invalid(_("没有找到代码为 %(code)s 的单位，或者不止一个。") % {"code": code})
    return found[0].organisation


def needs_secret(application: Application) -> bool:
    return application.auth_method in (Application.Proof.BASIC, Application.Proof.POST)


def require_sound(application: Application) -> None:
    if found := faults(application):
        raise Invalid(next(iter(found.values())), fields=found)


def index_services(application: Application) -> None:
    """Brings the index of service prefixes in line; of two applications that want one prefix the second is refused."""
    wanted = {normal(each) for each in application.service_prefixes}
    rows = ServicePrefix.objects.unscoped("the index of an application")
    mine = rows.filter(application=application)
    if taken := rows.filter(prefix__in=wanted).exclude(application=application).first():
        sentence = _("服务地址 %(prefix)s 已经登记给另一个应用。") % {"prefix": taken.prefix}
        raise Conflict(sentence, fields={"service_prefixes": sentence})
    for row in mine.exclude(prefix__in=wanted):
        remove(row)
    for prefix in sorted(wanted - set(mine.values_list("prefix", flat=True))):
        create(ServicePrefix(application=application, prefix=prefix))


def _issue(application: Application, at: datetime) -> str:
    secret = new_secret()
    create(Secret(application=application, digest=digest_of(secret), hint=secret[-4:], created=at))
    return secret


@action("applications.issue_secret", title=_("生成应用密钥"), allow=keeps_application)
def issue_secret(actor: Actor, application: Application, *, at: datetime) -> str:
    """Shown once. Those there are stay good until they are revoked or, at the latest, `OVERLAP` from now."""
    if not needs_secret(application):
        raise Invalid(_("这个应用不使用密钥。"))
    for row in live_secrets(application, at):
        if row.expires is None or row.expires > at + OVERLAP:
            change(row, expires=at + OVERLAP)
    if len(live_secrets(application, at)) >= MOST_SECRETS:
        raise Conflict(_("同时有效的密钥太多，请先作废不再使用的。"))
    return _issue(application, at)


@action("applications.revoke_secret", title=_("作废应用密钥"), allow=keeps_application)
def revoke_secret(actor: Actor, secret: ClientSecret, *, at: datetime) -> ClientSecret:
    return change(secret, revoked=secret.revoked or at)


def live_secrets(application: Application, at: datetime) -> list[ClientSecret]:
    rows = Secret.objects.unscoped("the secrets of an application at hand").filter(
        application=application, revoked=None
    )
    return [row for row in rows.order_by("-created", "-pk") if row.expires is None or row.expires > at]
