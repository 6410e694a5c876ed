"""How often somebody may ask, counted in the memory of each web process: a counter in the database would cost more
than the answer, and who waits for its lock on a busy morning would be turned away."""

import threading
import time
from collections import OrderedDict
from ipaddress import IPv6Network, ip_address


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


def household(address: str) -> str:
    """The address, of IPv6 the network that a household gets (/64): within it a machine may take any."""
    if ":" not in address:
        return address
    return str(IPv6Network(f"{ip_address(address)}/64", strict=False))


# By household. A school behind one address may all come at once; who fails so often is not a school.
DOOR = Throttle(6_000, 60)
FAILED = Throttle(60, 60)
