"""Taking away: a person's key and documents, so that what stays speaks of nobody; and statements past their time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wutong.platforms.learning.records.store.attachments import place
from wutong.platforms.learning.records.store.database import after_commit, marks, rows, writing
from wutong.platforms.learning.records.store.echoes import faces_in
from wutong.platforms.learning.records.store.packing import unpack
from wutong.platforms.learning.records.store.people import agents_of
from wutong.platforms.learning.records.store.terms import VERB, index_of, term

AT_ONCE = 500


def agents_of_person(persons: Iterable[int]) -> list[int]:
    wanted = list(persons)
    if not wanted:
        return []
    found = rows(
        f"SELECT number FROM records_agent WHERE person IN ({marks(wanted)}) ORDER BY number", *wanted
    )
    return [number for (number,) in found]


def erase(agents: Sequence[int]) -> int:
    """Destroys the keys of these agents, in one transaction with everything that only they could open.

    Their statements stay, with a number for an actor; whoever is named again later is somebody new. Returns how many
    documents went.
    """
    if not agents:
        return 0
    these = marks(agents)
    with writing() as cursor:
        cursor.execute("UPDATE records_clock SET epoch = epoch + 1")
        cursor.execute(f"DELETE FROM records_document WHERE agent IN ({these})", agents)
        documents = cursor.rowcount
        cursor.execute(
            f"UPDATE records_face SET sealed = NULL, digest = NULL WHERE agent IN ({these})",
            agents,
        )
        cursor.execute(
            "UPDATE records_agent SET digest = NULL, person = NULL, key = NULL, sealed = NULL"
            f" WHERE number IN ({these})",
            agents,
        )
        _erase_attachments(cursor, f"s.actor IN ({these})", agents)
    return documents


def _erase_attachments(cursor: Any, where: str, values: Sequence[Any]) -> None:
    """What the statements brought goes with them, unless somebody else's statement brought the same bytes."""
    cursor.execute(
        "SELECT a.tenant, a.sha2, a.stored FROM records_attachment a"
        f" JOIN records_statement s ON s.stored = a.stored WHERE {where}",
        values,
    )
    gone = [(tenant, bytes(sha2), stored) for tenant, sha2, stored in cursor.fetchall()]
    cursor.executemany("DELETE FROM records_attachment WHERE tenant = %s AND sha2 = %s AND stored = %s", gone)
    for tenant, sha2 in {(tenant, sha2) for tenant, sha2, _stored in gone}:
        cursor.execute("SELECT 1 FROM records_attachment WHERE tenant = %s AND sha2 = %s", [tenant, sha2])
        if cursor.fetchone() is None:
            path = place(tenant, sha2.hex())
            after_commit(lambda path=path: path.unlink(missing_ok=True))


def forget(tenant: int, *, before: int, verb: str = "", spared: Iterable[str] = ()) -> int:
    """Deletes the statements of a verb (of all but the spared ones if empty) stored before a stamp; how many went.

    In small steps, each a transaction of its own: writers are not kept waiting.
    """
    total = 0
    while True:
        where, values = "s.verb = %s AND s.stored < %s", [term(VERB, tenant, verb), before]
        if not verb:
            terms = [term(VERB, tenant, each) for each in spared] or [0]
            where = f"s.tenant = %s AND s.stored < %s AND s.verb NOT IN ({marks(terms)})"
            values = [tenant, before, *terms]
        with writing() as cursor:
            cursor.execute(
                "SELECT s.stored, s.id, s.body FROM records_statement s"
                f" WHERE {where} ORDER BY s.stored LIMIT {AT_ONCE}",
                values,
            )
            found = [(stored, bytes(id), bytes(body)) for stored, id, body in cursor.fetchall()]
            _forget(cursor, tenant, found)
        total += len(found)
        if len(found) < AT_ONCE:
            return total


def _forget(cursor: Any, tenant: int, found: list[tuple[int, bytes, bytes]]) -> None:
    """What others echo of these stays, and leads nowhere."""
    if not found:
        return
    stamps = [stored for stored, _id, _body in found]
    these = marks(stamps)
    _erase_attachments(cursor, f"s.stored IN ({these})", stamps)
    cursor.executemany("DELETE FROM records_related WHERE term = %s AND stored = %s", _related(tenant, found))
    cursor.executemany(
        "DELETE FROM records_id WHERE tenant = %s AND id = %s", [(tenant, id) for _stored, id, _body in found]
    )
    for table in ("echo", "moment", "statement"):
        cursor.execute(f"DELETE FROM records_{table} WHERE stored IN ({these})", stamps)


def _related(tenant: int, found: list[tuple[int, bytes, bytes]]) -> list[tuple[int, int]]:
    """The side table is found by term only, and the terms follow from the statement."""
    bodies = [(stored, unpack(body)) for stored, _id, body in found]
    agents = agents_of(faces_in(body for _stored, body in bodies))
    return [(each, stored) for stored, body in bodies for each in index_of(tenant, body, agents).related]
