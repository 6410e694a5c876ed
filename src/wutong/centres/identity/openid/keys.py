"""Signing keys: one of each algorithm signs, the next is published before it does, the last one for a while after.

They lie sealed in the database, so that all processes of a house change over together, and are parsed once.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from wutong.centres.identity.openid.models import SigningKey
from wutong.kernel.action import action, change, create
from wutong.kernel.errors import NotFound
from wutong.kernel.people.keyring import keyring
from wutong.kernel.policy import SYSTEM, Actor, nobody

CONTEXT = "openid.key"
ALGORITHMS = ("ES256", "RS256")
KINDS: dict[str, Literal["EC", "RSA"]] = {"ES256": "EC", "RS256": "RSA"}
# Applications keep our keys for a day at the most; what a key signed is looked at for a week at the most.
LEAD, KEPT, AGE = timedelta(days=1), timedelta(days=7), timedelta(days=90)
# Seconds after which a process looks whether there are other keys.
FRESH = 60


@dataclass(frozen=True)
class Key:
    kid: str
    alg: str
    signs_from: datetime
    key: Any

    def public(self) -> dict[str, Any]:
        return {**self.key.as_dict(private=False), "kid": self.kid, "alg": self.alg, "use": "sig"}


class Ring:
    """The published keys of this house, read again now and then."""

    def __init__(self) -> None:
        self._parsed: dict[str, Key] = {}
        self._read = float("-inf")

    def all(self) -> list[Key]:
        if time.monotonic() - self._read > FRESH:
            self._parsed = {row.kid: self._parsed.get(row.kid) or _parse(row) for row in published()}
            self._read = time.monotonic()
        return list(self._parsed.values())

    def forget(self) -> None:
        self._read = float("-inf")

    def signing(self, alg: str, at: datetime) -> Key:
        able = [key for key in self.all() if key.alg == alg and key.signs_from <= at]
        if not able:
            raise NotFound(_("没有可用的签名密钥，请运行 wutong setup。"))
        return max(able, key=lambda key: key.signs_from)


RING = Ring()


def published(at: datetime | None = None) -> list[SigningKey]:
    still = Q(published_until=None) | Q(published_until__gt=at or timezone.now())
    return list(SigningKey.objects.filter(still).order_by("signs_from", "pk"))


def _parse(row: SigningKey) -> Key:
    pem = keyring().open(bytes(row.sealed), CONTEXT)
    return Key(row.kid, row.alg, row.signs_from, jwk.import_key(pem, KINDS[row.alg]))


def sign(claims: dict[str, Any], *, alg: str, at: datetime, typ: str = "JWT") -> str:
    key = RING.signing(alg, at)
    return jwt.encode({"alg": alg, "kid": key.kid, "typ": typ}, claims, key.key, algorithms=[alg])


def verify(token: str, issuer: str) -> dict[str, Any] | None:
    """The claims of an ID token that this house signed, expired or not; None for anything else."""
    keys = jwk.KeySet([jwk.import_key({**key.public(), "use": "sig"}) for key in RING.all()])
    try:
        found = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    ours = found.header.get("typ") == "JWT" and found.claims.get("iss") == issuer
    return found.claims if ours else None


def key_set() -> dict[str, Any]:
    return {"keys": [key.public() for key in RING.all()]}


@action("openid.rotate_keys", title=_("更换签名密钥"), allow=nobody)
def rotate(actor: Actor, subject: None, *, at: datetime, now: bool = False) -> list[SigningKey]:
    """A new key of each algorithm, that signs a day from now and then takes over.

    `now` is for keys that may have been stolen: the new ones sign at once, and the old are published no more, so that
    what they signed is believed by nobody.
    """
    made = [_replace(alg, at, now) for alg in ALGORITHMS]
    RING.forget()
    return made


def _replace(alg: str, at: datetime, now: bool) -> SigningKey:
    rows = [row for row in published(at) if row.alg == alg]
    signs_from = at if now or not rows else at + LEAD
    for row in rows:
        if now:
            change(row, published_until=at)
        elif row.published_until is None:
            change(row, published_until=max(row.signs_from, signs_from) + KEPT)
    key = jwk.ECKey.generate_key("P-256") if alg == "ES256" else jwk.RSAKey.generate_key(2048)
    sealed = keyring().seal(key.as_pem(private=True).decode(), CONTEXT)
    return create(SigningKey(kid=key.thumbprint(), alg=alg, sealed=sealed, made=at, signs_from=signs_from))


def prepare() -> None:
    """The first keys of a house."""
    if not SigningKey.objects.exists():
        rotate(SYSTEM, None, at=timezone.now())


def rotate_old(progress: Any = None, at: datetime | None = None) -> str:
    """Job: every 90 days; keys that nobody needs any more are removed."""
    at = at or timezone.now()
    SigningKey.objects.filter(published_until__lt=at).delete()
    newest = SigningKey.objects.order_by("-made").first()
    if newest is None or at - newest.made >= AGE:
        rotate(SYSTEM, None, at=at)
    return ""
