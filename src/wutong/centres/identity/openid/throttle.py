"""How often somebody may ask, counted in the memory of each web process: a counter in the database would cost more
than the answer. Guessing is hopeless by the length of what is guessed; this keeps it cheap for us as well."""

import threading
import time
from collections import OrderedDict


class Throttle:
    """`most` in any `seconds`, for each key; the longest unseen keys are forgotten when there are too many."""

    def __init__(self, most: int, seconds: float, *, keys: int = 20_000) -> None:
        self.most, self.seconds, self.keys = most, seconds, keys
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, key: str, now: float | None = None) -> bool:
        """Counts one; whether it is still within what is allowed."""
        now = time.monotonic() if now is None else now
        with self._lock:
            began, count = self._seen.pop(key, (now, 0))
            if now - began >= self.seconds:
                began, count = now, 0
            self._seen[key] = (began, count + 1)
            if len(self._seen) > self.keys:
                self._seen.popitem(last=False)
            return count < self.most

    def spent(self, key: str, now: float | None = None) -> bool:
        """Whether the next one would be too much; counts nothing."""
        now = time.monotonic() if now is None else now
        with self._lock:
            began, count = self._seen.get(key, (now, 0))
            return now - began < self.seconds and count >= self.most

    def clear(self) -> None:
        with self._lock:
            self._seen.clear()


# A client that asks so often is broken; a school behind one address is not.
CLIENTS = Throttle(6_000, 60)
FAILURES = Throttle(60, 60)
USER_CODES = Throttle(10, 300)
# One line in the journal for the same refusal, and not many from one place, so that nobody fills it.
JOURNAL = Throttle(1, 60)
JOURNAL_PLACES = Throttle(30, 60)
