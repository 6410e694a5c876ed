"""The store's own connections: files of their own on SQLite, the one database on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from wutong.kernel.turns import Turns

STORE, USAGE = "records", "usage"
Row = tuple[Any, ...]


def alias(home: str = STORE) -> str:
    return home if home in settings.DATABASES else "default"


def on_postgresql() -> bool:
    return connections[alias()].vendor == "postgresql"


def in_transaction() -> bool:
    """Whether what is written now is kept only if something larger is."""
    return connections[alias()].in_atomic_block


def rows(sql: str, *values: Any, home: str = STORE) -> list[Row]:
    with connections[alias(home)].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def again(sql: str, *values: Any) -> list[Row]:
    """The rows of a text that comes again and again: PostgreSQL keeps one plan for all values."""
    connection = connections[alias()]
    whole = connection.ops.adapt_integerfield_value
    # The same number of another width is another question there.
    given = [whole(value, "BigIntegerField") if type(value) is int else value for value in values]
    with getattr(connection, "lasting", nullcontext)(), connection.cursor() as cursor:
        cursor.execute(sql, given)
        return cursor.fetchall()


def row(sql: str, *values: Any) -> Row | None:
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


# On SQLite one writes to a file at a time. Who waits in its line is next; who waits for the file looks again now and
# then, ever more seldom, and sees a tenth of a second pass while others write.
LINES = {STORE: Turns(1), USAGE: Turns(1)}


@contextmanager
def writing(home: str = STORE) -> Iterator[Any]:
    """A cursor in a transaction: all of it is on disk afterwards, or nothing."""
    with _turn(home), transaction.atomic(using=alias(home)), connections[alias(home)].cursor() as cursor:
        yield cursor


def write(sql: str, *values: Any, home: str = STORE) -> None:
    """One statement: a transaction by itself."""
    with _turn(home), connections[alias(home)].cursor() as cursor:
        cursor.execute(sql, values)


def _turn(home: str) -> AbstractContextManager[None]:
    connection = connections[alias(home)]
    alone = connection.vendor == "sqlite" and not connection.in_atomic_block
    return LINES[home] if alone else nullcontext()


def after_commit(function: Any) -> None:
    transaction.on_commit(function, using=alias())


def marks(values: Sequence[Any]) -> str:
    """As many place-holders as values: `IN (%s, %s)`."""
    return ", ".join(["%s"] * len(values))


def padded(values: Sequence[Any]) -> list[Any]:
    """As many as the next of a few sizes, the last one repeated, so that few texts ask for all."""
    size = next((size for size in (1, 4, 16, 64, 250) if size >= len(values)), 500)
    return [*values, *[values[-1]] * (size - len(values))]


FEW = 12


@dataclass(frozen=True)
class Table:
    """Where rows are added by the hundred; `columns` are names with their types in PostgreSQL."""

    name: str
    columns: tuple[tuple[str, str], ...]

    @cached_property
    def one_by_one(self) -> str:
        return f"{self._into} VALUES ({marks(self.columns)})"

    @cached_property
    def by_copy(self) -> str:
        names = ", ".join(name for name, _kind in self.columns)
        return f"COPY {self.name} ({names}) FROM STDIN (FORMAT BINARY)"

    @property
    def _into(self) -> str:
        return f"INSERT INTO {self.name} ({', '.join(name for name, _kind in self.columns)})"

    def add(self, cursor: Any, found: Sequence[Row]) -> None:
        """On PostgreSQL a row that is sent by itself costs as much as its insertion."""
        if len(found) > 1 and on_postgresql():
            with connections[alias()].wrap_database_errors, cursor.copy(self.by_copy) as copy:
                copy.set_types([kind for _name, kind in self.columns])
                for each in found:
                    copy.write_row(each)
        elif found:
            cursor.executemany(self.one_by_one, found)


def add_all(cursor: Any, tables: Sequence[tuple[Table, Sequence[Row]]]) -> None:
    """On PostgreSQL a few rows for several tables go there and back once."""
    rows = [(table.one_by_one, row) for table, found in tables for row in found]
    if on_postgresql() and 0 < len(rows) <= FEW:
        cursor.execute("; ".join(sql for sql, _row in rows), [value for _sql, row in rows for value in row])
        return
    for table, found in tables:
        table.add(cursor, found)
