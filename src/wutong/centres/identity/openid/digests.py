"""Tokens are long and random, so a fast keyed hash keeps them (ADR 0021)."""

import base64
import hmac
import secrets

from wutong.kernel.people.keyring import keyring


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def keyed(text: str, kind: str) -> bytes:
    return hmac.digest(keyring().lookup, f"openid.{kind}\0{text}".encode("utf-8", "surrogatepass"), "sha256")


def digest_of(token: str, kind: str) -> str:
    """64 signs by which a token is found."""
    return keyed(token, kind).hex()


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unpacked(text: str) -> bytes:
    """Raises ValueError for what is no canonical base64url: one token has one spelling."""
    data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if packed(data) != text:
        raise ValueError("not canonical")
    return data
