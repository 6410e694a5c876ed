"""A year of enrolment after families have applied: every run of every district, on a PostgreSQL of its own.

What families do themselves is laid down in bulk beforehand and not counted: a city of children with confirmed
forms, one in twelve at a private school. Counted are lottery, comparison with the sources, both batches,
coordination and telling.
"""

import argparse
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.processes import machine
from tools import postgres

DISTRICTS = 16


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks year", description=__doc__)
    parser.add_argument("--children", type=int, default=180_000)
    children = parser.parse_args(arguments).children
    with tempfile.TemporaryDirectory(prefix="wutong-bench-") as folder, postgres.server() as address:
        os.environ |= {
            "WUTONG_DATA": folder,
            "WUTONG_DATABASE": address,
            "DJANGO_SETTINGS_MODULE": "wutong.config.settings",
        }
        import django  # noqa: PLC0415  # the settings are chosen above

        django.setup()
        from django.db import connections  # noqa: PLC0415  # likewise

        print(machine())
        try:
            city(children)
        finally:
            connections.close_all()
    return 0


@contextmanager
def timed(name: str, costs: dict[str, list[float]]) -> Iterator[None]:
    """CPU of this process, and wall."""
    wall, cpu = time.monotonic(), time.process_time()
    yield
    cost = costs.setdefault(name, [0.0, 0.0])
    cost[0] += time.process_time() - cpu
    cost[1] += time.monotonic() - wall


def city(children: int) -> None:
    from benchmarks.families import District, prepare  # noqa: PLC0415  # its models exist only once Django is set up

    prepare()
    costs: dict[str, list[float]] = {}
    for number in range(DISTRICTS):
        with timed("laid down beforehand, not counted", costs):
            district = District(number, children // DISTRICTS, random.Random(number))
        for name, run in district.runs().items():
            with timed(name, costs):
                run()
        district.check()
    print(
        f"\n{children:,} children in {DISTRICTS} districts\n\n| what | CPU s | wall s |\n| --- | --- | --- |"
    )
    for name, (cpu, wall) in costs.items():
        print(f"| {name} | {cpu:.1f} | {wall:.1f} |")
    counted = [cost for name, cost in costs.items() if "not counted" not in name]
    print(
        f"| **all runs of the year** | {sum(c for c, _w in counted):.1f} | {sum(w for _c, w in counted):.1f} |"
    )
    print(f"\npeak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
