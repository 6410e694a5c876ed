"""The worker: two threads, one for announcements and one for long work, until told to stop."""

import logging
import threading
from collections.abc import Callable

from django.db import close_old_connections, connections

from wutong.kernel.audit.request import set_request_id
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.jobs.queue import run_due

log = logging.getLogger(__name__)
PAUSE = 0.5


class Worker:
    """`start()` returns at once; `stop()` waits until what is under way is finished."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._loop, args=(step,), name=name)
            for name, step in (("events", deliver_waiting), ("jobs", run_due))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _loop(self, step: Callable[[], int]) -> None:
        while not self._over.is_set():
            try:
                close_old_connections()
                step()
            except Exception:  # a worker that has died does nothing, and nobody sees it
                log.exception("a turn of the worker failed; trying again")
            set_request_id("")
            self._over.wait(PAUSE)
        connections.close_all()
