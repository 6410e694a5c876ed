"""What this process knows to be in the store, and need not write again: wordings of activities, partitions of days."""

from __future__ import annotations

from collections.abc import Iterable

from wutong.platforms.learning.records.store.database import Row
from wutong.platforms.learning.records.store.people import REMEMBERED
from wutong.platforms.learning.records.store.preparing import Prepared

Wording = tuple[int, bytes]

DAYS: set[int] = set()
WORDINGS: set[Wording] = set()


def fresh(new: Iterable[tuple[int, Prepared]]) -> dict[Wording, Row]:
    """Wordings met for the first time, each once: (activity, digest, the number given with it, packed)."""
    return {
        (activity, mark): (activity, mark, number, text)
        for number, each in new
        for activity, mark, text in each.definitions
        if (activity, mark) not in WORDINGS
    }


def learn(wordings: Iterable[Wording]) -> None:
    if len(WORDINGS) > REMEMBERED:
        WORDINGS.clear()
    WORDINGS.update(wordings)
