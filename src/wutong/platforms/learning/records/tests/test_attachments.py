"""Attachments: their bytes come with the statement, stay on disk by their hash, and go out again."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from wutong.platforms.learning.records.door.multipart import Parts, boundary_of, written
from wutong.platforms.learning.records.tests.lrs import Lrs, attachment, multipart, new_id, statement, text
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.signature import USAGE

pytestmark = pytest.mark.django_db(databases="__all__")
MIXED = "multipart/mixed; boundary=oak"
PAINTING = "我画的梧桐\r\n--oa 不是边界".encode()


def send(lrs: Lrs, body: bytes, kind: str = MIXED) -> Any:
    return lrs.send("POST", "statements", body, type=kind)


def incoming() -> list[str]:
    return [path.name for path in (settings.DATA_DIR / "records").glob(".incoming-*")]


def test_bytes_go_in_and_come_out(lrs: Lrs):
    sent = statement(attachments=[attachment(PAINTING), attachment(b"")])
    (id,) = send(lrs, multipart(sent, PAINTING, b"")).json()
    plain = lrs.send("GET", "statements", statementId=id)
    assert (plain["Content-Type"], plain.json()["attachments"]) == ("application/json", sent["attachments"])
    response = lrs.send("GET", "statements", attachments="true")
    parts = [
        (part.headers, part.read(10_000))
        for part in Parts([text(response)], boundary_of(response["Content-Type"]))
    ]
    assert json.loads(parts[0][1])["statements"][0]["id"] == id
    assert {part["x-experience-api-hash"]: body for part, body in parts[1:]} == {
        hashlib.sha256(data).hexdigest(): data for data in (PAINTING, b"")
    }
    assert incoming() == []


def test_other_organisations_get_no_bytes_by_naming_their_hash(lrs: Lrs, small_town: Any):
    from wutong.platforms.learning.records.tests.lrs import key  # noqa: PLC0415  # used here alone

    send(lrs, multipart(statement(attachments=[attachment(PAINTING)]), PAINTING))
    other = key(small_town.place("gaoan"))
    linked = statement(attachments=[attachment(PAINTING, fileUrl="https://a.example/p")])
    other.post(linked)
    assert PAINTING not in text(other.send("GET", "statements", attachments="true"))
    refused = other.send("POST", "statements", statement(attachments=[attachment(PAINTING)]))
    assert refused.status_code == 400 and "neither its bytes" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body.replace(b"--oak--", b"--oak"), "ends before its last boundary"),
        (lambda body: body[: len(body) // 2], "ends before its last boundary"),
        (lambda body: b"x", "ends before its last boundary"),
        (lambda body: body.replace(b"--oak", b"--elm"), "ends before its last boundary"),
        (lambda body: body.replace(b"application/json", b"text/plain"), "first part must be the statements"),
        (lambda body: body.replace(b"X-Experience-API-Hash", b"X-Hash"), "no X-Experience-API-Hash"),
        (lambda body: body.replace(b"Encoding: binary", b"Encoding: base64"), "Content-Transfer-Encoding"),
        (
            lambda body: body.replace("我画".encode(), "你画".encode()),
            "not those of its X-Experience-API-Hash",
        ),
        (lambda body: body.replace(b"Hash: ", b"Hash: 00")[:-1], "no X-Experience-API-Hash"),
        (lambda body: body.replace(b"Content-Transfer", b"Broken header\r\nContent-Transfer"), "not one"),
        (lambda body: body.replace(b"--oak\r\n", b"--oak x\r\n"), "followed by something else"),
        (lambda body: body.replace(b"Content-Type: text/plain", b"N: " + b"a" * 40_000), "too long"),
    ],
)
def test_a_body_that_is_not_whole_is_refused_and_leaves_nothing(lrs: Lrs, change: Any, said: str):
    sent = statement(attachments=[attachment(PAINTING)])
    response = send(lrs, change(multipart(sent, PAINTING)))
    assert response.status_code == 400 and said in response.json()["detail"]
    assert (lrs.ids(), incoming()) == ([], [])


def test_bytes_that_belong_to_no_statement_are_refused(lrs: Lrs):
    assert "no attachment" in send(lrs, multipart(statement(), PAINTING)).json()["detail"]
    for kind in ("multipart/form-data; boundary=oak", "text/plain", "multipart/mixed"):
        assert send(lrs, multipart(statement()), kind).status_code == 400


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=4), st.integers(1, 9))
def test_any_bytes_survive_any_cutting_of_the_stream(bodies: list[bytes], size: int):
    boundary = "oak" + hashlib.sha256(b"".join(bodies)).hexdigest()
    whole = b"".join(written([({"N": str(n)}, [body]) for n, body in enumerate(bodies)], boundary))
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    read = [(part.headers, part.read(1000)) for part in Parts(pieces, boundary.encode())]
    assert read == [({"n": str(n)}, body) for n, body in enumerate(bodies)]


@given(st.binary(max_size=200))
def test_any_bytes_are_parts_or_refused(raw: bytes):
    try:
        for part in Parts([b"--oak\r\n" + raw], b"oak"):
            part.read(1000)
    except Refused as refused:
        assert refused.status in (400, 413)


@pytest.fixture(scope="module")
def signer() -> tuple[rsa.RSAPrivateKey, str]:
    """A key and its certificate, as `x5c` carries it."""
    private = rsa.generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "school")]), datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=9))
    certificate = made.sign(private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    return private, base64.b64encode(certificate).decode()


def jws(payload: Any, signer: tuple[rsa.RSAPrivateKey, str], alg: str = "RS256", **header: Any) -> bytes:
    def part(raw: bytes) -> bytes:
        return base64.urlsafe_b64encode(raw).rstrip(b"=")

    head = {"alg": alg, "x5c": [signer[1]]} | header
    signed = part(json.dumps(head).encode()) + b"." + part(json.dumps(payload).encode())
    return signed + b"." + part(signer[0].sign(signed, padding.PKCS1v15(), hashes.SHA256()))


def signed(one: dict[str, Any], signature: bytes, **more: Any) -> bytes:
    kind = {"usageType": USAGE, "contentType": "application/octet-stream"} | more
    return multipart(one | {"attachments": [attachment(signature, **kind)]}, signature)


def test_a_signature_holds_or_the_statement_is_refused(lrs: Lrs, signer: tuple[rsa.RSAPrivateKey, str]):
    one, other = statement(id=new_id()), statement("zhao")
    good = jws(one, signer)
    head, payload, mark = good.split(b".")
    for body, status in (
        (signed(one, good), 200),
        (signed(one | {"id": new_id(), "timestamp": "2026-01-01T00:00:00Z"}, good), 200),
        (signed(other, good), 400),
        (signed(one, jws(one, signer, alg="HS256")), 400),
        (signed(one, jws(one, signer, x5c=["bm8="])), 400),
        (signed(one, jws(one, signer, x5c=[])), 400),
        (signed(one, b".".join([head, payload, mark[:-4] + b"AAAA"])), 400),
        (signed(one, b".".join([head, payload])), 400),
        (signed(one, jws("no statement", signer)), 400),
        (signed(one, good, contentType="text/plain"), 400),
    ):
        response = send(lrs, body)
        assert response.status_code == status, text(response)
