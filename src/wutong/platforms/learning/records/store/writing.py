"""Appending statements. Many who write at once share one transaction, and one wait for the disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, connections

from wutong.kernel.turns import Turns
from wutong.platforms.learning.records.store import echoes, known, people, plain
from wutong.platforms.learning.records.store.database import (
    Table,
    add_all,
    after_commit,
    alias,
    in_transaction,
    marks,
    on_postgresql,
    writing,
)
from wutong.platforms.learning.records.store.packing import unpack
from wutong.platforms.learning.records.store.preparing import DESK, Batch, Prepared, voids
from wutong.platforms.learning.records.store.schema import partition
from wutong.platforms.learning.records.xapi.agents import JsonObject, faces, swap_agents
from wutong.platforms.learning.records.xapi.compare import same
from wutong.platforms.learning.records.xapi.refusal import Refused

STAMP = "UPDATE records_clock SET last = CASE WHEN last < %s THEN %s ELSE last + %s END RETURNING last, epoch"
INT, BYTES = "bigint", "bytea"
STATEMENTS = Table(
    "records_statement",
    (
        ("stored", INT), ("tenant", INT), ("actor", INT), ("verb", INT), ("activity", INT), ("authority", INT),
        ("registration", BYTES), ("id", BYTES), ("body", BYTES),
    ),
)  # fmt: skip
IDS = Table("records_id", (("tenant", INT), ("id", BYTES), ("stored", INT)))
RELATED = Table("records_related", (("term", INT), ("stored", INT)))
MOMENTS = Table("records_moment", (("stored", INT), ("actor", INT), ("at", INT)))


class Outdated(Exception):
    """Somebody was erased after this batch was prepared: prepare it anew."""


class Unavailable(Exception):
    """The store cannot write now; nothing of the batch was kept."""


def append(make: Callable[[], Batch]) -> Batch:
    """Returns when every statement of the batch is on disk; `make` prepares it, again if it has to."""
    while True:
        batch = make()
        try:
            COMMITTER.commit(batch)
        except Outdated:
            people.MEMORY.forget(people.epoch())
        else:
            return batch


class Committer:
    """Who comes while another is writing waits with others like them; the next of them writes for all.

    On SQLite the work is this process's own, so that who writes sits at the desk; PostgreSQL works elsewhere, and the
    desk is free meanwhile.
    """

    def __init__(self) -> None:
        self._waiting: list[Batch] = []
        self._list, self._turn = threading.Lock(), Turns(1)

    def commit(self, batch: Batch) -> None:
        if in_transaction():
            _write_all(
                [batch]
            )  # what others are told is kept must not hang on what becomes of this transaction
        else:
            self._together(batch)
        if batch.error is not None:
            raise batch.error

    def _together(self, batch: Batch) -> None:
        with self._list:
            self._waiting.append(batch)
        with self._turn if on_postgresql() else DESK:
            if not batch.done:
                with self._list:
                    taken, self._waiting = self._waiting, []
                _write_all(taken)


COMMITTER = Committer()


def _write_all(batches: list[Batch]) -> None:
    try:
        if plain.written(batches):
            return
        with writing() as cursor:
            _in_order(cursor, batches)
        if on_postgresql():
            _on_disk()
    except BaseException as error:  # whatever it was, nobody who waits may take it for written
        for batch in batches:
            batch.error = batch.error or Unavailable(type(error).__name__)
            batch.error.__cause__ = error
        if not isinstance(error, DatabaseError):
            raise
    finally:
        for batch in batches:
            batch.done = True


def _on_disk() -> None:
    """On PostgreSQL the sequencer is free again before the disk has turned; nothing is acknowledged before it has.

    A commit of its own, that waits, carries with it all that were before it.
    """
    with connections[alias()].cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")


def _in_order(cursor: Any, batches: list[Batch]) -> None:
    first, epoch = _stamps(cursor, sum(len(batch.statements) for batch in batches))
    for batch in batches:
        if batch.epoch != epoch:
            batch.error = Outdated()
            continue
        try:
            new = _new(cursor, batch)
        except Refused as refused:
            batch.error = refused
        else:
            _insert(cursor, batch, list(enumerate(new, first)))
        first += len(batch.statements)


def _stamps(cursor: Any, wanted: int) -> tuple[int, int]:
    """The first of so many stamps in a row, later than all before whatever the clock says; and the epoch."""
    now = time.time_ns() // 1000
    values = [now, now + wanted - 1, wanted]
    if on_postgresql():
        cursor.execute(f"SET LOCAL synchronous_commit = off; {STAMP}", values)
        cursor.nextset()
    else:
        cursor.execute(STAMP, values)
    last, epoch = cursor.fetchone()
    cursor.fetchall()
    return last - wanted + 1, epoch


def _new(cursor: Any, batch: Batch) -> list[Prepared]:
    """Those not here yet. One that is here, but says something else, refuses the batch."""
    named = [each.id for each in batch.statements if each.named]
    found: dict[bytes, int] = {}
    for start in range(0, len(named), 500):
        part = named[start : start + 500]
        cursor.execute(
            f"SELECT id, stored FROM records_id WHERE tenant = %s AND id IN ({marks(part)})",
            [batch.tenant, *part],
        )
        found |= {bytes(id): stored for id, stored in cursor.fetchall()}
    for each in batch.statements:
        if each.id in found and not _says_the_same(cursor, found[each.id], each):
            raise Refused("another statement with this id is here already", status=409)
    return [each for each in batch.statements if each.id not in found]


def _says_the_same(cursor: Any, stored: int, given: Prepared) -> bool:
    cursor.execute("SELECT body FROM records_statement WHERE stored = %s", [stored])
    kept = unpack(bytes(cursor.fetchone()[0]))
    return same(_by_agent(kept), _by_agent(unpack(given.packed)))


def _by_agent(body: JsonObject) -> JsonObject:
    """Two faces of one agent are the same agent."""
    agents = people.agents_of(echoes.faces_in([body]))
    swap_agents(body, lambda value, _direct: sorted(agents[face] for face in faces(value)))
    return body


def _insert(cursor: Any, batch: Batch, new: list[tuple[int, Prepared]]) -> None:
    if not new:
        return
    if on_postgresql():
        _partitions(cursor, {new[0][0], new[-1][0]})
    tenant = batch.tenant
    added = [
        (
            stored,
            tenant,
            s.index.actor,
            s.index.verb,
            s.index.activity,
            batch.authority,
            s.index.registration,
            s.id,
            s.packed,
        )
        for stored, s in new
    ]
    ids = [(tenant, s.id, stored) for stored, s in new]
    related = sorted((term, stored) for stored, s in new for term in s.index.related)
    moments = [(stored, s.index.actor, s.moment) for stored, s in new if s.moment is not None]
    add_all(cursor, ((STATEMENTS, added), (IDS, ids), (RELATED, related), (MOMENTS, moments)))
    _beside(cursor, batch, new)


def _beside(cursor: Any, batch: Batch, new: list[tuple[int, Prepared]]) -> None:
    """What only some statements bring."""
    voided = [(batch.tenant, s.index.target, stored) for stored, s in new if voids(s)]
    if voided:
        cursor.executemany(
            "INSERT INTO records_voided (tenant, id, stored) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            voided,
        )
    echoes.enter(cursor, batch.tenant, [(stored, s.id, s.index.target) for stored, s in new])
    _define(cursor, new)
    for place, sha2, media_type in batch.brought:
        stored = next((stored for stored, s in new if s is batch.statements[place]), None)
        if stored is not None:
            cursor.execute(
                "INSERT INTO records_attachment (tenant, sha2, stored, type) VALUES (%s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [batch.tenant, sha2, stored, media_type],
            )


def _define(cursor: Any, new: list[tuple[int, Prepared]]) -> None:
    """A wording is written when it is first met; most statements say what others said before."""
    fresh = known.fresh(new)
    if not fresh:
        return
    cursor.executemany(
        "INSERT INTO records_definition (activity, digest, stored, body) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        sorted(fresh.values()),
    )
    after_commit(lambda: known.learn(fresh))


def _partitions(cursor: Any, stamps: set[int]) -> None:
    """The day's partition is made with its first statement."""
    for stamp in stamps:
        name, since, until = partition(stamp)
        if since in known.DAYS:
            continue
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF records_statement FOR VALUES FROM ({since}) TO ({until})"
        )
        after_commit(lambda day=since: known.DAYS.add(day))
