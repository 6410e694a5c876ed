"""When each key was last used, and who read whose record: once a minute and once a day, so that nobody waits for it.

On SQLite in a file of their own: who reads must not wait for those who send statements.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from wutong.platforms.learning.records.store.database import USAGE, marks, rows, write
from wutong.platforms.learning.records.store.rendering import EPOCH
from wutong.platforms.learning.records.store.schema import DAY

EVERY = 60.0  # seconds
_touched: dict[int, float] = {}
_saw: set[tuple[int, int, int]] = set()


def touch(key: int) -> None:
    if not key or _touched.get(key, -EVERY) + EVERY > time.monotonic():
        return
    _touched[key] = time.monotonic()
    write(
        "INSERT INTO records_use (key, at) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET at = excluded.at",
        key,
        time.time_ns() // 1000,
        home=USAGE,
    )


def last_used(keys: Iterable[int]) -> dict[int, datetime]:
    wanted = list(keys)
    if not wanted:
        return {}
    found = rows(f"SELECT key, at FROM records_use WHERE key IN ({marks(wanted)})", *wanted, home=USAGE)
    return {key: EPOCH + timedelta(microseconds=at) for key, at in found}


def saw(reader: int, agents: Iterable[int]) -> None:
    """Written before the answer goes out. `reader` is the agent of the authority that asks."""
    day = time.time_ns() // 1000 // DAY
    fresh = {(agent, day, reader) for agent in agents if agent > 0 and agent != reader} - _saw
    if not fresh:
        return
    looks = ", ".join(["(%s, %s, %s)"] * len(fresh))
    write(
        f"INSERT INTO records_read (agent, day, reader) VALUES {looks} ON CONFLICT DO NOTHING",
        *chain.from_iterable(sorted(fresh)),
        home=USAGE,
    )
    if len(_saw) > 100_000 or any(seen_on < day for _agent, seen_on, _reader in list(_saw)[:1]):
        _saw.clear()
    _saw.update(fresh)


@dataclass(frozen=True)
class Look:
    """One reader on one day (UTC)."""

    day: date
    reader: int


def looks(agents: Iterable[int]) -> list[Look]:
    """Who read these agents' records, the last first."""
    wanted = list(agents)
    if not wanted:
        return []
    found = rows(
        f"SELECT DISTINCT day, reader FROM records_read WHERE agent IN ({marks(wanted)}) ORDER BY day DESC, reader",
        *wanted,
        home=USAGE,
    )
    return [Look((EPOCH + timedelta(days=day)).date(), reader) for day, reader in found]
