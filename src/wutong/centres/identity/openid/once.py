"""What may be used once, or is kept for moments only: kept in the cache, where a look may write, too.

The database behind it decides who was first, so that of several at once one wins, in whatever process.
"""

import hashlib
from typing import Any

from django.core.cache import cache


def first_use(kind: str, value: str, seconds: int) -> bool:
    """Whether this value is seen for the first time; to be remembered for so long."""
    return bool(cache.add(_key(kind, value), 1, max(1, seconds)))


def keep(kind: str, value: str, content: Any, seconds: int) -> None:
    cache.set(_key(kind, value), content, seconds)


def take(kind: str, value: str) -> Any:
    """What was kept, for the first who comes for it; None for all others."""
    key = _key(kind, value)
    content = cache.get(key)
    return content if content is not None and cache.delete(key) else None


def _key(kind: str, value: str) -> str:
    return f"openid.{kind}.{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()}"
