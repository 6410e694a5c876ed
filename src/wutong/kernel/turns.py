"""Waiting in line."""

import threading
from collections import deque
from types import TracebackType


class Turns:
    """A lock with several places; who came first goes first, which a semaphore does not promise."""

    def __init__(self, places: int) -> None:
        self.free = places
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    def __enter__(self) -> None:
        with self._lock:
            if self.free > 0:
                self.free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self.free += 1
