"""The learning record store: CPU of writing and reading at two sizes, PostgreSQL counted, and what it takes on disk.

One web process on a store of this benchmark. `--database postgresql|sqlite`; `--small` and `--large` are the numbers
of statements before the first and the second measurement. They go in by the way of the interface, without HTTP.
`--peer` measures Ralph 5.1 on the engine of ClickHouse in the same run.
"""

import argparse
import base64
import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from msgspec import json

from benchmarks import records_peers
from benchmarks.lessons import HOME, learner, statement
from benchmarks.openid_peers import answered, cost, postmaster
from benchmarks.processes import machine
from benchmarks.records_together import WRITERS, Door, together
from tools import postgres
from tools.town import serving, wutong

BATCH, READS, MORNING = 100, 1_000, 1_500
PAUSE = 0.005
EACH = 100  # statements a learner: a larger store has more of them, and a page of 25 is full in both
LIMITS = {
    "POST 1": 1.5, "a statement of POST 100": 0.12, "GET by agent (25)": 3.0, "bytes a statement on disk": 700.0,
}  # fmt: skip
TIMES_RALPH = {"POST 1": 15, "POST 1, eight at once": 15} | {
    "a statement of POST 100": 5, "a statement of POST 100, eight at once": 5,
}  # fmt: skip
# As docs/operations.md says.
TUNED = {"shared_buffers": "4GB", "max_wal_size": "8GB"}
Values = dict[str, float]


@dataclass(frozen=True)
class House:
    port: int
    pid: int
    postmaster: int | None
    headers: dict[str, str]
    learners: int


