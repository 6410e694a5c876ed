"""Hashing passwords takes long on purpose, so few do it at once and the rest wait in the order they came.

A thread that waits serves nobody else: when all places are taken a sign-in is not let wait in a thread. The browser
waits instead, in a room where it asks again now and then (`pages/sign_in.py`), and everything else stays quick.
"""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.hashers import Argon2PasswordHasher

from wutong.kernel.turns import Turns

# One core's work in each web process: whatever is quick has the others.
PLACES = 1


TURNS = Turns(PLACES)


def _give_way() -> None:
    """Who signs in can wait a little longer than everybody else. Only Linux knows this of threads."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


POOL = ThreadPoolExecutor(PLACES, "hashing", _give_way)


class Hasher(Argon2PasswordHasher):
    """Argon2id with 46 MiB, two passes, one lane (above the least that OWASP's cheat sheet asks for).

    One lane, so that one hash is one core's work and the places are what is really used.
    """

    memory_cost = 46 * 1024
    time_cost = 2
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        with TURNS:
            return POOL.submit(super().encode, password, salt).result()

    def verify(self, password: str, encoded: str) -> bool:
        with TURNS:
            return POOL.submit(super().verify, password, encoded).result()


class WaitingRoom:
    """Who waits, by ticket. A ticket begins with the time it was drawn, so that the smallest is the oldest."""

    def __init__(self, turns: Turns, *, patience: float, at_the_door: int) -> None:
        self.turns = turns
        self.patience = patience
        self.at_the_door = at_the_door
        self._lock = threading.Lock()
        self._asked: dict[str, float] = {}

    def may_go(self, ticket: str, now: float) -> bool:
        """Whether it is this one's turn: a place is free, and fewer than `at_the_door` came earlier and still wait.

        If only the very first could go, the place would stay empty until that browser asks again. Who has not asked
        for `patience` seconds has left and holds up nobody.
        """
        with self._lock:
            self._asked[ticket] = now
            self._asked = {each: at for each, at in self._asked.items() if now - at <= self.patience}
            if self.turns.free <= 0 or ticket not in sorted(self._asked)[: self.at_the_door]:
                return False
            del self._asked[ticket]
            return True

    def before(self, ticket: str) -> int:
        """How many came earlier and still wait."""
        with self._lock:
            return sum(each < ticket for each in self._asked)


ROOM = WaitingRoom(TURNS, patience=45.0, at_the_door=64)


def pause(before: int) -> int:
    """Seconds until a browser asks again: soon at the door, seldom far behind, or asking would be the work."""
    return min(1 + before // 64, 20)
