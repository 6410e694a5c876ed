"""How sure the centre is of who signed in.

`amr` names what was proved (RFC 8176): `pwd` a password, `otp` a code of an app, a card or a list, `sms` a code sent
to a phone, `hwk` a passkey, `pin` the pictures that belong to a badge. `acr` is one of four levels in rising order:

    BADGE       a badge and pictures, where a school lets small children do so
    PASSWORD    one factor that only its owner should know
    TWO_FACTOR  a password and a second thing
    PASSKEY     a key that a false page cannot use
"""

from collections.abc import Iterable, Mapping
from typing import Any

BADGE, PASSWORD, TWO_FACTOR, PASSKEY = (
    f"urn:wutong:acr:{name}" for name in ("badge", "password", "two-factor", "passkey")
)
LEVELS = (BADGE, PASSWORD, TWO_FACTOR, PASSKEY)
PROVED = {
    "password": "pwd",
    "totp": "otp",
    "recovery_codes": "otp",
    "webauthn": "hwk",
    "sms": "sms",
    "badge": "pin",
}


def amr_of(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """From allauth's records of a session: `method`, and for a second factor its `type`."""
    kinds = [record["type"] if record["method"] == "mfa" else record["method"] for record in records]
    return sorted({PROVED[kind] for kind in kinds if kind in PROVED})


def acr_of(amr: Iterable[str]) -> str:
    """What was not recorded is not assured: without any proof the lowest level."""
    proved = set(amr)
    if "hwk" in proved:
        return PASSKEY
    if "pwd" in proved:
        return TWO_FACTOR if proved & {"otp", "sms"} else PASSWORD
    return BADGE


def reaches(acr: str, wanted: str | None) -> bool:
    """A level that the house does not know is never reached."""
    if not wanted:
        return True
    return wanted in LEVELS and acr in LEVELS and LEVELS.index(acr) >= LEVELS.index(wanted)
