"""Eight who do something at the same moment, each with a connection to the database of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connections

WRITERS = 8


def all_at_once(work: Callable[[int], object]) -> None:
    """Raises what any of them raised."""
    start = Barrier(WRITERS)

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        for each in [pool.submit(run, number) for number in range(WRITERS)]:
            each.result()
