"""Tokens that applications sign with their own keys: proofs of who they are, and requests."""

import json
from functools import lru_cache
from typing import Any

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from wutong.centres.identity.applications.api import Client

ALGORITHMS = ("ES256", "RS256", "PS256")
KINDS = {"ES256": "EC", "RS256": "RSA", "PS256": "RSA"}
BAD = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


class Unsound(Exception):
    """Not signed by the client, or not as it should be; the text says what, for the description of the error."""


def opened(token: str, client: Client) -> dict[str, Any]:
    """The claims, if one of the client's registered keys signed them. `none` and shared secrets are no signature."""
    alg, kid = _header(token)
    for given, key in _keys(json.dumps(client.jwks, sort_keys=True)):
        if given.get("kty") == KINDS[alg] and (not kid or given.get("kid") == kid):
            try:
                return jwt.decode(token, key, algorithms=[alg]).claims
            except BAD:
                continue
    raise Unsound("the signature does not hold")


def _header(token: str) -> tuple[str, str]:
    try:
        header = jws.extract_compact(token.encode()).headers()
        alg, kid = header.get("alg"), header.get("kid", "")
    except BAD:
        raise Unsound("this is no signed token") from None
    if alg not in ALGORITHMS or not isinstance(kid, str):
        raise Unsound(f"alg must be one of {', '.join(ALGORITHMS)}")
    return alg, kid


@lru_cache(maxsize=512)
def _keys(jwks: str) -> tuple[tuple[dict[str, Any], Any], ...]:
    """Parsed once; a key that cannot be read is no key."""
    found = []
    for each in json.loads(jwks).get("keys", []):
        try:
            found.append((each, import_key(each)))
        except BAD:
            continue
    return tuple(found)


def audience(claims: dict[str, Any]) -> set[str]:
    given = claims.get("aud")
    return {each for each in (given if isinstance(given, list) else [given]) if isinstance(each, str)}


def moment(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def in_time(claims: dict[str, Any], now: float, *, longest: float, leeway: float = 30) -> float:
    """When it ends. Unsound if it has, if it has not begun, or if it would hold for longer than `longest` seconds."""
    ends, begins = moment(claims, "exp"), moment(claims, "nbf")
    if ends is None or ends + leeway <= now:
        raise Unsound("exp is missing or past")
    if ends > now + longest + leeway:
        raise Unsound(f"exp lies more than {longest:.0f} seconds ahead")
    if (begins or now) > now + leeway:
        raise Unsound("nbf lies ahead")
    return ends


def unverified(token: str) -> dict[str, Any]:
    """What a token says before anybody believes it; empty for what is none."""
    try:
        claims = json.loads(jws.extract_compact(token.encode()).payload)
    except BAD:
        return {}
    return claims if isinstance(claims, dict) else {}
