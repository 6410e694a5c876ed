"""Who calls: a person on the pages' session, or a program with a token and its scopes."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja.utils import check_csrf

from wutong.centres.identity.openid.api import Bearer, TokenRefused, bearer
from wutong.config.api.errors import NotSignedIn, ScopeMissing
from wutong.kernel.errors import NotAllowed, Sentence
from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import Actor, Role

# What a token may be good for. A session has all of it, except numbers: those a page shows after asking again.
SCOPES: dict[str, Sentence] = {
    "registers:read": _("读台账"),
    "registers:write": _("登记和修改台账"),
    "numbers:read": _("查看完整号码，每次都记入审计日志"),
    "cases:read": _("读办件和待办"),
    "cases:write": _("发起和办理办件"),
    "search:read": _("搜索"),
}
ON_PAGES = frozenset(SCOPES) - {"numbers:read"}
WRITING = {"registers:write", "numbers:read"}


@dataclass(frozen=True)
class Caller:
    """`key` is whom limits and Idempotency-Keys belong to."""

    actor: Actor
    key: str
    scopes: frozenset[str]
    client: str = ""


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, as far away as the proxies in front can be believed."""
    trusted = settings.OPTION["proxies"]
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    return forwarded[-trusted] if 0 < trusted <= len(forwarded) else request.META.get("REMOTE_ADDR", "")


def caller_of(request: HttpRequest) -> Caller | None:
    """None for a stranger. A token that is no good is never made up for by a session: NotSignedIn."""
    if request.headers.get("Authorization"):
        return _with_token(request)
    if not request.user.is_authenticated:
        return None
    if check_csrf(request):
        raise NotAllowed(_("请求没有带上这次登录的 CSRF 令牌。"))
    return Caller(request.actor, f"account:{request.user.pk}", ON_PAGES)


def _with_token(request: HttpRequest) -> Caller:
    try:
        found = bearer(request)
    except TokenRefused as error:
        raise NotSignedIn(error.challenge) from None
    if found is None:
        raise NotSignedIn
    scopes = frozenset(found.scopes)
    actor = _person(found.person_id) if found.person_id else _machine(found, scopes)
    return Caller(actor, f"client:{found.client_id}:{found.person_id or ''}", scopes, found.client_id)


def _person(pk: int) -> Actor:
    return actor_of(Person.objects.unscoped("whom the token speaks for").filter(pk=pk).first())


def _machine(found: Bearer, scopes: frozenset[str]) -> Actor:
    """A program of its own sees what its organisation sees, and keeps records only where its scopes say so."""
    rows = Organisation.objects.unscoped("the client's own organisation")
    place = rows.get(pk=found.organisation)
    keeper = "clerk" if place.kind in ("school", "class") else "officer"
    role = Role(keeper if scopes & WRITING else "auditor", place.pk, place.path, place.kind)
    return Actor(None, found.client_id, (role,), kind="client")


class Scope:
    """What an operation needs, as django-ninja asks for it before the operation runs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, request: HttpRequest) -> Caller:
        caller: Caller | None = request.caller
        if caller is None:
            raise NotSignedIn
        if self.name and self.name not in caller.scopes:
            raise ScopeMissing
        return caller


def needs(scope: str = "") -> dict[str, Any]:
    """Options of an operation: the check, and the same in the description. Without a scope, any caller who is known."""
    security = [{"session": []}, {"token": [scope] if scope else []}]
    return {"auth": Scope(scope), "openapi_extra": {"security": security}}
