"""Eight who do something at the same moment, each with a connection to the database of their own."""

import threading
from collections.abc import Callable

from django.db import connections

WRITERS = 8


def all_at_once(work: Callable[[int], None]) -> None:
    start, errors = threading.Barrier(WRITERS), []

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        except BaseException as error:  # noqa: BLE001  # told by the test
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
