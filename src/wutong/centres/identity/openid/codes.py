"""The authorization code: all it stands for, sealed into itself.

Nothing is written when a code is given out, so that a look at the authorization endpoint stays a look. Its number
becomes unique in a row when it is redeemed: the database decides which of several is the first.
"""

import uuid
from dataclasses import dataclass, field
from typing import Any

import msgspec

from wutong.centres.identity.openid.digests import packed, unpacked
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.secrets import SecretError

CONTEXT = "openid.code"
LIFE = 60


@dataclass(frozen=True)
class SignIn:
    """Who signed in, how and when: what a grant says of its person. Times in seconds since 1970."""

    person: int
    account: int
    sid: str
    auth_time: float
    acr: str
    amr: tuple[str, ...]


def sign_in_of(session: Any) -> SignIn:
    """Of a browser session of the accounts."""
    return SignIn(
        person=session.account.person_id,
        account=session.account_id,
        sid=session.sid,
        auth_time=session.auth_time.timestamp(),
        acr=session.acr,
        amr=tuple(session.amr),
    )


@dataclass(frozen=True)
class Code:
    client_id: str
    issuer: str
    redirect_uri: str
    challenge: str
    scopes: tuple[str, ...]
    sign_in: SignIn
    made: float
    nonce: str = ""
    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    jkt: str = ""
    number: uuid.UUID = field(default_factory=uuid.uuid4)


def seal(code: Code) -> str:
    return packed(keyring().seal(msgspec.json.encode(code).decode(), CONTEXT))


def opened(text: str) -> Code | None:
    """None for what this house did not give out. Whether it is still good, the caller asks."""
    try:
        return msgspec.json.decode(keyring().open(unpacked(text), CONTEXT), type=Code)
    except (ValueError, SecretError, msgspec.MsgspecError):
        return None
