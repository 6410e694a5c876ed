"""On PostgreSQL, statements that bring nothing but rows of their own: their transaction goes there and back once.

Step by step, who writes waits seven times for the server, which costs more than the rows do. What must look at an
answer before it goes on (an id that is here already, a reference, an attachment) takes the steps of `writing`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import psycopg
from django.db import connections

from wutong.platforms.learning.records.store import known
from wutong.platforms.learning.records.store.database import Row, alias, in_transaction, on_postgresql
from wutong.platforms.learning.records.store.preparing import Batch, Prepared, voids
from wutong.platforms.learning.records.store.schema import partition

TAKE = """
UPDATE records_clock
SET last = CASE WHEN last < %(now)s::bigint THEN %(until)s::bigint ELSE last + %(number)s::bigint END
WHERE epoch = %(epoch)s::bigint RETURNING set_config('synchronous_commit', 'off', true)
"""
# A question of its own, so that it sees what others kept before this one had the clock.
ADD = """
WITH given AS (
    SELECT * FROM unnest(
        %(tenants)s::bigint[], %(actors)s::bigint[], %(verbs)s::bigint[], %(activities)s::bigint[],
        %(authorities)s::bigint[], %(registrations)s::bytea[], %(ids)s::bytea[], %(bodies)s::bytea[]
    ) WITH ORDINALITY AS s (tenant, actor, verb, activity, authority, registration, id, body, place)
), free AS (
    SELECT last - %(number)s::bigint AS before FROM records_clock WHERE epoch = %(epoch)s::bigint
    AND NOT EXISTS (SELECT FROM given JOIN records_id USING (tenant, id))
    AND NOT EXISTS (SELECT FROM given JOIN records_reference r ON r.tenant = given.tenant AND r.target = given.id)
), ids AS (
    INSERT INTO records_id (tenant, id, stored) SELECT tenant, id, before + place FROM given, free
), related AS (
    INSERT INTO records_related (term, stored)
    SELECT term, before + place FROM free, unnest(%(terms)s::bigint[], %(speakers)s::bigint[]) AS r (term, place)
), moments AS (
    INSERT INTO records_moment (stored, actor, at) SELECT before + place, actor, at
    FROM free, unnest(%(moved)s::bigint[], %(movers)s::bigint[], %(moments)s::bigint[]) AS m (place, actor, at)
), definitions AS (
    INSERT INTO records_definition (activity, digest, stored, body) SELECT activity, digest, before + place, body
    FROM free, unnest(%(defined)s::bigint[], %(digests)s::bytea[], %(definers)s::bigint[], %(wordings)s::bytea[])
    AS d (activity, digest, place, body) ON CONFLICT DO NOTHING
)
INSERT INTO records_statement (stored, tenant, actor, verb, activity, authority, registration, id, body)
SELECT before + place, tenant, actor, verb, activity, authority, registration, id, body FROM given, free
"""
# A commit of its own, that waits for the disk, carries with it the one before, which did not.
SYNCED = "SELECT pg_current_xact_id()"


def written(batches: Sequence[Batch]) -> bool:
    """Whether these are on disk now. If not, nothing of them is, and they go step by step."""
    number = sum(len(batch.statements) for batch in batches)
    now = time.time_ns() // 1000
    until = now + number - 1
    epochs = {batch.epoch for batch in batches}
    if not on_postgresql() or in_transaction() or len(epochs) > 1 or not all(map(_plain, batches)):
        return False
    if not {partition(now)[1], partition(until)[1]} <= known.DAYS:
        return False
    numbered = list(enumerate((each for batch in batches for each in batch.statements), 1))
    fresh = known.fresh(numbered)
    stamps = {"now": now, "until": until, "number": number, "epoch": epochs.pop()}
    kept = _sent(stamps | _columns(batches) | _beside(numbered, sorted(fresh.values())))
    if kept:
        known.learn(fresh)
    return kept


def _plain(batch: Batch) -> bool:
    return not batch.brought and not any(each.index.target or voids(each) for each in batch.statements)


def _columns(batches: Sequence[Batch]) -> dict[str, str]:
    said = [each for batch in batches for each in batch.statements]
    return {
        "tenants": _ints(batch.tenant for batch in batches for _each in batch.statements),
        "authorities": _ints(batch.authority for batch in batches for _each in batch.statements),
        "actors": _ints(each.index.actor for each in said),
        "verbs": _ints(each.index.verb for each in said),
        "activities": _ints(each.index.activity for each in said),
        "registrations": _bytes(each.index.registration for each in said),
        "ids": _bytes(each.id for each in said),
        "bodies": _bytes(each.packed for each in said),
    }


def _beside(numbered: Sequence[tuple[int, Prepared]], wordings: Sequence[Row]) -> dict[str, str]:
    related = [(term, place) for place, each in numbered for term in each.index.related]
    moments = [(place, each.index.actor, each.moment) for place, each in numbered if each.moment is not None]
    return {
        "terms": _ints(term for term, _place in related),
        "speakers": _ints(place for _term, place in related),
        "moved": _ints(place for place, _actor, _at in moments),
        "movers": _ints(actor for _place, actor, _at in moments),
        "moments": _ints(at for _place, _actor, at in moments),
        "defined": _ints(activity for activity, *_rest in wordings),
        "digests": _bytes(mark for _activity, mark, *_rest in wordings),
        "definers": _ints(place for _activity, _mark, place, _text in wordings),
        "wordings": _bytes(text for *_rest, text in wordings),
    }


# As text: the driver asks each item of a list what it is.
def _ints(values: Iterable[int | None]) -> str:
    return f"{{{','.join('NULL' if value is None else str(value) for value in values)}}}"


def _bytes(values: Iterable[bytes | None]) -> str:
    written = ("NULL" if value is None else f'"\\\\x{value.hex()}"' for value in values)
    return f"{{{','.join(written)}}}"


def _sent(values: dict[str, Any]) -> bool:
    connection = connections[alias()]
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors:
        try:
            with raw.pipeline() as pipeline:
                other, adding = psycopg.Cursor(raw), psycopg.Cursor(raw)
                other.execute(TAKE, values)
                adding.execute(ADD, values)
                pipeline.sync()  # so far it is one transaction
                other.execute(SYNCED)
        except psycopg.Error as error:
            with suppress(psycopg.Error):
                raw.rollback()
            # An id that two batches have in common; a day without a partition.
            if isinstance(error, psycopg.errors.UniqueViolation | psycopg.errors.CheckViolation):
                return False
            raise
    return adding.rowcount > 0
