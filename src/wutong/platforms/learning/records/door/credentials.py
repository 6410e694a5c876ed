"""Who calls: a key by HTTP Basic, or an application with a token of the identity centre."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Set
from dataclasses import dataclass

from django.http import HttpRequest

from wutong.centres.identity.openid import api as openid
from wutong.kernel.people.keyring import keyring
from wutong.platforms.learning.records.models import Key, Scope
from wutong.platforms.learning.records.rules import READS_MINE, WRITES
from wutong.platforms.learning.records.store import usage
from wutong.platforms.learning.records.store.people import agent_of, origin
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.refusal import Refused

NEEDED = "credentials are needed: user name and password of a key, or a token"
SCOPES: frozenset[str] = frozenset(Scope.values)
KNOWN_FOR = 5.0  # seconds: how long a revoked key may still be let in by another process


@dataclass(frozen=True)
class Caller:
    """`tenant` is the organisation whose store this is; `authority` is written into what the caller sends."""

    tenant: int
    scopes: frozenset[str]
    authority: JsonObject
    key: int = 0
    profiles: frozenset[str] = frozenset()

    @property
    def own(self) -> JsonObject:
        """The agent under whom what this caller wrote is found; of a pair, the person."""
        return self.authority["member"][0] if "member" in self.authority else self.authority

    def require(self, allowed: Set[str]) -> None:
        if not self.scopes & allowed:
            raise Refused("this key does not have the scope for that", status=403)


_known: dict[bytes, tuple[float, Caller]] = {}


def secret_digest(secret: str) -> bytes:
    """The secret has 256 random bits: one keyed hash is as good as many."""
    return hmac.digest(keyring().lookup, b"records.key\n" + secret.encode(), "sha256")


def caller(request: HttpRequest, authorization: str) -> Caller:
    """Raises `Refused` with 401 for anybody else."""
    mark, now = hashlib.blake2b(authorization.encode(), digest_size=16).digest(), time.monotonic()
    if not authorization[:6].lower().startswith("basic"):
        return _with_token(request)
    known = _known.get(mark)
    if known and known[0] > now:
        return known[1]
    found = _basic(authorization)
    usage.touch(found.key)
    if len(_known) > 10_000:
        _known.clear()
    _known[mark] = (now + KNOWN_FOR, found)
    return found


def _with_token(request: HttpRequest) -> Caller:
    """Never remembered: a proof of possession is used up by looking at it."""
    try:
        bearer = openid.bearer(request)
    except openid.TokenRefused as error:
        raise Refused(error.description, status=error.status, challenge=error.challenge) from None
    if bearer is None:
        raise Refused(NEEDED, status=401)
    return caller_of_bearer(bearer)


def caller_of_bearer(bearer: openid.Bearer) -> Caller:
    """An application for itself may what its scopes say. One that acts for a person writes and reads in their name:
    what it finds is what was written with that person's agreement, not the whole store.
    """
    application = {"objectType": "Agent", "account": {"homePage": origin(), "name": bearer.client_id}}
    if bearer.person_id is None:
        return Caller(bearer.organisation, bearer.scopes & SCOPES, application)
    scopes = (frozenset({Scope.WRITE}) if bearer.scopes & WRITES else frozenset()) | (
        frozenset({Scope.READ_MINE}) if bearer.scopes & READS_MINE else frozenset()
    )
    pair = {"objectType": "Group", "member": [agent_of(bearer.person_id), application]}
    return Caller(bearer.organisation, scopes, pair)


def forget() -> None:
    """After a key was revoked here."""
    _known.clear()


def _basic(authorization: str) -> Caller:
    scheme, _space, token = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            username, colon, secret = base64.b64decode(token.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            colon = ""
        if colon and (key := _key(username, secret)):
            return caller_of(key)
    raise Refused(NEEDED, status=401)


def _key(username: str, secret: str) -> Key | None:
    if "\x00" in username:
        return None
    rows = Key.objects.unscoped("a key is looked up by its own name and secret")
    key = rows.filter(username=username, revoked=None).first()
    digest = secret_digest(secret)
    return key if key and hmac.compare_digest(bytes(key.digest), digest) else None


def caller_of(key: Key) -> Caller:
    account = {"homePage": origin(), "name": key.username}
    authority = {"objectType": "Agent", "name": key.name, "account": account}
    return Caller(key.organisation_id, frozenset(key.scopes), authority, key.pk, frozenset(key.profiles))
