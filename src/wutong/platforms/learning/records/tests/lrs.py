"""A client of the store, as learning software is one: over the addresses, with a key."""

import base64
import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http.response import HttpResponseBase
from django.test import Client

from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import SYSTEM
from wutong.platforms.learning.records.actions import create_key, new_secret

PASSED = "http://adlnet.gov/expapi/verbs/passed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
CRLF = b"\r\n"


def agent(name: str, /, **more: Any) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": "https://school.example", "name": name}, **more}


def statement(
    actor: str = "li", verb: str = PASSED, thing: str = "https://school.example/lesson/1", **more: Any
):
    return {"actor": agent(actor), "verb": {"id": verb}, "object": {"id": thing}, **more}


def about(
    id: str, verb: str = "https://school.example/verbs/commented", actor: str = "zhao"
) -> dict[str, Any]:
    return statement(actor, verb, object={"objectType": "StatementRef", "id": id})


def new_id() -> str:
    return str(uuid.uuid4())


def text(response: HttpResponseBase) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@dataclass
class Lrs:
    username: str
    secret: str
    version: str = "1.0.3"
    base: str = ""

    def send(
        self, method: str, resource: str, body: Any = None, /, *, type: str = "application/json", **given: Any
    ):
        headers = {"X-Experience-API-Version": self.version, "Authorization": self.authorization}
        headers |= given.pop("headers", {})
        params = {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()
        }
        path = f"/xapi/{self.base or self.version}/{resource}" + (f"?{urlencode(params)}" if params else "")
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        kept = {name: value for name, value in headers.items() if value is not None}
        return Client(raise_request_exception=True).generic(
            method, path, raw, content_type=type, headers=kept
        )

    @property
    def authorization(self) -> str:
        return "Basic " + base64.b64encode(f"{self.username}:{self.secret}".encode()).decode()

    def post(self, *statements: dict[str, Any]) -> list[str]:
        response = self.send("POST", "statements", list(statements))
        assert response.status_code == 200, text(response)
        return response.json()

    def found(self, **filters: Any) -> list[dict[str, Any]]:
        response = self.send("GET", "statements", **filters)
        assert response.status_code == 200, text(response)
        return response.json()["statements"]

    def ids(self, **filters: Any) -> list[str]:
        return [each["id"] for each in self.found(**filters)]

    def one(self, id: str) -> dict[str, Any]:
        response = self.send("GET", "statements", statementId=id)
        assert response.status_code == 200, text(response)
        return response.json()


def key(organisation: Organisation, *scopes: str, name: str = "作业平台") -> Lrs:
    secret = new_secret()
    made = create_key(SYSTEM, organisation, name=name, scopes=scopes or ("all",), secret=secret)
    return Lrs(made.username, secret)


def multipart(statements: Any, *files: bytes, boundary: str = "oak", **headers: str) -> bytes:
    parts = [b"Content-Type: application/json" + CRLF * 2 + json.dumps(statements).encode()]
    for data in files:
        lines = {
            "Content-Type": "text/plain",
            "Content-Transfer-Encoding": "binary",
            "X-Experience-API-Hash": hashlib.sha256(data).hexdigest(),
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        head = CRLF.join(f"{name}: {value}".encode() for name, value in lines.items())
        parts.append(head + CRLF * 2 + data)
    mark = b"--" + boundary.encode()
    return b"".join(mark + CRLF + part + CRLF for part in parts) + mark + b"--" + CRLF


def attachment(data: bytes, **more: Any) -> dict[str, Any]:
    return {
        "usageType": "https://school.example/proof",
        "display": {"zh-CN": "作品"},
        "contentType": "text/plain",
        "length": len(data),
        "sha2": hashlib.sha256(data).hexdigest(),
        **more,
    }
