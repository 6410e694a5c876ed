"""A request to sign in, on its way through sign-in and consent: sealed, so that nobody changes it meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import msgspec

from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.applications.api import Client
from wutong.centres.identity.openid import client_jwt, once
from wutong.centres.identity.openid.digests import new_token, packed, unpacked
from wutong.centres.identity.openid.errors import NoWayBack, Refused
from wutong.centres.identity.openid.issuer import PUSHED
from wutong.centres.identity.openid.parameters import acceptable
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.secrets import SecretError

CONTEXT = "openid.ticket"
LIFE, PUSHED_LIFE, OBJECT_LIFE = 1_800, 90, 600
LONGEST = 6_000
OF_THE_TOKEN = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti"})


@dataclass(frozen=True)
class Ticket:
    """`given` are the parameters, `pushed` whether they came by PAR. `asked` is when the person was asked to prove
    oneself for this request (seconds since 1970, 0 if not yet), `raised` whether for a higher level."""

    given: dict[str, str]
    pushed: bool
    made: float
    asked: float = 0
    raised: bool = False

    def seal(self) -> str:
        return packed(keyring().seal(msgspec.json.encode(self).decode(), CONTEXT))

    def asking(self, at: datetime, *, raised: bool = False) -> Self:
        return replace(self, asked=at.timestamp(), raised=self.raised or raised)


def opened(text: str, at: datetime) -> Ticket:
    try:
        ticket = msgspec.json.decode(keyring().open(unpacked(text), CONTEXT), type=Ticket)
    except (ValueError, SecretError, msgspec.MsgspecError):
        raise NoWayBack("the request was changed on its way") from None
    if at.timestamp() - ticket.made > LIFE:
        raise NoWayBack("the request is too old")
    return ticket


def resolve(given: Mapping[str, str], *, issuer: str, at: datetime) -> Ticket:
    """What is really asked for: a pushed request, a signed one, or the parameters as they stand."""
    if "client_id" not in given:
        raise NoWayBack("client_id is missing")
    if given.get("request_uri", "").startswith(PUSHED):
        return _pushed(given, at)
    if sum(map(len, given.values())) > LONGEST:
        raise Refused("invalid_request", "the request is too long")
    return Ticket(plain(given, issuer=issuer, at=at), pushed=False, made=at.timestamp())


def push(given: Mapping[str, str]) -> str:
    """Keeps a request that was checked; the address under which it is asked for once."""
    name = new_token()
    once.keep("pushed", name, dict(given), PUSHED_LIFE)
    return PUSHED + name


def _pushed(given: Mapping[str, str], at: datetime) -> Ticket:
    kept: dict[str, str] | None = once.take("pushed", given["request_uri"].removeprefix(PUSHED))
    if kept is None or kept["client_id"] != given["client_id"]:
        raise NoWayBack("request_uri is not known, was used, or is too old", given["client_id"])
    return Ticket(kept, pushed=True, made=at.timestamp())


def plain(given: Mapping[str, str], *, issuer: str, at: datetime) -> dict[str, str]:
    """With a signed request its claims alone count (RFC 9101 §6.3); what stands beside it is not signed."""
    if "request" not in given:
        return dict(given)
    client = applications.client(given["client_id"])
    if client is None:
        raise NoWayBack("client_id is not known", given["client_id"])
    try:
        return _of_object(given, client, issuer, at)
    except client_jwt.Unsound as fault:
        raise Refused("invalid_request_object", str(fault), client_id=client.client_id) from None


def _of_object(given: Mapping[str, str], client: Client, issuer: str, at: datetime) -> dict[str, str]:
    claims = client_jwt.opened(given["request"], client)
    client_jwt.in_time(claims, at.timestamp(), longest=OBJECT_LIFE)
    if client_jwt.audience(claims) != {issuer} or claims.get("iss") != client.client_id:
        raise client_jwt.Unsound("iss must be the client and aud this centre")
    if claims.get("client_id", client.client_id) != client.client_id or {"request", "request_uri"} & set(
        claims
    ):
        raise client_jwt.Unsound(
            "client_id must be that of the client, and no request stands inside a request"
        )
    said = {name: _text(value) for name, value in claims.items() if name not in OF_THE_TOKEN}
    found = {name: value for name, value in said.items() if value and acceptable(name, value)}
    return {**found, "client_id": client.client_id}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode() if isinstance(value, dict | int) else ""
