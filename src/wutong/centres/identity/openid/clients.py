"""Which application asks, and whether it is the one: secrets, signed assertions, or nothing to prove."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import unquote_plus

from django.http import HttpRequest

from wutong.centres.identity.accounts.api import address_of
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.applications.api import Client
from wutong.centres.identity.openid import client_jwt, registry
from wutong.centres.identity.openid.errors import Refused
from wutong.centres.identity.openid.issuer import issuer_of
from wutong.centres.identity.openid.once import first_use
from wutong.centres.identity.openid.throttle import CLIENTS, FAILURES

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRETS = ("client_secret_basic", "client_secret_post")
LONGEST_ASSERTION = 600


@dataclass(frozen=True)
class Shown:
    """What a request shows of its client."""

    client_id: str
    secret: str | None = None
    assertion: str | None = None
    by_header: bool = False


def authenticate(request: HttpRequest, given: Mapping[str, str], at: datetime) -> Client:
    """The client that asks. Who is unknown costs and answers the same as who shows the wrong secret."""
    address = address_of(request)
    if FAILURES.spent(address):
        raise too_often("")
    shown = shown_by(request, given)
    client = registry.client(shown.client_id) if len(shown.client_id) <= 100 else None
    if not _proved(request, client, shown, at) or client is None:
        FAILURES.take(address)
        raise refused(shown)
    if not CLIENTS.take(client.client_id):
        raise too_often(client.client_id)
    return client


def too_often(client_id: str) -> Refused:
    headers = {"Retry-After": "60"}
    return Refused(
        "temporarily_unavailable", "too many requests", status=429, client_id=client_id, headers=headers
    )


def refused(shown: Shown) -> Refused:
    headers = {"WWW-Authenticate": 'Basic realm="wutong"'} if shown.by_header else {}
    return Refused(
        "invalid_client",
        "the client could not be identified",
        status=401,
        client_id=shown.client_id,
        headers=headers,
    )


def shown_by(request: HttpRequest, given: Mapping[str, str]) -> Shown:
    """RFC 6749 §2.3: one way only."""
    header = request.headers.get("Authorization", "")
    basic = _basic(header) if header[:6].lower() == "basic " else None
    ways = [basic is not None, "client_secret" in given, "client_assertion" in given]
    if sum(ways) > 1:
        raise Refused("invalid_request", "a client proves itself in one way only")
    if basic is not None:
        if given.get("client_id", basic.client_id) != basic.client_id:
            raise refused(basic)
        return basic
    if "client_assertion" in given:
        return _asserted(given)
    return Shown(given.get("client_id", ""), secret=given.get("client_secret"))


def _basic(header: str) -> Shown:
    """Identifier and secret are form-encoded before they are joined (RFC 6749 §2.3.1)."""
    try:
        text = base64.b64decode(header[6:].strip(), validate=True).decode()
    except ValueError:
        text = ""
    name, _, secret = text.partition(":")
    return Shown(unquote_plus(name), secret=unquote_plus(secret), by_header=True)


def _asserted(given: Mapping[str, str]) -> Shown:
    if given.get("client_assertion_type") != ASSERTION:
        raise Refused("invalid_request", f"client_assertion_type must be {ASSERTION}")
    token = given["client_assertion"]
    return Shown(given.get("client_id") or _subject_of(token), assertion=token)


def _subject_of(token: str) -> str:
    """Whose assertion this claims to be; whether it is, its signature says."""
    claims = client_jwt.unverified(token)
    return claims["sub"] if isinstance(claims.get("sub"), str) else ""


def _proved(request: HttpRequest, client: Client | None, shown: Shown, at: datetime) -> bool:
    if shown.assertion is not None:
        return client is not None and _assertion_holds(request, client, shown.assertion, at)
    if shown.secret is not None:
        by_secret = client is not None and client.auth_method in SECRETS
        return applications.secret_holds(client if by_secret else None, shown.secret, at) and by_secret
    return client is not None and client.auth_method == "none" and not client.confidential


def _assertion_holds(request: HttpRequest, client: Client, token: str, at: datetime) -> bool:
    """RFC 7523 §3; meant for us alone, and used once."""
    if client.auth_method != "private_key_jwt":
        return False
    try:
        claims = client_jwt.opened(token, client)
        ends = client_jwt.in_time(claims, at.timestamp(), longest=LONGEST_ASSERTION)
    except client_jwt.Unsound:
        return False
    issuer, jti = issuer_of(request), claims.get("jti")
    ours = client_jwt.audience(claims) <= {
        issuer,
        f"{issuer}/oauth/token",
        request.build_absolute_uri(request.path),
    }
    if not (
        ours and client_jwt.audience(claims) and claims.get("iss") == claims.get("sub") == client.client_id
    ):
        return False
    if not isinstance(jti, str) or not 0 < len(jti) <= 300:
        return False
    return first_use("assertion", f"{client.client_id} {jti}", int(ends - at.timestamp()) + 60)
