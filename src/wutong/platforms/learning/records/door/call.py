"""One request as the standard sees it: version, resource, method, parameters, who calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpRequest

from wutong.platforms.learning.records.xapi import atoms
from wutong.platforms.learning.records.xapi.refusal import Refused

BASES = {"1.0.3": 1, "2.0.0": 2}
SPOKEN = {1: "1.0.3", 2: "2.0.0"}
VERSION = re.compile(r"(?:1\.0(?:\.\d+)?|2\.0(?:\.\d+)?)", re.ASCII)
# Form fields of the alternate request syntax that stand for headers (1.0.3 part 3, 1.3).
HEADERS = {
    "authorization", "x-experience-api-version", "content-type", "content-length", "if-match", "if-none-match",
    "accept", "accept-language", "accept-encoding", "if-modified-since", "x-experience-api-hash",
}  # fmt: skip
MOST_JSON = 16 * 2**20
PIECE = 2**18


@dataclass(slots=True)
class Call:
    """`content` is what the alternate syntax carried in its form; else the body is still on the wire."""

    request: HttpRequest
    base: str
    resource: str
    method: str
    params: dict[str, str]
    overrides: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    major: int = 0

    def header(self, name: str) -> str:
        return self.overrides.get(name) or self.request.headers.get(name, "")

    def pieces(self) -> Iterator[bytes]:
        if self.content is not None:
            yield self.content
            return
        while piece := self.request.read(PIECE):
            yield piece

    def body(self, most: int = MOST_JSON) -> bytes:
        if self.content is not None:
            return self.content
        found = self.request.read(most + 1)
        if len(found) > most:
            raise Refused(f"the body is longer than {most} bytes", status=413)
        return found

    # --- parameters

    def only(self, *names: str) -> None:
        for name in self.params:
            if name not in names:
                raise Refused(f"{name[:60]} is not a parameter of this resource")

    def need(self, name: str) -> str:
        if name not in self.params:
            raise Refused(f"the parameter {name} is missing")
        return self.params[name]

    def iri(self, name: str) -> str | None:
        return self._checked(name, atoms.iri)

    def uuid(self, name: str) -> bytes | None:
        found = self._checked(name, atoms.uuid)
        return bytes.fromhex(found.replace("-", "")) if found else None

    def instant(self, name: str) -> str | None:
        return self._checked(name, atoms.instant)

    def flag(self, name: str) -> bool:
        found = self.params.get(name, "false")
        if found not in ("true", "false"):
            raise Refused("must be true or false").inside(name)
        return found == "true"

    def _checked(self, name: str, check: atoms.Check) -> str | None:
        found = self.params.get(name)
        if found is not None:
            try:
                check(found)
            except Refused as refused:
                refused.inside(name)
                raise
        return found


def opened(request: HttpRequest, base: str, resource: str) -> Call:
    """The call with its version settled; raises where none is named or none that is spoken here."""
    params = pairs(request.META.get("QUERY_STRING", ""))
    call = Call(request, base, resource, request.method or "", params)
    if "method" in params and _may_be_alternate(call):
        call = _alternate(call)
    call.major = _major(call)
    return call


def pairs(text: str) -> dict[str, str]:
    try:
        found = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=100)
    except ValueError:
        raise Refused("the parameters are not valid UTF-8, or too many") from None
    named = dict(found)
    if len(named) < len(found):
        raise Refused("a parameter is given twice")
    return named


def _may_be_alternate(call: Call) -> bool:
    """1.0.3 has it, 2.0 has not."""
    said = call.request.headers.get("X-Experience-API-Version", "")
    return said.startswith("1.0") or (not said and call.base == "1.0.3")


def _alternate(call: Call) -> Call:
    """POST with `?method=…`, everything else in the form."""
    if call.method != "POST":
        raise Refused("the alternate request syntax is sent with POST")
    if set(call.params) != {"method"}:
        raise Refused("beside method, the parameters of the alternate request syntax stand in the form")
    method = call.params["method"].upper()
    try:
        form = pairs(call.body().decode())
    except UnicodeDecodeError:
        raise Refused("the form is not valid UTF-8") from None
    overrides = {name.lower(): value for name, value in form.items() if name.lower() in HEADERS}
    content = form.get("content")
    if method in ("PUT", "POST") and content is None:
        raise Refused("the form has no content")
    overrides.setdefault("content-type", "application/json")
    rest = {name: value for name, value in form.items() if name.lower() not in HEADERS and name != "content"}
    return Call(
        call.request, call.base, call.resource, method, rest, _Headers(overrides), (content or "").encode()
    )


class _Headers(dict[str, str]):
    """Names without regard to case."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def _major(call: Call) -> int:
    said = call.header("X-Experience-API-Version").strip()
    if not said and call.resource == "about":
        return BASES[call.base]
    if VERSION.fullmatch(said) is None:
        raise Refused("X-Experience-API-Version must be 1.0.x or 2.0.x")
    return int(said[0])
