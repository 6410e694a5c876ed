"""The token endpoint: one function for each grant."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.applications.api import Client
from wutong.centres.identity.openid import codes, devices, dpop, grants, parameters
from wutong.centres.identity.openid.clients import authenticate
from wutong.centres.identity.openid.endpoints.answers import answer, endpoint
from wutong.centres.identity.openid.errors import Refused
from wutong.centres.identity.openid.id_tokens import id_token
from wutong.centres.identity.openid.issuer import issuer_of
from wutong.centres.identity.openid.models import Grant
from wutong.centres.identity.openid.scopes import OF_PEOPLE, OFFLINE, OPENID

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
NOT_OF_MACHINES = frozenset({OPENID, OFFLINE, *OF_PEOPLE})


@dataclass(frozen=True)
class Asking:
    """A request for tokens, by a client that has proved itself. `jkt` is the key it shows, empty without."""

    client: Client
    given: Mapping[str, str]
    at: datetime
    issuer: str
    jkt: str


@endpoint("POST", cross=True)
def token(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    given = parameters.read(request.POST)
    client = authenticate(request, given, at)
    asking = Asking(client, given, at, issuer_of(request), dpop.thumbprint_shown(request, at))
    kind = parameters.required(given, "grant_type")
    if kind not in GRANTS:
        raise Refused("unsupported_grant_type", "this grant_type is not offered", client_id=client.client_id)
    word, work = GRANTS[kind]
    if word not in client.grants:
        raise Refused(
            "unauthorized_client", "this grant was not approved for the client", client_id=client.client_id
        )
    if client.dpop_bound and not asking.jkt:
        raise Refused("invalid_dpop_proof", "this client must bind its tokens", client_id=client.client_id)
    return answer(work(asking))


def _by_code(asking: Asking) -> dict[str, Any]:
    code = codes.opened(parameters.required(asking.given, "code"))
    if code is None or (code.client_id, code.issuer) != (asking.client.client_id, asking.issuer):
        raise _refused(asking, "the code is not known")
    if asking.at.timestamp() - code.made > codes.LIFE:
        grants.replayed(grants.GRANTS.filter(code=code.number).first(), asking.at)
        raise _refused(asking, "the code is too old")
    if asking.given.get("redirect_uri") != code.redirect_uri:
        raise _refused(asking, "redirect_uri is not that of the request")
    _verify(asking, code.challenge)
    if code.jkt and code.jkt != asking.jkt:
        raise _refused(asking, "the code is bound to another key")
    begun = grants.Begun(
        code.number, code.issuer, code.scopes, code.sign_in,
        jkt=_bound(asking), nonce=code.nonce, userinfo=code.userinfo, id_token=code.id_token,
    )  # fmt: skip
    return _begin(asking, begun)


def _verify(asking: Asking, challenge: str) -> None:
    verifier = asking.given.get("code_verifier", "")
    if not VERIFIER.fullmatch(verifier):
        raise _refused(asking, "code_verifier is missing or malformed")
    shown = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    if not hmac.compare_digest(shown, challenge.encode()):
        raise _refused(asking, "code_verifier does not fit")


def _bound(asking: Asking) -> str:
    """A public client's refresh tokens are bound to its key (RFC 9449 §5)."""
    return asking.jkt if not asking.client.confidential else ""


def _begin(asking: Asking, begun: grants.Begun) -> dict[str, Any]:
    if grants.stands(begun.sign_in.account, begun.sign_in.sid, begun.scopes) is None:
        raise _refused(asking, "the person signed out meanwhile")
    grant, access = grants.begin(asking.client, begun, asking.at, jkt=asking.jkt)
    applications.signed_in(asking.client.client_id, grant.person_id, "openid", asking.at)
    return _tokens(asking, grant, access, begun.scopes, nonce=begun.nonce)


def _tokens(
    asking: Asking, grant: Grant, access: str, scopes: tuple[str, ...], *, nonce: str = ""
) -> dict[str, Any]:
    found = _access(asking, access, scopes)
    if "refresh_token" in asking.client.grants:
        found["refresh_token"] = grants.refresh_token_of(grant)
    if OPENID in scopes:
        found["id_token"] = id_token(asking.client, grant, asking.at, nonce=nonce)
    return found


def _access(asking: Asking, access: str, scopes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "access_token": access,
        "token_type": "DPoP" if asking.jkt else "Bearer",
        "expires_in": int(grants.ACCESS.total_seconds()),
        "scope": " ".join(scopes),
    }


def _by_refresh(asking: Asking) -> dict[str, Any]:
    shown = parameters.required(asking.given, "refresh_token")
    wanted = parameters.words(asking.given.get("scope", ""))
    grant = grants.carry_on(asking.client, shown, wanted, asking.at, jkt=asking.jkt)
    scopes = wanted or tuple(grant.scopes.split())
    access = grants.issue(asking.client, grant, scopes, asking.at, jkt=asking.jkt)
    return _tokens(asking, grant, access, scopes)


def _for_itself(asking: Asking) -> dict[str, Any]:
    approved = tuple(scope for scope in asking.client.scopes if scope not in NOT_OF_MACHINES)
    scopes = parameters.words(asking.given.get("scope", "")) or approved
    if set(scopes) - set(approved):
        raise Refused(
            "invalid_scope", "a scope was not approved for this client", client_id=asking.client.client_id
        )
    access = grants.issue(asking.client, None, scopes, asking.at, jkt=asking.jkt)
    return _access(asking, access, scopes)


def _by_device(asking: Asking) -> dict[str, Any]:
    shown = parameters.required(asking.given, "device_code")
    begun = devices.redeem(asking.client, shown, asking.at, issuer=asking.issuer, jkt=asking.jkt)
    return _begin(asking, replace(begun, jkt=_bound(asking)))


def _refused(asking: Asking, description: str) -> Refused:
    return Refused("invalid_grant", description, client_id=asking.client.client_id)


GRANTS: dict[str, tuple[str, Callable[[Asking], dict[str, Any]]]] = {
    "authorization_code": ("authorization_code", _by_code),
    "refresh_token": ("refresh_token", _by_refresh),
    "client_credentials": ("client_credentials", _for_itself),
    "urn:ietf:params:oauth:grant-type:device_code": ("device_code", _by_device),
}
