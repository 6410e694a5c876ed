"""JSON bodies in and out, and the versions that keep one change from covering another."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from wutong.config.api.errors import Malformed, Outdated, Unconditional
from wutong.kernel.errors import Invalid

JSON = "application/json; charset=utf-8"


def encoded(body: Any) -> bytes:
    """Sentences that wait for their language are written in that of the request."""
    return msgspec.json.encode(body, enc_hook=str)


def answer(body: Any, status: int = 200, **headers: str) -> HttpResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(encoded(body), status=status, content_type=JSON, headers=named)


def decoded(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed from None


def given(request: HttpRequest) -> dict[str, Any]:
    """The object in the body; an empty body says nothing."""
    return as_object(decoded(request.body) if request.body.strip() else {})


def as_object(body: Any) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise Invalid(_("正文应为一个 JSON 对象。"), rule="object")
    return body


def etag(content: Any) -> str:
    return f'"{sha256(encoded(content)).hexdigest()[:32]}"'


def tags(header: str) -> list[str]:
    return [part.strip().removeprefix("W/") for part in header.split(",")]


def require_match(request: HttpRequest, tag: str) -> None:
    """The caller says which version was read; `*` says on purpose that any will do."""
    header = request.headers.get("If-Match", "")
    if not header.strip():
        raise Unconditional
    if header.strip() != "*" and tag not in tags(header):
        raise Outdated


def versioned(request: HttpRequest, body: Mapping[str, Any], tag: str) -> HttpResponse:
    """With its ETag; 304 where the caller has it already."""
    if tag in tags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers={"ETag": tag})
    return answer(body, ETag=tag)
