"""Who is spoken of: a number in every index, and a name only behind a key of their own.

Destroying the key makes all copies of the name unreadable at once; what was counted stays countable.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from wutong.kernel.people.keyring import keyring
from wutong.platforms.learning.records.store.database import (
    Row,
    after_commit,
    again,
    marks,
    padded,
    row,
    rows,
    writing,
)
from wutong.platforms.learning.records.store.packing import encode
from wutong.platforms.learning.records.xapi.agents import IDENTIFIERS, JsonObject, identifier
from wutong.platforms.learning.records.xapi.strict import parse

NONCE = 12
WRAPPED = "records.agent"
REMEMBERED = 200_000
Ask = Callable[..., list[Row]]


@dataclass(frozen=True, slots=True)
class Face:
    """An agent as written down: its own number, and that of the agent it is one of."""

    number: int
    agent: int


def origin() -> str:
    """The home page of accounts that this house gives."""
    scheme = "https" if settings.OPTION["https"] else "http"
    return f"{scheme}://{settings.OPTION['hosts'][0]}"


def digest(*parts: Any) -> bytes:
    """Found by whoever knows the identifier and has the key; the table alone lets nobody try them out."""
    text = "\n".join(["records", *map(str, parts)]).encode()
    return hmac.digest(keyring().lookup, text, "sha256")[:16]


def digest_of(tenant: int, agent: JsonObject) -> bytes:
    return digest(tenant, *(identifier(agent) or ()))


class Memory:
    """Faces this process has met. Forgotten as a whole when the store says that somebody was erased."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, bytes], Face] = {}
        self.epoch = -1

    def forget(self, epoch: int) -> None:
        self.known, self.epoch = {}, epoch

    def remember(self, tenant: int, met: Mapping[bytes, Face], since: int) -> None:
        """What was learnt in another epoch than this is not believed."""
        if since != self.epoch:
            return
        if len(self.known) > REMEMBERED:
            self.known = {}
        self.known.update({(tenant, text): face for text, face in met.items()})


MEMORY = Memory()


def epoch() -> int:
    return rows("SELECT epoch FROM records_clock")[0][0]


def current_epoch() -> int:
    """Since when this process remembers; asked of the store once."""
    if MEMORY.epoch < 0:
        MEMORY.forget(epoch())
    return MEMORY.epoch


def faces_of(tenant: int, agents: Mapping[bytes, JsonObject]) -> dict[bytes, Face]:
    """The face of each agent, by its JSON; those never met before are introduced, on disk, first."""
    known, since = MEMORY.known, MEMORY.epoch
    found = {text: face for text in agents if (face := known.get((tenant, text)))}
    if len(found) < len(agents):
        strange = {digest(tenant, "face", text.decode()): text for text in agents if text not in found}
        met = _met_before(strange)
        new = {mark: text for mark, text in strange.items() if text not in met}
        if new:
            met |= _introduced(tenant, new, agents)
        after_commit(lambda: MEMORY.remember(tenant, met, since))
        found |= met
    return found


def _met_before(strange: Mapping[bytes, bytes]) -> dict[bytes, Face]:
    found = _by_digest(rows, "digest, number, agent", "records_face", strange)
    return {strange[bytes(mark)]: Face(number, agent) for mark, number, agent in found}


def _introduced(
    tenant: int, new: Mapping[bytes, bytes], agents: Mapping[bytes, JsonObject]
) -> dict[bytes, Face]:
    """In the order of their digests: two who introduce the same people wait for each other, never in a circle."""
    who = {text: digest_of(tenant, agents[text]) for text in new.values()}
    with writing() as cursor:

        def ask(sql: str, *values: Any) -> list[Row]:
            cursor.execute(sql, values)
            return cursor.fetchall()

        keys = _agents(cursor, ask, tenant, {mark: agents[text] for text, mark in who.items()})
        cursor.executemany(
            "INSERT INTO records_face (agent, digest, sealed) VALUES (%s, %s, %s) ON CONFLICT (digest) DO NOTHING",
            [
                (keys[who[text]][0], mark, seal(keys[who[text]][1], text))
                for mark, text in sorted(new.items())
            ],
        )
        numbers = {
            bytes(mark): number for mark, number in _by_digest(ask, "digest, number", "records_face", new)
        }
    return {text: Face(numbers[mark], keys[who[text]][0]) for mark, text in new.items()}


def _agents(
    cursor: Any, ask: Ask, tenant: int, agents: Mapping[bytes, JsonObject]
) -> dict[bytes, tuple[int, bytes]]:
    """Number and wrapped key, by digest."""

    def here() -> dict[bytes, tuple[int, bytes]]:
        found = _by_digest(ask, "digest, number, key", "records_agent", agents)
        return {bytes(mark): (number, key) for mark, number, key in found}

    keys = here()
    if len(keys) == len(agents):
        return keys
    cursor.executemany(
        "INSERT INTO records_agent (tenant, digest, person, key, sealed) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (digest) DO NOTHING",
        [(tenant, mark, *_secrets(agents[mark])) for mark in sorted(agents) if mark not in keys],
    )
    return here()


