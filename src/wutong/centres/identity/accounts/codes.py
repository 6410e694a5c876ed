"""One-time codes as people read and type them, and as the table keeps them."""

import secrets
import unicodedata

from wutong.kernel.people.keyring import keyring

# Without the letters and digits that are mistaken for each other: 32 signs, 5 bits each.
SIGNS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH = 10
DIGITS = 6
CONTEXT = "accounts.code"


def card_code() -> str:
    """50 random bits, in two groups: `K7PXM-2QDRA`."""
    text = "".join(secrets.choice(SIGNS) for _place in range(LENGTH))
    return f"{text[:5]}-{text[5:]}"


def sent_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def card_digest(code: str) -> bytes:
    """However it is typed: width, case, spaces and dashes do not count."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", code).upper() if sign.isalnum())
    return keyring().digest(plain, CONTEXT)


def sent_digest(reference: str, code: str) -> bytes:
    """Six digits are few, so each belongs to one reference and a few tries."""
    return keyring().digest(f"{reference}:{code}", CONTEXT)
