"""Pages for many at once: requests in a second by number of web processes, and what fifty users wait.

A demo town of its own on SQLite or, with `--database postgresql`, on PostgreSQL. Throughput: sixteen connections that
ask again at once, over a list, a person, the search, the inbox and the API. Users: fifty signed-in sessions, each a
request every second on average, quiet and then while `wutong import` loads a large sheet of persons. The callers are
threads of this process, on the same machine.
"""

import argparse
import os
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks.city import ENVIRONMENT, TUNED, Row, run
from benchmarks.openid_peers import postmaster
from benchmarks.processes import cpu_ms, machine
from benchmarks.start import PASSWORD, Visitor, wutong
from tools import postgres
from tools.town import Town, serving

CONNECTIONS, USERS, EVERY = 16, 50, 1.0
LOGINS = ("city", "district", "school", "teacher")
PATHS = ("/registers/persons/", "/search/?q=wang", "/inbox/", "/api/v1/registers/persons/", "/")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks throughput", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rows", type=int, default=300_000, help="of the sheet that is loaded meanwhile")
    given = parser.parse_args(arguments)
    print(machine(), flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wutong-bench-")))
        server = postgres.server(**TUNED) if given.database == "postgresql" else None
        address = stack.enter_context(server) if server else "sqlite"
        data = folder / "town"
        made = {"env": ENVIRONMENT | {"WUTONG_DATABASE": address}, "check": True, "capture_output": True}
        subprocess.run(wutong(data, "demo", "--password", PASSWORD), **made)
        run(data, "pupils", str(folder / "sheet.csv"), str(given.rows), database=address)
        rows = [
            *(throughput(data, address, number, given.seconds) for number in (1, 2)),
            *waits(data, folder / "sheet.csv", address, given.seconds),
        ]
    print("\n| what | requests | a second | CPU each | p50 | p99 |\n|" + " --- |" * 6)
    for row in rows:
        print(f"| {' | '.join(row)} |")
    return 0


def throughput(data: Path, address: str, processes: int, seconds: int) -> Row:
    options = {"WUTONG_DATABASE": address, "WUTONG_WORKER": "no", "WUTONG_WORKERS": str(processes)}
    with serving(data, **options) as town:
        crowd = Crowd(town, CONNECTIONS, pause=0)
        crowd.ask(3)
        return crowd.row(
            f"{processes} web process{'es' if processes > 1 else ''}, {CONNECTIONS} connections",
            seconds,
            address,
        )


def waits(data: Path, sheet: Path, address: str, seconds: int) -> list[Row]:
    options = {"WUTONG_DATABASE": address, "WUTONG_WORKERS": str(os.cpu_count())}
    with serving(data, **options) as town:
        crowd = Crowd(town, USERS, pause=EVERY)
        crowd.ask(5)
        quiet = crowd.row(f"{USERS} users, quiet", seconds, address)
        command = wutong(data, "import", "persons", str(sheet))
        environment = ENVIRONMENT | {"WUTONG_DATABASE": address}
        loading = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        time.sleep(3)  # until it has begun
        busy = crowd.row(f"{USERS} users, an import under way", seconds, address)
        over = loading.poll() is not None
        loading.kill()
        loading.wait(60)
    if over:
        raise SystemExit("the import ended before the measurement did: give it more --rows")
    return [quiet, busy]


class Crowd:
    """Signed-in sessions, each asking over a connection of its own from a thread of its own."""

    def __init__(self, town: Town, number: int, *, pause: float) -> None:
        self.town, self.pause = town, pause
        self.visitors = [Visitor(int(town.address.rsplit(":", 1)[1])) for _ in range(number)]
        for at, visitor in enumerate(self.visitors):
            visitor.sign_in(LOGINS[at % len(LOGINS)])

    def ask(self, seconds: float) -> list[float]:
        """Milliseconds of every request."""
        took: list[float] = []
        end = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._go, args=(at, end, took.append)) for at in range(len(self.visitors))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return took

    def _go(self, at: int, end: float, tell: Callable[[float], None]) -> None:
        visitor, chance = self.visitors[at], random.Random(at)  # only spreads the requests
        while True:
            if self.pause:
                time.sleep(chance.uniform(0, 2 * self.pause))
            began = time.monotonic()
            if began >= end:
                return
            visitor.page(chance.choice(PATHS[2:] if LOGINS[at % len(LOGINS)] == "teacher" else PATHS))
            tell((time.monotonic() - began) * 1000)

    def row(self, what: str, seconds: int, address: str) -> Row:
        pids = [self.town.pid, *([postmaster(address)] if address != "sqlite" else [])]
        before, began = sum(map(cpu_ms, pids)), time.monotonic()
        took = sorted(self.ask(seconds))
        passed, cost = time.monotonic() - began, sum(map(cpu_ms, pids)) - before
        p50, p99 = (took[int(len(took) * part)] for part in (0.5, 0.99))
        return (
            what,
            f"{len(took):,}",
            f"{len(took) / passed:.0f}",
            f"{cost / len(took):.1f} ms",
            f"{p50:.1f} ms",
            f"{p99:.1f} ms",
        )
