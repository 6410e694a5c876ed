"""When a browser session ends its grants end, and the applications that took part are told.

OpenID Connect Back-Channel Logout 1.0.
"""

import logging
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone

from wutong.centres.identity.accounts.events import SessionEnded
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.openid import keys
from wutong.centres.identity.openid.grants import GRANTS, end_grant
from wutong.centres.identity.openid.id_tokens import session_of
from wutong.centres.identity.openid.models import Grant
from wutong.centres.identity.openid.scopes import OFFLINE
from wutong.kernel.jobs.queue import ask
from wutong.kernel.policy import SYSTEM

log = logging.getLogger(__name__)
JOB = "openid.tell_of_logout"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFE = 120
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def on_session_ended(event: SessionEnded, event_id: int) -> None:
    """What was granted for longer than the session stays; every application that took part is told once."""
    at, told = timezone.now(), set()
    for grant in GRANTS.filter(sid=event.sid).order_by("pk"):
        if OFFLINE not in grant.scopes.split():
            end_grant(SYSTEM, grant, at=at, reason="signed out")
        if grant.client_id not in told:
            told.add(grant.client_id)
            ask(JOB, key=f"{JOB}:{grant.pk}", grant=grant.pk)


def tell(progress: Any, grant: int) -> str:
    """Job: tried again while the application cannot be reached; what it refuses is not sent twice."""
    row = GRANTS.filter(pk=grant).select_related("person").first()
    client = applications.client(row.client_id) if row else None
    if row is None or client is None or not client.backchannel_logout_uri:
        return ""
    token = logout_token(row, client, timezone.now())
    body = urlencode({"logout_token": token}).encode()
    status, _answer = applications.call("POST", client.backchannel_logout_uri, body=body, headers=FORM)
    if status >= 500 or status == 429:
        raise applications.Unreachable(f"{client.client_id} answered {status}")
    if status not in (200, 204):
        log.warning("%s did not take the logout: %s", client.client_id, status)
    return str(status)


def logout_token(grant: Grant, client: Any, at: datetime) -> str:
    now = int(at.timestamp())
    claims = {
        "iss": grant.issuer, "sub": applications.subject(client, grant.person), "aud": client.client_id,
        "iat": now, "exp": now + LIFE, "jti": uuid.uuid4().hex,
        "sid": session_of(client.client_id, grant.sid), "events": {EVENT: {}},
    }  # fmt: skip
    return keys.sign(claims, alg=client.id_token_alg, at=at, typ="logout+jwt")