class Learner:
    """Learning software with one connection that stays open."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.rng = house, random.Random(seed)
        self.connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=60)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        raw = json.encode(body) if body is not None else None
        headers = {**self.house.headers, "Content-Type": "application/json"}
        answer = answered(self.connection, method, f"/xapi/1.0.3/{path}", raw, headers)
        text = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{method} {path} answered {answer.status}: {text[:300]!r}")
        return json.decode(text)

    def post(self, number: int = 1) -> list[str]:
        said = [statement(self.rng, self.house.learners) for _each in range(number)]
        ids: list[str] = self.ask("POST", "statements", said)
        return ids

    def read(self) -> None:
        asked = json.encode(learner(self.rng.randrange(self.house.learners))).decode()
        self.ask("GET", f"statements?{urlencode({'agent': asked, 'limit': 25})}")


def measured(house: House, seed: int) -> Values:
    one = Learner(house, seed)

    def of(work: Callable[[int], Any], **more: int) -> float:
        return cost(house.pid, house.postmaster, work, **more)

    # A server knows who has been here since the morning.
    for _turn in range(MORNING):
        one.post(BATCH)
    found = {
        "POST 1": of(lambda _turn: one.post()),
        "a statement of POST 100": of(lambda _turn: one.post(BATCH), times=100, warm_up=10) / BATCH,
        "GET by agent (25)": of(lambda _turn: one.read()),
    }
    door = Door(house.port, "/xapi/1.0.3/statements", house.headers, house.learners)
    found |= together(door, house.pid, house.postmaster)
    idle = [timed(one) for _turn in range(READS)]
    with writing(house, seed) as acknowledged:
        busy = [timed(one) for _turn in range(READS)]
    for number, ids in enumerate(acknowledged):
        for id in ids[:: max(1, len(ids) // 20)]:
            one.ask("GET", f"statements?statementId={id}")
        found[f"writer {number + 1}"] = len(ids)
    rate = sum(found.pop(f"writer {number + 1}") for number in range(WRITERS))
    quiet, loud = p99(idle), p99(busy)
    return found | {
        "read p99 idle, ms": quiet,
        f"read p99 with {WRITERS} writers, ms": loud,
        "the second over the first": loud / quiet,
        f"statements of {WRITERS} writers meanwhile": rate,
    }


def timed(one: Learner) -> float:
    time.sleep(PAUSE)
    began = time.monotonic()
    one.read()
    return time.monotonic() - began


def p99(seconds: list[float]) -> float:
    return 1000 * statistics.quantiles(seconds, n=100)[-1]


@contextmanager
def writing(house: House, seed: int) -> Iterator[list[list[str]]]:
    """Eight writers who never rest, all about one course; the ids that each was told are kept.

    They live in a process of their own that runs where nobody else wants the core: in life they are other machines.
    """
    spawned = get_context("spawn")
    over, told = spawned.Event(), spawned.Queue()
    away = spawned.Process(target=write_until, args=(house, seed, over, told))
    away.start()
    told.get()
    acknowledged: list[list[str]] = []
    try:
        yield acknowledged
    finally:
        over.set()
        acknowledged += told.get()
        away.join()


def write_until(house: House, seed: int, over: Any, told: Any) -> None:
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    acknowledged: list[list[str]] = [[] for _writer in range(WRITERS)]

    def write(number: int) -> None:
        one = Learner(house, seed * 100 + number)
        while not over.is_set():
            said = [
                {**statement(one.rng, house.learners), "object": {"id": f"{HOME}/one"}} for _each in range(20)
            ]
            acknowledged[number] += one.ask("POST", "statements", said)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for each in threads:
        each.start()
    told.put("begun")
    for each in threads:
        each.join()
    told.put(acknowledged)


def bytes_on_disk(data: Path, address: str | None) -> float:
    if address is None:
        return sum(path.stat().st_size for path in data.glob("records.sqlite3*"))
    with psycopg.connect(address) as connection:
        sql = (
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
            " WHERE relname LIKE 'records\\_%' AND relkind IN ('r', 'm')"
        )
        (size,) = connection.execute(sql).fetchone() or (0,)
        return float(size)


def counted(data: Path, address: str | None) -> int:
    if address is None:
        import sqlite3  # noqa: PLC0415  # for this engine alone

        with sqlite3.connect(data / "records.sqlite3") as connection:
            return int(connection.execute("SELECT count(*) FROM records_statement").fetchone()[0])
    with psycopg.connect(address) as other:
        (number,) = other.execute("SELECT count(*) FROM records_statement").fetchone() or (0,)
        return int(number)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks records", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--small", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=10_000_000)
    parser.add_argument("--peer", action="store_true", help="Ralph beside it")
    given = parser.parse_args(arguments)
    print(machine(), flush=True)
    with ExitStack() as stack:
        address = stack.enter_context(postgres.server(**TUNED)) if given.database == "postgresql" else None
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wutong-bench-")))
        engine = {"WUTONG_DATABASE": address or "sqlite"}
        wutong("setup", data=data, env=os.environ | engine)
        environment = os.environ | engine | {
            "WUTONG_DATA": str(data), "DJANGO_SETTINGS_MODULE": "wutong.config.settings",
        }  # fmt: skip
        command = [sys.executable, "-m", "benchmarks.records_scene"]
        done = subprocess.run([*command, "key"], env=environment, stdout=subprocess.PIPE, check=True)
        key = json.decode(done.stdout.splitlines()[-1])
        proof = base64.b64encode(f"{key['username']}:{key['secret']}".encode()).decode()
        headers = {"Authorization": f"Basic {proof}", "X-Experience-API-Version": "1.0.3"}
        columns = []
        for seed, number, whole in (
            (1, given.small, given.small),
            (2, given.large - given.small, given.large),
        ):
            learners = whole // EACH
            began = time.monotonic()
            subprocess.run(
                [*command, "fill", str(number), str(learners), str(seed)], env=environment, check=True
            )
            print(f"{number:,} statements in {time.monotonic() - began:.0f} s", flush=True)
            if address:
                with psycopg.connect(address, autocommit=True) as connection:
                    connection.execute("VACUUM ANALYZE")
            size = bytes_on_disk(data, address) / counted(data, address)
            with serving(data, WUTONG_WORKER="no", **engine) as town:
                port = int(town.address.rsplit(":", 1)[1])
                house = House(port, town.pid, postmaster(address) if address else None, headers, learners)
                columns.append(measured(house, seed + 10) | {"bytes a statement on disk": size})
    report(given, *columns)
    if given.peer:
        beside(records_peers.measured(), columns[-1])
    return 0


def report(given: argparse.Namespace, few: Values, many: Values) -> None:
    print(
        f"\n| {given.database} | {given.small:,} | {given.large:,} | growth | limit |\n| --- | --- | --- | --- | --- |"
    )
    for name, value in few.items():
        limit = f"≤ {LIMITS[name]:g}" if name in LIMITS else ""
        print(f"| {name} | {value:.2f} | {many[name]:.2f} | {many[name] / value:.2f} × | {limit} |")


def beside(ralph: Values, ours: Values) -> None:
    print("\n| | Ralph 5.1 | ours | | limit |\n| --- | --- | --- | --- | --- |")
    for name, value in ralph.items():
        print(
            f"| {name} | {value:.2f} | {ours[name]:.2f} | {value / ours[name]:.1f} × | ≥ {TIMES_RALPH[name]} × |"
        )
