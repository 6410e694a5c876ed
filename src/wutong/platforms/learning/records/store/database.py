"""The store's own connection: a file of its own on SQLite, the one database on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connections, transaction

ALIAS = "records"
Row = tuple[Any, ...]


def alias() -> str:
    return ALIAS if ALIAS in settings.DATABASES else "default"


def on_postgresql() -> bool:
    return connections[alias()].vendor == "postgresql"


def rows(sql: str, *values: Any) -> list[Row]:
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def row(sql: str, *values: Any) -> Row | None:
    with connections[alias()].cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


@contextmanager
def writing() -> Iterator[Any]:
    """A cursor in a transaction: all of it is on disk afterwards, or nothing."""
    with transaction.atomic(using=alias()), connections[alias()].cursor() as cursor:
        yield cursor


def after_commit(function: Any) -> None:
    transaction.on_commit(function, using=alias())


def marks(values: Sequence[Any]) -> str:
    """As many place-holders as values: `IN (%s, %s)`."""
    return ", ".join(["%s"] * len(values))
