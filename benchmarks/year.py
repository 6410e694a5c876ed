"""A year of enrolment after families have applied: every run of every district, on a PostgreSQL of its own.

What families do themselves is laid down in bulk beforehand and not counted: a city of children with confirmed
forms, one in twelve at a private school. Counted are lottery, comparison with the sources, both batches,
coordination and telling. Districts do not wait for each other: as many processes as the machine has cores, each with
districts of its own, begin together.
"""

import argparse
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from benchmarks.processes import machine
from tools import postgres

DISTRICTS = 16
Costs = dict[str, list[float]]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks year", description=__doc__)
    parser.add_argument("--children", type=int, default=180_000)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="wutong-bench-") as folder, postgres.server() as address:
        os.environ |= {
            "WUTONG_DATA": folder,
            "WUTONG_DATABASE": address,
            "DJANGO_SETTINGS_MODULE": "wutong.config.settings",
        }
        print(machine())
        city(given.children, given.processes)
    return 0


@contextmanager
def timed(name: str, costs: Costs) -> Iterator[None]:
    """CPU of this process, and wall."""
    wall, cpu = time.monotonic(), time.process_time()
    yield
    cost = costs.setdefault(name, [0.0, 0.0])
    cost[0] += time.process_time() - cpu
    cost[1] += time.monotonic() - wall


def some(numbers: range, children: int, together: Any, told: Any) -> None:
    """These districts' year, in a process of its own; tells the costs, from when to when, and the peak of memory."""
    import django  # noqa: PLC0415  # the settings stand in the environment

    django.setup()
    from benchmarks.families import District  # noqa: PLC0415  # its models exist only once Django is set up

    districts = [District(number, children, random.Random(number)) for number in numbers]
    together.wait()
    costs: Costs = {}
    began = time.monotonic()
    for district in districts:
        for name, run in district.runs().items():
            with timed(name, costs):
                run()
    ended = time.monotonic()
    for district in districts:
        district.check()
    told.put((costs, began, ended, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def city(children: int, processes: int) -> None:
    spawned = get_context("spawn")
    first = spawned.Process(target=prepared)
    first.start()
    first.join()
    together, told = spawned.Barrier(processes), spawned.Queue()
    workers = [
        spawned.Process(
            target=some, args=(range(n, DISTRICTS, processes), children // DISTRICTS, together, told)
        )
        for n in range(processes)
    ]
    for worker in workers:
        worker.start()
    found = [told.get() for _worker in workers]
    for worker in workers:
        worker.join()
    report(children, processes, found)


def prepared() -> None:
    import django  # noqa: PLC0415  # likewise

    django.setup()
    from benchmarks.families import prepare  # noqa: PLC0415  # likewise

    prepare()


def report(children: int, processes: int, found: list[tuple[Costs, float, float, float]]) -> None:
    print(
        f"\n{children:,} children in {DISTRICTS} districts, {processes} processes\n\n| what | CPU s |\n| --- | --- |"
    )
    for name in found[0][0]:
        print(f"| {name} | {sum(costs[name][0] for costs, *_rest in found):.1f} |")
    cpu = sum(cost for costs, *_rest in found for cost, _wall in costs.values())
    wall = max(ended for *_rest, ended, _peak in found) - min(began for _costs, began, *_rest in found)
    print(f"| **all runs of the year** | {cpu:.1f} CPU s, {wall:.1f} s by the clock |")
    print(f"\npeak {max(peak for *_rest, peak in found):.0f} MB a process")
