"""Signed statements (1.0.3 part 2, 2.6): a JWS as attachment, whose payload says what the statement says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.compare import same
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.statement import check
from wutong.platforms.learning.records.xapi.strict import parse

USAGE = "http://adlnet.gov/expapi/attachments/signature"
CONTENT_TYPE = "application/octet-stream"
LARGEST = 2**20
ALGORITHMS: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "RS256": hashes.SHA256,
    "RS384": hashes.SHA384,
    "RS512": hashes.SHA512,
}


def verify(jws: bytes, statement: JsonObject, major: int) -> None:
    """Raises `Refused` unless the signature holds: form, algorithm, payload, and the certificate where one is there."""
    from_dots = jws.strip().split(b".")
    if len(from_dots) != 3:
        raise Refused("the signature is not a JWS in compact serialization")
    header, payload, signature = map(_decoded, from_dots)
    facts = _object(header, "header")
    algorithm = ALGORITHMS.get(str(facts.get("alg")))
    if algorithm is None:
        raise Refused(f"the signature must use one of {', '.join(ALGORITHMS)}")
    if "x5c" in facts:
        key = _public_key(facts["x5c"])
        try:
            key.verify(signature, b".".join(from_dots[:2]), PKCS1v15(), algorithm())
        except InvalidSignature:
            raise Refused("the signature does not hold") from None
    _same(_object(payload, "payload"), statement, major)


def _same(signed: JsonObject, statement: JsonObject, major: int) -> None:
    check(signed, major)
    if not same(signed, statement):
        raise Refused("the signed payload says something else than the statement")


def _decoded(part: bytes) -> bytes:
    try:
        return base64.b64decode(part + b"=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise Refused("a part of the signature is not base64url") from None


def _object(raw: bytes, name: str) -> JsonObject:
    value = parse(raw)
    if type(value) is not dict:
        raise Refused(f"the {name} of the signature is not an object")
    return value


def _public_key(chain: object) -> RSAPublicKey:
    try:
        first = chain[0]  # type: ignore[index]  # what it is shows here
        key = x509.load_der_x509_certificate(base64.b64decode(first)).public_key()
    except (ValueError, TypeError, IndexError, KeyError, binascii.Error):
        raise Refused("x5c holds no X.509 certificate") from None
    if not isinstance(key, RSAPublicKey):
        raise Refused("the certificate has no RSA key")
    return key
