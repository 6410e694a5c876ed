"""Many rows at once: keys given out beforehand, COPY or batched statements, one entry in the journal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import polars as pl
from django.apps import apps
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import TITLES, RowsLoaded
from wutong.kernel.audit.chain import append
from wutong.kernel.audit.models import AuditEntry, AuditRange
from wutong.kernel.event.event import emit
from wutong.kernel.policy import Actor

STATEMENT = 5_000
LOADED = "register.loaded"
TITLES[LOADED] = _("批量写入")


@dataclass
class Load:
    """One batch of rows inside one transaction. `insert` as often as needed, `finish` last: it locks the journal's end.

    Frames name columns as the database does (`person_id`) and bring their keys, from `new_keys`. Rows are taken as they
    are: whoever loads has checked them by the same rules as the verb that writes one.
    """

    ranges: list[tuple[str, int, int]] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256()

    def insert(self, model: type[models.Model], rows: pl.DataFrame) -> None:
        if not rows.height:
            return
        text = (
            rows.with_columns(pl.selectors.binary().bin.encode("hex"))
            .write_csv(include_header=False)
            .encode()
        )
        self.digest.update(f"{model._meta.label_lower} {','.join(rows.columns)}\n".encode() + text)
        self.count += rows.height
        self.ranges += [(model._meta.label_lower, *run) for run in runs(rows[model._meta.pk.column])]
        (_copy if connection.vendor == "postgresql" else _execute)(model, rows)

    def finish(
        self, actor: Actor, subject: Any, *, at: datetime, announce: bool = True, **facts: Any
    ) -> AuditEntry:
        """The journal's entry on `subject`: what was written, how many, and the digest of it."""
        changes = {
            "rows": self.count,
            "digest": self.digest.hexdigest(),
            "keys": [list(r) for r in self.ranges],
            **facts,
        }
        if announce:
            for label, first, last in self.ranges:
                emit(RowsLoaded(label, first, last))
        _tell_planner({label for label, _first, _last in self.ranges})
        entry = append(actor, LOADED, subject, changes=changes, at=at)
        AuditRange.objects.bulk_create(
            AuditRange(entry=entry, kind=label, first=first, last=last) for label, first, last in self.ranges
        )
        return entry


def _columns(model: type[models.Model], rows: pl.DataFrame) -> str:
    quoted = ", ".join(map(connection.ops.quote_name, rows.columns))
    return f"{connection.ops.quote_name(model._meta.db_table)} ({quoted})"


def _copy(model: type[models.Model], rows: pl.DataFrame) -> None:
    binary = [name for name, kind in rows.schema.items() if kind == pl.Binary]
    hexed = rows.with_columns(("\\x" + pl.col(name).bin.encode("hex")).alias(name) for name in binary)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {_columns(model, rows)} FROM STDIN (FORMAT csv)") as copy,
    ):
        copy.write(hexed.write_csv(include_header=False).encode())


def _execute(model: type[models.Model], rows: pl.DataFrame) -> None:
    marks = ", ".join(["%s"] * rows.width)
    statement = f"INSERT INTO {_columns(model, rows)} VALUES ({marks})"  # noqa: S608  # names of our own columns
    written = rows.with_columns(pl.selectors.date().cast(pl.String)).iter_rows()
    with connection.cursor() as cursor:
        while batch := list(islice(written, STATEMENT)):
            cursor.executemany(statement, batch)


def _tell_planner(labels: set[str]) -> None:
    """Counts tables that have doubled: PostgreSQL itself looks once a minute, and reads whole tables until then."""
    if connection.vendor != "postgresql":
        return
    grown = (
        "SELECT pg_class.relname FROM pg_class JOIN pg_stat_user_tables ON relid = pg_class.oid "
        "WHERE pg_class.relname = ANY(%s) AND n_mod_since_analyze > greatest(reltuples, 1000)"
    )
    with connection.cursor() as cursor:
        cursor.execute(grown, [[apps.get_model(label)._meta.db_table for label in labels]])
        for (table,) in cursor.fetchall():
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")


def new_keys(model: type[models.Model], count: int) -> pl.Series:
    """Keys that nobody else will be given. On SQLite inside the transaction that uses them."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            given = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            cursor.execute(given, [table, model._meta.pk.column, count])
            return pl.Series([key for (key,) in cursor.fetchall()], dtype=pl.Int64)
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        last = (cursor.fetchone() or (0,))[0]
    return pl.int_range(last + 1, last + 1 + count, eager=True)


def runs(keys: pl.Series) -> list[tuple[int, int]]:
    """Keys as ranges without gaps."""
    sorted_keys = keys.sort()
    frame = pl.DataFrame({"key": sorted_keys, "run": sorted_keys - pl.int_range(keys.len(), eager=True)})
    found = frame.group_by("run", maintain_order=True).agg(
        pl.col("key").first(), pl.col("key").last().alias("last")
    )
    return list(found.select("key", "last").iter_rows())


@contextmanager
def without_indexes(*tables: type[models.Model]) -> Iterator[None]:
    """Secondary indexes are taken away and made again at the end: for a house that nobody uses yet."""
    with connection.cursor() as cursor:
        names = tuple(model._meta.db_table for model in tables)
        cursor.execute(_INDEXES[connection.vendor].format(", ".join(["%s"] * len(names))), names)
        found = cursor.fetchall()
        for name, _definition in found:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    yield
    with connection.cursor() as cursor:
        for _name, definition in found:
            cursor.execute(definition)


_INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({})",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() "
    "AND tablename IN ({}) AND indexname NOT IN (SELECT conname FROM pg_constraint)",
}


def take_turns(name: str) -> None:
    """Waits until no other transaction loads under this name; SQLite has one writer as it is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"bulk:{name}"])
