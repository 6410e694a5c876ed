"""Statements that come in: as JSON, or as multipart with the bytes of their attachments."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from wutong.platforms.learning.records.door.call import MOST_JSON, Call
from wutong.platforms.learning.records.door.multipart import Part, Parts, boundary_of
from wutong.platforms.learning.records.store import attachments
from wutong.platforms.learning.records.store.attachments import Brought
from wutong.platforms.learning.records.store.preparing import at_desk
from wutong.platforms.learning.records.xapi import profiles, signature, statement
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.atoms import SHA2
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.strict import parse


@dataclass(slots=True)
class Arrived:
    """`raw` is the JSON of one statement or a list of them; `brought` the attachments by their hash."""

    raw: bytes
    major: int
    brought: dict[str, Brought] = field(default_factory=dict)
    _read: list[JsonObject] | None = None

    def statements(self) -> list[JsonObject]:
        """To look at."""
        if self._read is None:
            with at_desk():
                self._read = self._checked()
        return self._read

    def require(self, names: Collection[str]) -> None:
        """That each statement is as these profiles want it."""
        for place, each in enumerate(self.statements() if names else ()):
            try:
                profiles.check(each, names)
            except Refused as refused:
                refused.at(place)
                raise

    def taken(self) -> list[JsonObject]:
        """To be used up; who looks or takes again gets others."""
        found, self._read = self.statements(), None
        return found

    def _checked(self) -> list[JsonObject]:
        found = parse(self.raw)
        listed = found if type(found) is list else [found]
        for place, each in enumerate(listed):
            try:
                statement.check(each, self.major)
            except Refused as refused:
                if type(found) is list:
                    refused.at(place)
                raise
        return listed


@contextmanager
def arrived(call: Call) -> Iterator[Arrived]:
    """What a request brings, checked as a whole; files that nobody kept are dropped at the end."""
    kind = call.header("Content-Type").partition(";")[0].strip().lower()
    brought: dict[str, Brought] = {}
    try:
        if kind == "application/json":
            yield _complete(Arrived(call.body(), call.major))
        elif kind == "multipart/mixed":
            raw = _read_parts(call, brought)
            yield _complete(Arrived(raw, call.major, brought))
        else:
            raise Refused("Content-Type must be application/json or multipart/mixed")
    finally:
        attachments.drop(brought.values())


def _read_parts(call: Call, brought: dict[str, Brought]) -> bytes:
    parts = iter(Parts(call.pieces(), boundary_of(call.header("Content-Type"))))
    first = next(parts, None)
    if first is None or first.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused("the first part must be the statements, as application/json")
    raw = first.read(MOST_JSON)
    wanted = {
        each["sha2"].lower() for one in Arrived(raw, call.major).statements() for each in _attachments(one)
    }
    for part in parts:
        one = _received(part, wanted)
        if one.sha2 in brought:
            attachments.drop([one])
        brought.setdefault(one.sha2, one)
    return raw


def _received(part: Part, wanted: set[str]) -> Brought:
    given = part.headers.get("x-experience-api-hash", "").lower()
    if SHA2.fullmatch(given) is None:
        raise Refused("a part has no X-Experience-API-Hash")
    if part.headers.get("content-transfer-encoding", "").lower() != "binary":
        raise Refused("a part must have Content-Transfer-Encoding: binary")
    if given not in wanted:
        raise Refused("a part belongs to no attachment of the statements")
    kept = attachments.receive(
        part.pieces, given, part.headers.get("content-type", "application/octet-stream")
    )
    if kept is None:
        raise Refused("the bytes of a part are not those of its X-Experience-API-Hash")
    return kept


def _complete(given: Arrived) -> Arrived:
    """Every attachment has its bytes here or an address elsewhere; every signature holds."""
    for one in given.statements():
        for each in _attachments(one):
            bytes_here = given.brought.get(each["sha2"].lower())
            if bytes_here is None and "fileUrl" not in each:
                raise Refused("an attachment has neither its bytes in this request nor a fileUrl")
            if each["usageType"] == signature.USAGE:
                _verify(one, each, bytes_here, given.major)
    return given


def _attachments(one: JsonObject) -> list[JsonObject]:
    """Of the statement and of a statement inside it."""
    inner = one["object"].get("attachments", []) if one["object"].get("objectType") == "SubStatement" else []
    return [*one.get("attachments", []), *inner]


def _verify(one: JsonObject, attachment: JsonObject, brought: Brought | None, major: int) -> None:
    if attachment["contentType"] != signature.CONTENT_TYPE:
        raise Refused(f"a signature must have the content type {signature.CONTENT_TYPE}")
    if brought is None:
        raise Refused("the bytes of the signature are missing")
    if brought.size > signature.LARGEST:
        raise Refused(f"a signature is longer than {signature.LARGEST} bytes", status=413)
    signature.verify(brought.path.read_bytes(), one, major)
