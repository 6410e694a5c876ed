"""Secrets of machines: long and random, so a fast keyed hash keeps them; a slow one would only slow the centre down."""

import hmac
import secrets
from datetime import datetime, timedelta

from wutong.centres.identity.applications.clients import Client, KeptSecret
from wutong.centres.identity.applications.models import ClientSecret
from wutong.kernel.people.keyring import keyring

CONTEXT = b"applications.secret\0"
NOTED_EVERY = timedelta(hours=1)
LONGEST = 200
# What a secret of nobody is compared with: as much work, and never equal.
NOBODYS = KeptSecret(0, secrets.token_bytes(32), None, None, None)


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    return hmac.digest(keyring().lookup, CONTEXT + secret.encode("utf-8", "surrogatepass"), "sha256")


def holds(client: Client | None, secret: str, at: datetime) -> bool:
    """Whether this is a secret of the client now. The same work for a client without secrets, or unknown."""
    rows = [each for each in (client.secrets if client else ()) if is_good(each, at)]
    shown, found = digest_of(secret[:LONGEST]), None
    for row in [*rows, NOBODYS]:
        if hmac.compare_digest(bytes(row.digest), shown):
            found = row
    if found is not None:
        _note(found, at)
    return found is not None


def is_good(row: KeptSecret, at: datetime) -> bool:
    return row.revoked is None and (row.expires is None or row.expires > at)


def _note(row: KeptSecret, at: datetime) -> None:
    """That a secret is in use is known to the hour: enough to see which one may be revoked."""
    if row.last_used is None or at - row.last_used >= NOTED_EVERY:
        ClientSecret.objects.unscoped("when it was last shown").filter(pk=row.pk).update(last_used=at)
