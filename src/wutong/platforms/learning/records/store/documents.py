"""Documents of activities and agents: whatever bytes a client keeps here, the last ones written."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from wutong.platforms.learning.records.store.database import on_postgresql, row, rows, writing
from wutong.platforms.learning.records.xapi.refusal import Refused


class Kind(IntEnum):
    STATE = 1
    ACTIVITY_PROFILE = 2
    AGENT_PROFILE = 3


@dataclass(frozen=True)
class Shelf:
    """Where documents of one kind lie side by side. 0 and nothing where a kind has no such side."""

    tenant: int
    kind: Kind
    activity: int = 0
    agent: int = 0
    registration: bytes | None = None


@dataclass(frozen=True)
class Document:
    body: bytes
    type: str
    updated: int

    @property
    def etag(self) -> str:
        """Of the bytes alone, as 1.0.3 asks: their SHA-1."""
        return f'"{hashlib.sha1(self.body, usedforsecurity=False).hexdigest()}"'


_ONE = "tenant = %s AND kind = %s AND activity = %s AND agent = %s AND registration = %s AND name = %s"
_SHELF = "tenant = %s AND kind = %s AND activity = %s AND agent = %s"


def _key(shelf: Shelf, name: str) -> list[Any]:
    return [
        shelf.tenant, int(shelf.kind), shelf.activity, shelf.agent, shelf.registration or b"", name.encode(),
    ]  # fmt: skip


def get(shelf: Shelf, name: str) -> Document | None:
    found = row(f"SELECT body, type, updated FROM records_document WHERE {_ONE}", *_key(shelf, name))
    return Document(bytes(found[0]), bytes(found[1]).decode(), found[2]) if found else None


def names(shelf: Shelf, since: int | None) -> list[tuple[str, int]]:
    """With when each was written; of every registration unless the shelf has one."""
    values: list[Any] = [shelf.tenant, int(shelf.kind), shelf.activity, shelf.agent]
    where = _SHELF
    if shelf.registration is not None:
        where, values = f"{where} AND registration = %s", [*values, shelf.registration]
    found = rows(
        f"SELECT name, max(updated) FROM records_document WHERE {where} AND updated > %s GROUP BY name ORDER BY name",
        *values,
        since or 0,
    )
    return [(bytes(name).decode(), updated) for name, updated in found]


Change = Callable[[Document | None], Document | None]


def change(shelf: Shelf, name: str, decide: Change) -> None:
    """`decide` sees what is there and says what shall be there; nobody writes between the two."""
    with writing() as cursor:
        if on_postgresql():
            # A row that is not there yet cannot be locked, but its name can.
            mark = hashlib.blake2b(repr(_key(shelf, name)).encode(), digest_size=8).digest()
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(mark, "big", signed=True)])
        _put(cursor, shelf, name, decide(get(shelf, name)))


def _put(cursor: Any, shelf: Shelf, name: str, document: Document | None) -> None:
    key = _key(shelf, name)
    cursor.execute(f"DELETE FROM records_document WHERE {_ONE}", key)
    if document is not None:
        cursor.execute(
            "INSERT INTO records_document (tenant, kind, activity, agent, registration, name, updated, type, body)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [*key, document.updated, document.type.encode(), document.body],
        )


def remove_all(shelf: Shelf) -> None:
    values: list[Any] = [shelf.tenant, int(shelf.kind), shelf.activity, shelf.agent]
    where = _SHELF
    if shelf.registration is not None:
        where, values = f"{where} AND registration = %s", [*values, shelf.registration]
    with writing() as cursor:
        cursor.execute(f"DELETE FROM records_document WHERE {where}", values)


def now() -> int:
    return time.time_ns() // 1000


def require_match(document: Document | None, if_match: str, if_none_match: str) -> None:
    """RFC 9110, 13.1: 412 where what is there is not what the client thinks."""
    tag = document.etag if document else None
    if if_match and not _named(tag, if_match):
        raise Refused("the document is not the one that If-Match names", status=412)
    if if_none_match and _named(tag, if_none_match):
        raise Refused("there is such a document already", status=412)


def _named(tag: str | None, header: str) -> bool:
    tags = [part.strip().removeprefix("W/") for part in header.split(",")]
    # Clients of 1.0 send tags without quotes too.
    return tag is not None and ("*" in tags or tag in tags or tag.strip('"') in tags)
