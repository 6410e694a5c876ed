"""Many rows with values of their own: one statement, said for each. `bulk_update` builds an expression for each cell,
which costs the year of a city minutes."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.db.models import Model


def write_each(rows: Sequence[Model], *names: str) -> None:
    """Writes these fields of rows that are there. The caller holds the transaction and notes what it did."""
    if not rows:
        return
    meta, quoted = rows[0]._meta, connection.ops.quote_name
    fields = [meta.get_field(name) for name in names]
    told = ", ".join(f"{quoted(str(field.column))} = %s" for field in fields)
    sql = f"UPDATE {quoted(meta.db_table)} SET {told} WHERE {quoted(str(meta.pk.column))} = %s"  # noqa: S608  # names of columns
    values = [
        [*(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields), row.pk]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
