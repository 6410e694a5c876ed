"""Statements about statements: who refers to one that matches a filter is found by that filter as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wutong.platforms.learning.records.store import people
from wutong.platforms.learning.records.store.database import marks
from wutong.platforms.learning.records.store.packing import unpack
from wutong.platforms.learning.records.store.terms import index_of
from wutong.platforms.learning.records.xapi.agents import JsonObject, faces, swap_agents

Link = tuple[int, bytes, bytes | None]  # stored, id, the id it refers to


def enter(cursor: Any, tenant: int, links: Sequence[Link]) -> None:
    """Takes in new statements, whether they refer to others or others waited for them; chains of any length hold."""
    references = [(tenant, target, stored) for stored, _id, target in links if target]
    if references:
        cursor.executemany(
            "INSERT INTO records_reference (tenant, target, stored) VALUES (%s, %s, %s)", references
        )
    pairs = _waiting(cursor, tenant, {id: stored for stored, id, _target in links})
    for _tenant, target, stored in references:
        if (found := _stored(cursor, tenant, target)) is not None:
            pairs.append((stored, found))
    _tell(cursor, tenant, pairs)


def _tell(cursor: Any, tenant: int, pairs: list[tuple[int, int]]) -> None:
    """Each pair is who refers, and to whom; who refers to the first hears of it too."""
    told: set[tuple[int, int]] = set()
    while pairs:
        pair = pairs.pop()
        if pair in told or pair[0] == pair[1]:
            continue
        told.add(pair)
        referrer, target = pair
        heard = [
            (term, referrer, origin) for term, origin in _heard(cursor, tenant, target) if origin != referrer
        ]
        cursor.executemany(
            "INSERT INTO records_echo (term, stored, target) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            heard,
        )
        cursor.execute("SELECT id FROM records_statement WHERE stored = %s", [referrer])
        pairs += _waiting(cursor, tenant, {bytes(cursor.fetchone()[0]): referrer})


def _heard(cursor: Any, tenant: int, stored: int) -> set[tuple[int, int]]:
    """Under which terms a statement is found, and whose terms they are: its own, and those it echoes."""
    cursor.execute("SELECT body FROM records_statement WHERE stored = %s", [stored])
    body = unpack(bytes(cursor.fetchone()[0]))
    own = index_of(tenant, body, people.agents_of(faces_in([body]))).all(tenant)
    cursor.execute("SELECT term, target FROM records_echo WHERE stored = %s", [stored])
    return {(term, stored) for term in own} | set(cursor.fetchall())


def faces_in(bodies: Iterable[JsonObject]) -> set[int]:
    found: set[int] = set()

    def note(value: Any, direct: bool) -> Any:
        found.update(faces(value))
        return value

    for body in bodies:
        swap_agents(body, note)
        if "authority" in body:
            note(body["authority"], False)
    return found


def _waiting(cursor: Any, tenant: int, stamps: dict[bytes, int]) -> list[tuple[int, int]]:
    """Pairs of those that referred to these before."""
    ids, pairs = list(stamps), []
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        cursor.execute(
            f"SELECT stored, target FROM records_reference WHERE tenant = %s AND target IN ({marks(part)})",
            [tenant, *part],
        )
        pairs += [(stored, stamps[bytes(target)]) for stored, target in cursor.fetchall()]
    return pairs


def _stored(cursor: Any, tenant: int, id: bytes) -> int | None:
    cursor.execute("SELECT stored FROM records_id WHERE tenant = %s AND id = %s", [tenant, id])
    found = cursor.fetchone()
    return found[0] if found else None
