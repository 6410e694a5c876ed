"""Tokens that are shown: in the header, bound to a key or not."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from wutong.centres.identity.applications.api import Client
from wutong.centres.identity.openid import dpop, grants, registry
from wutong.centres.identity.openid.errors import Refused, TokenRefused
from wutong.centres.identity.openid.models import AccessToken

HEADER = re.compile(r"(Bearer|DPoP) +([A-Za-z0-9._~+/=-]{1,500})", re.IGNORECASE)
FOREIGN = re.compile(r"(?!(Bearer|DPoP)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Shown:
    """A token that holds, and the client it was given to."""

    token: AccessToken
    client: Client

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset(self.token.scopes.split())


def shown_by(request: HttpRequest, at: datetime, *, body: str = "") -> Shown | None:
    """None without a token. TokenRefused for one that does not hold."""
    header = request.headers.get("Authorization", "")
    if not header or FOREIGN.match(header):
        return _holding(request, "Bearer", body, at) if body else None
    found = HEADER.fullmatch(header)
    if found is None or body:
        raise TokenRefused("invalid_request", "one token, in one place", status=400)
    scheme = "DPoP" if found[1].lower() == "dpop" else "Bearer"
    return _holding(request, scheme, found[2], at)


def _holding(request: HttpRequest, scheme: str, text: str, at: datetime) -> Shown:
    token = grants.find(text, at)
    client = registry.client(token.client_id) if token else None
    if token is None or client is None:
        raise TokenRefused("invalid_token", "the token is unknown, expired or revoked", scheme=scheme)
    if token.jkt or scheme == "DPoP":
        _require_key(request, scheme, token, text, at)
    return Shown(token, client)


def _require_key(request: HttpRequest, scheme: str, token: AccessToken, text: str, at: datetime) -> None:
    """A bound token goes with its proof, and only as such (RFC 9449 §7.2)."""
    if scheme != "DPoP" or not token.jkt:
        raise TokenRefused("invalid_token", "the token is shown under the wrong scheme", scheme="DPoP")
    try:
        if dpop.thumbprint_shown(request, at, token=text) != token.jkt:
            raise TokenRefused("invalid_token", "the proof is missing or of another key", scheme="DPoP")
    except Refused as fault:
        raise TokenRefused(fault.code, fault.description, scheme="DPoP") from None
