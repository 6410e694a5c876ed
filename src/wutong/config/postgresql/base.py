"""What a connection to PostgreSQL does beyond Django's.

Django asks `SELECT 1` before each request whether a kept connection still works; that costs as much as a question. A
server that is there says nothing between two requests: only where there is something to read, which may be the end of
the connection, is the server asked.

Django writes values into the text of a question, which the server reads and plans anew each time. Within `lasting` it
is sent the text once. A pooler that hands a connection from one transaction to the next may lose it: who has such a
pooler says `?prepare_threshold=none` in the address.
"""

import select
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import NotSupportedError
from django.db.backends.postgresql import base

MOST_PREPARED = 300


class Operations(base.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> Any:
        """For who looks on: what the server was sent in two parts, in one."""
        return super().last_executed_query(cursor, sql, params) or self.compose_sql(sql, params)


class DatabaseWrapper(base.DatabaseWrapper):
    ops_class = Operations

    def get_connection_params(self) -> dict[str, Any]:
        asked = self.settings_dict["OPTIONS"].get("prepare_threshold", "0")
        return super().get_connection_params() | {
            "prepare_threshold": None if asked == "none" else int(asked)
        }

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        connection.prepared_max = MOST_PREPARED
        return connection

    @contextmanager
    def lasting(self) -> Iterator[None]:
        """The server reads and plans what is asked within once, and is sent only the values afterwards."""
        self.ensure_connection()
        self.connection.cursor_factory = base.ServerBindingCursor
        try:
            yield
        except NotSupportedError:  # the type of a column was changed behind a kept plan
            if not self.in_atomic_block:
                self.close()
            raise
        finally:
            if self.connection is not None:
                self.connection.cursor_factory = base.Cursor

    def is_usable(self) -> bool:
        return self.connection is not None and (self._silent() or super().is_usable())

    def _silent(self) -> bool:
        try:
            waiting = select.poll()
            waiting.register(self.connection.fileno(), select.POLLIN)
            return not waiting.poll(0)
        except (base.Database.Error, OSError, ValueError):
            return False
