"""Proof of possession (RFC 9449): a token that is bound to a key is worth nothing without the key."""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from joserfc import jws, jwt
from joserfc.jwk import import_key

from wutong.centres.identity.openid.client_jwt import BAD, moment
from wutong.centres.identity.openid.errors import Refused
from wutong.centres.identity.openid.issuer import issuer_of
from wutong.centres.identity.openid.once import first_use

KINDS = {"ES256": "EC", "RS256": "RSA"}
PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "k", "oth"})
WINDOW, LONGEST = 60, 4_000


def thumbprint_shown(request: HttpRequest, at: datetime, *, token: str = "") -> str:
    """Thumbprint of the key that the proof in `DPoP` shows; empty without the header.

    With `token` the proof must have been made for that access token. `Refused` as `invalid_dpop_proof`.
    """
    proof = request.headers.get("DPoP", "")
    if not proof:
        return ""
    if len(proof) > LONGEST:
        raise _bad("the proof is too long")
    key, claims = _opened(proof)
    _check(request, claims, at, token)
    thumbprint = key.thumbprint()
    if not first_use("dpop", f"{thumbprint} {claims['jti']}", 2 * WINDOW + 5):
        raise _bad("the proof was used before")
    return thumbprint


def _opened(proof: str) -> tuple[Any, dict[str, Any]]:
    try:
        header = jws.extract_compact(proof.encode()).headers()
        family = KINDS[header["alg"]]
        given = header["jwk"]
        if header.get("typ") != "dpop+jwt" or given.get("kty") != family or PRIVATE & set(given):
            raise ValueError("not the header of a proof")
        if family == "EC" and given.get("crv") != "P-256":
            raise ValueError("not the curve of ES256")
        key = import_key({name: given[name] for name in given if name not in ("use", "key_ops")})
        return key, jwt.decode(proof, key, algorithms=[header["alg"]]).claims
    except BAD:
        raise _bad("the proof is not signed as it should be") from None


def _check(request: HttpRequest, claims: dict[str, Any], at: datetime, token: str) -> None:
    made = moment(claims, "iat")
    if made is None or abs(at.timestamp() - made) > WINDOW:
        raise _bad("iat is missing or not now")
    if claims.get("htm") != request.method or claims.get("htu") != f"{issuer_of(request)}{request.path}":
        raise _bad("htm and htu are not those of this request")
    if not isinstance(claims.get("jti"), str) or not 0 < len(claims["jti"]) <= 300:
        raise _bad("jti is missing")
    if token and not hmac.compare_digest(str(claims.get("ath", "")).encode(), _ath(token)):
        raise _bad("ath is not that of the token")


def _ath(token: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=")


def _bad(description: str) -> Refused:
    return Refused("invalid_dpop_proof", description)
