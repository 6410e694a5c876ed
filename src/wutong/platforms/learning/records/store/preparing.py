"""From what was sent to rows: everything that can be done before the sequencer is asked."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from wutong.kernel.turns import Turns
from wutong.platforms.learning.records.store import people
from wutong.platforms.learning.records.store.database import in_transaction
from wutong.platforms.learning.records.store.packing import encode, pack
from wutong.platforms.learning.records.store.schema import DAY
from wutong.platforms.learning.records.store.terms import ACTIVITY, Index, activities, index_of, term
from wutong.platforms.learning.records.xapi.agents import JsonObject, faces, hide, swap_agents
from wutong.platforms.learning.records.xapi.instants import parsed
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.statement import VOIDED, normalise

VERSION = {1: "1.0.0", 2: "2.0.0"}
# One at a time reads what was sent and makes rows of it: several would only take the interpreter from each other, and
# from those who want to read.
DESK = Turns(1)


def at_desk() -> AbstractContextManager[None]:
    """Who holds rows of a transaction that goes on must not wait here for somebody who waits for these rows."""
    return nullcontext() if in_transaction() else DESK


@dataclass(slots=True)
class Prepared:
    """One statement, ready but for its place in the order. `named` says that the client chose the id.

    `moment` (microseconds) is when it was, if a person of the house did it and not today.
    """

    id: bytes
    named: bool
    body: JsonObject
    packed: bytes
    index: Index
    definitions: list[tuple[int, bytes, bytes]]
    moment: int | None = None


@dataclass(slots=True)
class Batch:
    """What one request brings; taken whole or not at all. `brought` are attachments: (SHA-2, media type)."""

    tenant: int
    authority: int
    statements: list[Prepared]
    epoch: int
    brought: list[tuple[int, bytes, bytes]] = field(default_factory=list)
    error: Exception | None = None
    done: bool = False

    @property
    def ids(self) -> list[str]:
        return [as_uuid(each.id) for each in self.statements]


def as_uuid(id: bytes) -> str:
    digits = id.hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def from_uuid(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", ""))


def new_id() -> bytes:
    """A UUID of version 7: those made one after the other lie side by side in the index."""
    made = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    made[6] = made[6] & 0x0F | 0x70
    made[8] = made[8] & 0x3F | 0x80
    return bytes(made)


def prepare(
    tenant: int, authority: JsonObject, statements: list[JsonObject], *, major: int, defines: bool
) -> Batch:
    """Statements are checked already, and are used up. Whoever is named for the first time is introduced."""
    with at_desk():
        epoch = people.current_epoch()
        met = people.faces_of(tenant, _agents([{"actor": authority, "object": {}}, *statements]))
        agents = {face.number: face.agent for face in met.values()}
        own = hide(authority, lambda agent: met[encode(agent)].number)
        ready = [_prepared(tenant, own, each, met, agents, major, defines) for each in statements]
    if len({each.id for each in ready}) < len(ready):
        raise Refused("two statements of the batch have the same id")
    return Batch(tenant, agents[faces(own)[0]], ready, epoch)


def _agents(statements: list[JsonObject]) -> dict[bytes, JsonObject]:
    found: dict[bytes, JsonObject] = {}

    def note(agent: JsonObject) -> int:
        found[encode(agent)] = agent
        return 0

    def look(value: Any, direct: bool) -> Any:
        hide(value, note)
        return value

    for statement in statements:
        swap_agents(statement, look)
    return found


def _prepared(
    tenant: int,
    authority: Any,
    statement: JsonObject,
    met: dict[bytes, people.Face],
    agents: dict[int, int],
    major: int,
    defines: bool,
) -> Prepared:
    given = statement.pop("id", None)
    statement.pop("stored", None)
    statement.setdefault("version", VERSION[major])
    statement["authority"] = authority
    normalise(statement)
    moment = _moment(statement)
    swap_agents(statement, lambda value, _direct: hide(value, lambda agent: met[encode(agent)].number))
    return Prepared(
        id=from_uuid(given) if given else new_id(),
        named=given is not None,
        body=statement,
        packed=pack(statement),
        index=index_of(tenant, statement, agents),
        definitions=_definitions(tenant, statement) if defines else [],
        moment=moment,
    )


def _moment(statement: JsonObject) -> int | None:
    """None where the stamp of the store says it well enough: within a day of it, or not yet."""
    if "timestamp" not in statement or people.person_of(statement["actor"]) is None:
        return None
    at = int(parsed(statement["timestamp"]).timestamp() * 1_000_000)
    return at if at < time.time_ns() // 1000 - DAY else None


def _definitions(tenant: int, body: JsonObject) -> list[tuple[int, bytes, bytes]]:
    """What is said of activities, each wording once: (activity, digest, packed)."""
    found = []
    for activity in activities(body):
        if definition := activity.get("definition"):
            text = encode(definition)
            mark = hashlib.blake2b(text, digest_size=16).digest()
            found.append((term(ACTIVITY, tenant, activity["id"]), mark, text))
    return found


def voids(prepared: Prepared) -> bool:
    return prepared.body["verb"]["id"] == VOIDED
