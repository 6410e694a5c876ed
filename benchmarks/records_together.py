"""Eight who write at once, each over a connection, in a process of their own: in life they are other machines."""

import http.client
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from msgspec import json

from benchmarks.lessons import statement
from benchmarks.openid_peers import answered, used

WRITERS = 8
# Requests of all writers together, and of each before it counts.
TIMES, WARM_UP = {1: 1_600, 100: 160}, 5
PATIENCE = 300  # seconds, then the benchmark ends with an error


@dataclass(frozen=True)
class Door:
    """Where statements are posted to."""

    port: int
    path: str
    headers: dict[str, str]
    learners: int


def together(door: Door, server: int, database: int | None) -> dict[str, float]:
    """CPU milliseconds, as a measurement of one after the other gives them."""
    return {
        "POST 1, eight at once": cost(door, server, database, 1),
        "a statement of POST 100, eight at once": cost(door, server, database, 100) / 100,
    }


def cost(door: Door, server: int, database: int | None, number: int) -> float:
    """CPU milliseconds of all server processes for one request of so many statements."""
    spawned = get_context("spawn")
    ready, over = (spawned.Barrier(2, timeout=PATIENCE) for _each in range(2))
    writers = spawned.Process(target=write, args=(door, number, ready, over))
    writers.start()
    ready.wait()
    before = sum(used(server, database))
    over.wait()
    spent = (sum(used(server, database)) - before) / TIMES[number]
    writers.join()
    return spent


def write(door: Door, number: int, ready: Any, over: Any) -> None:
    """Runs where nobody else wants the core. Who is refused ends the run: the others do not wait for them for ever."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    headers = door.headers | {"Content-Type": "application/json"}
    begun = threading.Barrier(WRITERS, ready.wait, timeout=PATIENCE)

    def go_on(seed: int) -> None:
        rng = random.Random(f"{door.learners} {number} {seed}")
        connection = http.client.HTTPConnection("127.0.0.1", door.port, timeout=120)
        for turn in range(WARM_UP + TIMES[number] // WRITERS):
            if turn == WARM_UP:
                begun.wait()
            body = json.encode([statement(rng, door.learners) for _each in range(number)])
            answer = answered(connection, "POST", door.path, body, headers)
            if (said := answer.read()) and answer.status != 200:
                begun.abort()
                raise SystemExit(f"{door.path} answered {answer.status}: {said[:300]!r}")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(go_on, range(WRITERS)))
    over.wait()