def _secrets(agent: JsonObject) -> tuple[int | None, bytes, bytes]:
    wrapped = keyring().seal(base64.b64encode(os.urandom(32)).decode(), WRAPPED)
    return person_of(agent), wrapped, seal(wrapped, encode(_bare(agent)))


def _by_digest(ask: Ask, columns: str, table: str, digests: Iterable[bytes]) -> list[Row]:
    wanted, found = list(digests), []
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        found += ask(f"SELECT {columns} FROM {table} WHERE digest IN ({marks(part)})", *part)
    return found


def _bare(agent: JsonObject) -> JsonObject:
    return {name: agent[name] for name in ("objectType", *IDENTIFIERS) if name in agent}


def agent_of(person: int) -> JsonObject:
    """How a person of this house is named in statements."""
    return {"objectType": "Agent", "account": {"homePage": origin(), "name": f"person-{person}"}}


def person_of(agent: JsonObject) -> int | None:
    account = agent.get("account") or {}
    found = re.fullmatch(r"person-(\d{1,18})", account.get("name", ""))
    return int(found[1]) if found and account.get("homePage") == origin() else None


def find(tenant: int, agent: JsonObject) -> int:
    """The agent's number; 0, which nobody has, for somebody never spoken of."""
    found = again("SELECT number FROM records_agent WHERE digest = %s", digest_of(tenant, agent))
    return found[0][0] if found else 0


def known(tenant: int, agent: JsonObject) -> int:
    """The agent's number; who was never spoken of is introduced."""
    text = encode(agent)
    current_epoch()
    return faces_of(tenant, {text: agent})[text].agent


def tenant_of(agent: int) -> int:
    found = row("SELECT tenant FROM records_agent WHERE number = %s", agent)
    return found[0] if found else 0


def tenants_of(agents: Iterable[int]) -> dict[int, int]:
    """In whose store each of these agents is spoken of."""
    wanted = sorted(set(agents))
    these = f"SELECT number, tenant FROM records_agent WHERE number IN ({marks(wanted)})"
    return dict(rows(these, *wanted)) if wanted else {}


def seal(wrapped: bytes, text: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(_key(wrapped)).encrypt(nonce, text, None)


@lru_cache(maxsize=4096)
def _key(wrapped: bytes) -> bytes:
    return base64.b64decode(keyring().open(wrapped, WRAPPED))


@lru_cache(maxsize=50_000)
def _opened(wrapped: bytes, sealed: bytes) -> JsonObject:
    """Shared between answers: nobody changes what comes from here."""
    return parse(AESGCM(_key(wrapped)).decrypt(sealed[:NONCE], sealed[NONCE:], None))


def shown(numbers: Iterable[int]) -> dict[int, JsonObject]:
    """Faces by number, as they were written down; an erased person is a pseudonym."""
    wanted, found = sorted(set(numbers)), {}
    for start in range(0, len(wanted), 500):
        part = padded(wanted[start : start + 500])
        for number, agent, sealed, wrapped in again(
            "SELECT f.number, f.agent, f.sealed, a.key FROM records_face f JOIN records_agent a ON a.number = f.agent"
            f" WHERE f.number IN ({marks(part)})",
            *part,
        ):
            found[number] = _opened(wrapped, sealed) if wrapped and sealed else pseudonym(agent)
    return found


def names(agents: Iterable[int]) -> dict[int, JsonObject]:
    """Each agent as it was first written down."""
    wanted = sorted(set(agents))
    if not wanted:
        return {}
    first = f"SELECT agent, min(number) FROM records_face WHERE agent IN ({marks(wanted)}) GROUP BY agent"
    faces: dict[int, int] = dict(rows(first, *wanted))
    found = shown(faces.values())
    return {agent: found[faces[agent]] if agent in faces else pseudonym(agent) for agent in wanted}


def agents_of(numbers: Iterable[int]) -> dict[int, int]:
    wanted = sorted(set(numbers))
    return (
        dict(rows(f"SELECT number, agent FROM records_face WHERE number IN ({marks(wanted)})", *wanted))
        if wanted
        else {}
    )


def pseudonym(agent: int) -> JsonObject:
    return {"objectType": "Agent", "account": {"homePage": f"{origin()}/erased", "name": str(agent)}}


def person_object(tenant: int, agent: JsonObject) -> JsonObject:
    """xAPI's Person: every name and identifier under which this agent was written down."""
    whole: dict[str, list[Any]] = {}
    numbers = rows("SELECT number FROM records_face WHERE agent = %s", find(tenant, agent))
    for face in [agent, *shown(number for (number,) in numbers).values()]:
        for name in ("name", *IDENTIFIERS):
            if name in face and face[name] not in whole.setdefault(name, []):
                whole[name].append(face[name])
    return {"objectType": "Person"} | {name: values for name, values in whole.items() if values}
