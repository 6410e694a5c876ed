"""Who calls: a key by HTTP Basic. Checked with a fast keyed digest, and known for some seconds."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Set
from dataclasses import dataclass

from django.http import HttpRequest

from wutong.kernel.people.keyring import keyring
from wutong.platforms.learning.records.models import Key
from wutong.platforms.learning.records.store import usage
from wutong.platforms.learning.records.store.people import origin
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.refusal import Refused

KNOWN_FOR = 5.0  # seconds: how long a revoked key may still be let in by another process


@dataclass(frozen=True)
class Caller:
    """`tenant` is the organisation whose store this is; `authority` is written into what the caller sends."""

    tenant: int
    scopes: frozenset[str]
    authority: JsonObject
    key: int = 0

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
    known = _known.get(mark)
    if known and known[0] > now:
        return known[1]
    found = _basic(authorization)
    usage.touch(found.key)
    if len(_known) > 10_000:
        _known.clear()
    _known[mark] = (now + KNOWN_FOR, found)
    return found


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
    raise Refused("credentials are needed: HTTP Basic with the user name and password of a key", status=401)


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
    return Caller(key.organisation_id, frozenset(key.scopes), authority, key.pk)
