"""How many requests a caller may make in a minute, counted over all web processes."""

import threading
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache

WINDOW = 60
# Taken from the shared count at once, so that most requests ask no database.
BLOCK = 10


@dataclass
class Held:
    """What this process may still give out of the block it took, and what all had taken with it."""

    left: int = 0
    taken: int = 0


@dataclass(frozen=True)
class Allowance:
    granted: bool
    limit: int
    remaining: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """draft-ietf-httpapi-ratelimit-headers-10."""
        found = {
            "RateLimit-Policy": f'"minute";q={self.limit};w={WINDOW}',
            "RateLimit": f'"minute";r={self.remaining};t={self.reset}',
        }
        return found if self.granted else {**found, "Retry-After": str(self.reset)}


class Limiter:
    """Never grants more than the limit, but for two processes taking a block in the same instant."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.window = 0
        self.held: dict[str, Held] = {}

    def spend(self, caller: str, at: float) -> Allowance:
        limit = settings.OPTION["api_rate"]
        window, passed = divmod(int(at), WINDOW)
        with self.lock:
            if window != self.window:
                self.window, self.held = window, {}
            held = self.held.setdefault(caller, Held())
            if not held.left and held.taken < limit:
                self._take(caller, held, limit)
            granted = held.left > 0
            held.left -= granted
        return Allowance(granted, limit, limit - held.taken + held.left, WINDOW - passed)

    def _take(self, caller: str, held: Held, limit: int) -> None:
        key = f"api:{self.window}:{sha256(caller.encode()).hexdigest()}"
        taken = cache.get(key, 0)
        held.left = max(min(BLOCK, limit - taken), 0)
        held.taken = taken + held.left
        cache.set(key, held.taken, 2 * WINDOW)


LIMITER = Limiter()
