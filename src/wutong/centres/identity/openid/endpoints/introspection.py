"""What a token is worth (RFC 7662), and that it shall be worth nothing any more (RFC 7009)."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from wutong.centres.identity.applications.api import Client, subject
from wutong.centres.identity.applications.api import client as client_named
from wutong.centres.identity.openid import grants, parameters
from wutong.centres.identity.openid.clients import authenticate
from wutong.centres.identity.openid.endpoints.answers import answer, endpoint
from wutong.centres.identity.openid.errors import Refused
from wutong.centres.identity.openid.models import AccessToken, Grant
from wutong.centres.identity.openid.scopes import INTROSPECT
from wutong.kernel.policy import SYSTEM


@endpoint("POST")
def introspect(request: HttpRequest) -> HttpResponse:
    """For tokens of the client's own; with the scope `introspect`, which is for those who keep interfaces, for all."""
    at = timezone.now()
    given = parameters.read(request.POST)
    client = authenticate(request, given, at)
    if not client.confidential:
        raise Refused("unauthorized_client", "a public client may not ask this", client_id=client.client_id)
    shown = parameters.required(given, "token")
    found = _about_access(client, shown, at) or _about_refresh(client, shown, at)
    return answer({"active": True, **found} if found else {"active": False})


def _about_access(asker: Client, shown: str, at: datetime) -> dict[str, Any] | None:
    token = grants.find(shown, at)
    owner = _owner(asker, token.client_id) if token else None
    if token is None or owner is None:
        return None
    found = {
        "client_id": token.client_id,
        "scope": token.scopes,
        "token_type": "DPoP" if token.jkt else "Bearer",
        "iat": int(token.issued.timestamp()),
        "exp": int(token.expires.timestamp()),
    }
    if token.jkt:
        found["cnf"] = {"jkt": token.jkt}
    return {**found, **(_of_person(asker, token.grant) if token.grant else {"sub": token.client_id})}


def _owner(asker: Client, client_id: str) -> Client | None:
    """The application a token was given to, if the one that asks may know of it."""
    if asker.client_id == client_id:
        return asker
    return client_named(client_id) if INTROSPECT in asker.scopes else None


def _of_person(asker: Client, grant: Grant) -> dict[str, Any]:
    """The number by which the one that asks knows the person: an interface does not learn a vendor's."""
    return {
        "iss": grant.issuer,
        "sub": subject(asker, grant.person),
        "acr": grant.acr,
        "auth_time": int(grant.auth_time.timestamp()),
    }


def _about_refresh(asker: Client, shown: str, at: datetime) -> dict[str, Any] | None:
    found = grants.family_of(shown)
    if found is None or found[0].client_id != asker.client_id:
        return None
    grant, serial = found
    if serial != grant.serial or not grants.alive(grant, at):
        return None
    facts = {"client_id": grant.client_id, "scope": grant.scopes, "token_type": "refresh_token"}
    times = {"iat": int(grant.issued.timestamp()), "exp": int(grant.expires.timestamp())}
    return {**facts, **times, **_of_person(asker, grant)}


@endpoint("POST", cross=True)
def revoke(request: HttpRequest) -> HttpResponse:
    """Its own only; a token that is unknown is as good as revoked. A refresh token takes its family with it."""
    at = timezone.now()
    given = parameters.read(request.POST)
    client = authenticate(request, given, at)
    shown = parameters.required(given, "token")
    family, access = grants.family_of(shown), grants.find(shown, at)
    for owner in (family[0].client_id if family else None, access.client_id if access else None):
        if owner not in (None, client.client_id):
            raise Refused(
                "invalid_grant", "the token was given to another client", client_id=client.client_id
            )
    if family:
        grants.end_grant(SYSTEM, family[0], at=at, reason="revoked")
    if access:
        AccessToken.objects.filter(pk=access.pk).delete()
    return answer({})
