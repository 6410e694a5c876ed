"""Secrets of machines: long and random, so a fast keyed hash keeps them; a slow one would only slow the centre down."""

import hmac
import secrets
from datetime import datetime, timedelta

from django.db.models import QuerySet

from wutong.centres.identity.applications.models import ClientSecret
from wutong.kernel.people.keyring import keyring
from wutong.kernel.prepared import Prepared, Text

CONTEXT = b"applications.secret\0"
NOTED_EVERY = timedelta(hours=1)
LONGEST = 200
# What a secret of nobody is compared with: as much work, and never equal.
NO_DIGEST = secrets.token_bytes(32)


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def digest_of(secret: str) -> bytes:
    return hmac.digest(keyring().lookup, CONTEXT + secret.encode("utf-8", "surrogatepass"), "sha256")


def holds(client_id: str, secret: str, at: datetime) -> bool:
    """Whether this is a secret of the client now. The same work for a client without secrets, or unknown."""
    rows = [row for row in _kept(Text(client_id)) if row.expires is None or row.expires > at]
    shown, found = digest_of(secret[:LONGEST]), None
    for row in [*rows, ClientSecret(digest=NO_DIGEST)]:
        if hmac.compare_digest(bytes(row.digest), shown):
            found = row
    if found is not None:
        _note(found, at)
    return found is not None


@Prepared
def _kept(client_id: str) -> QuerySet:
    rows = ClientSecret.objects.unscoped("a client shows its secret")
    return rows.filter(application__client_id=client_id, revoked=None).order_by("pk")


def _note(row: ClientSecret, at: datetime) -> None:
    """That a secret is in use is known to the hour: enough to see which one may be revoked."""
    if row.last_used is None or at - row.last_used >= NOTED_EVERY:
        ClientSecret.objects.unscoped("when it was last shown").filter(pk=row.pk).update(last_used=at)
