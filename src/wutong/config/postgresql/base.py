"""Django asks `SELECT 1` before each request whether a kept connection still works; that costs as much as a question.

A server that is there says nothing between two requests. Only where there is something to read, which may be the end
of the connection, is the server asked.
"""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    def is_usable(self) -> bool:
        return self.connection is not None and (self._silent() or super().is_usable())

    def _silent(self) -> bool:
        try:
            waiting = select.poll()
            waiting.register(self.connection.fileno(), select.POLLIN)
            return not waiting.poll(0)
        except (base.Database.Error, OSError, ValueError):
            return False
