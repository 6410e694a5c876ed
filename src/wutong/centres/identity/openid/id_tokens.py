"""ID tokens, and the name under which an application knows a browser session."""

import base64
import hmac
from datetime import datetime
from typing import Any

from wutong.centres.identity.accounts.api import standing
from wutong.centres.identity.applications.api import Client, subject
from wutong.centres.identity.openid import keys
from wutong.centres.identity.openid.digests import keyed
from wutong.centres.identity.openid.models import Grant
from wutong.centres.identity.openid.scopes import told

LIFE = 3600


def session_of(client_id: str, sid: str) -> str:
    """Its own for each application, or two of them could tell by the session that they have the same child."""
    return base64.urlsafe_b64encode(keyed(f"{client_id}\0{sid}", "sid")[:18]).decode()


def same_session(client_id: str, sid: str, shown: object) -> bool:
    return isinstance(shown, str) and hmac.compare_digest(session_of(client_id, sid).encode(), shown.encode())


def id_token(client: Client, grant: Grant, at: datetime, *, nonce: str = "") -> str:
    claims = claims_of(client, grant, at, nonce=nonce)
    return keys.sign({**_asked_for(client, grant, at), **claims}, alg=client.id_token_alg, at=at)


def claims_of(client: Client, grant: Grant, at: datetime, *, nonce: str = "") -> dict[str, Any]:
    """What stands in every ID token (OpenID Connect Core §2), before it is signed."""
    now = int(at.timestamp())
    claims: dict[str, Any] = {
        "iss": grant.issuer,
        "sub": subject(client, grant.person),
        "aud": client.client_id,
        "iat": now,
        "exp": now + LIFE,
        "auth_time": int(grant.auth_time.timestamp()),
        "acr": grant.acr,
        "amr": grant.amr,
    }
    if nonce:
        claims["nonce"] = nonce
    if grant.sid:
        claims["sid"] = session_of(client.client_id, grant.sid)
    return claims


def _asked_for(client: Client, grant: Grant, at: datetime) -> dict[str, Any]:
    """Facts of the person stand in the token only where they were asked for there, one by one."""
    names = grant.claims.get("id_token", ())
    if not names:
        return {}
    who = standing(grant.account, grant.sid)
    username = who.username if who else ""
    return told(client, grant.person, username=username, at=at, scopes=(), names=names)
