"""The two days on which all families come at once, on a PostgreSQL of its own and as many web processes as cores.

Opening day: families who are signed in register their children, so many in a second, whether the earlier ones were
answered or not: a press on 开始登记, and the first page of the form that follows. Result day: slips are scanned, so
many in a second, and each result page is read whole. Times run from when a request was due.
"""

import argparse
import itertools
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
from msgspec import json

from benchmarks.openid_peers import postmaster
from benchmarks.processes import cpu_ms, machine
from tools import postgres
from tools.town import serving

TOKEN = "c" * 32
CONNECTIONS = 64
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
Headers = dict[str, str]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks days", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--registrations", type=int, default=60, help="in a second")
    parser.add_argument("--reads", type=int, default=1_000, help="in a second")
    given = parser.parse_args(arguments)
    print(machine(), flush=True)
    with tempfile.TemporaryDirectory(prefix="wutong-bench-") as folder, postgres.server() as address:
        scene = laid_down(folder, address, given.seconds * given.registrations)
        more = {"WUTONG_DATABASE": address, "WUTONG_WORKER": "no", "WUTONG_WORKERS": str(os.cpu_count())}
        with serving(Path(folder), **more) as town:
            port, pids = int(town.address.rsplit(":", 1)[1]), (town.pid, postmaster(address))
            rows = [
                opening_day(port, pids, address, scene["families"], given.registrations),
                result_day(port, pids, scene["slips"], given.reads, given.seconds // 5),
            ]
    print("\n| what | answered | p50 | p99 | longest | CPU each, PostgreSQL counted |\n|" + " --- |" * 6)
    for row in rows:
        print(f"| {' | '.join(row)} |")
    return 0


def laid_down(folder: str, address: str, families: int) -> dict[str, Any]:
    """In a process of its own, so that this one stays as small as a telephone."""
    settings = {
        "WUTONG_DATA": folder,
        "WUTONG_DATABASE": address,
        "DJANGO_SETTINGS_MODULE": "wutong.config.settings",
    }
    command = [sys.executable, "-m", "benchmarks.days_scene", str(families)]
    done = subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, check=True)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    found: dict[str, Any] = json.decode(done.stdout.splitlines()[-1])
    return found


class Telephone:
    """One connection that stays open; anew where the server closed it while nothing was asked."""

    def __init__(self, port: int) -> None:
        self.port, self.line = port, socket.create_connection(("127.0.0.1", port), timeout=60)

    def ask(self, method: str, path: str, headers: Headers) -> tuple[int, bytes, bytes]:
        said = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        length = "" if method == "GET" else "Content-Length: 0\r\n"
        question = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}{said}\r\n".encode()
        with suppress(ConnectionError):
            self.line.sendall(question)
            if first := self.line.recv(65536):
                return self._rest(first)
        self.line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        self.line.sendall(question)
        return self._rest(self.line.recv(65536))

    def _rest(self, text: bytes) -> tuple[int, bytes, bytes]:
        while b"\r\n\r\n" not in text:
            text += self.line.recv(65536)
        head, _gap, body = text.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        while len(body) < int(length[1] if length else 0):
            body += self.line.recv(65536)
        return int(head[9:12]), head, body


def in_turn(port: int, rate: int, number: int, deed: Callable[[Telephone, int], bool]) -> list[float]:
    """Each `deed` when it is due, at `rate` a second. Seconds from then to its end, of those that were answered."""
    turns, took, lock = itertools.count(), [], threading.Lock()
    began = time.monotonic() + 1

    def call() -> None:
        telephone = Telephone(port)
        while (turn := next(turns)) < number:
            due = began + turn / rate
            time.sleep(max(0.0, due - time.monotonic()))
            if deed(telephone, turn):
                with lock:
                    took.append(time.monotonic() - due)

    threads = [threading.Thread(target=call) for _each in range(CONNECTIONS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return took


def row(what: str, number: int, took: list[float], cost: float) -> tuple[str, ...]:
    cuts = statistics.quantiles(took, n=100)
    times = tuple(f"{1000 * value:.0f} ms" for value in (cuts[49], cuts[98], max(took)))
    return (what, f"{len(took):,} of {number:,}", *times, f"{cost / number:.1f} ms")


def opening_day(
    port: int, pids: tuple[int, int], address: str, families: list[tuple[int, int, str]], rate: int
) -> tuple[str, ...]:
    def register(telephone: Telephone, turn: int) -> bool:
        child, window, session = families[turn]
        cookies = {"Cookie": f"sessionid={session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
        status, head, _body = telephone.ask("POST", f"/enrolment/child/{child}/{window}/", cookies)
        led = re.search(rb"\r\nlocation: (\S+)", head, re.IGNORECASE)
        if status != 302 or led is None:
            return False
        status, _head, body = telephone.ask("GET", led[1].decode(), cookies)
        return status == 200 and len(body) > 5_000

    before = sum(map(cpu_ms, pids))
    took = in_turn(port, rate, len(families), register)
    cost = sum(map(cpu_ms, pids)) - before
    with psycopg.connect(address) as connection:
        sql = "SELECT count(*) FROM enrolment_application WHERE state = 'draft'"
        (kept,) = connection.execute(sql).fetchone() or (0,)
    if kept < len(took):
        raise SystemExit(f"{len(took)} were acknowledged, {kept} are kept")
    return row(f"opening day, {rate} registrations/s", len(families), took, cost)


def result_day(
    port: int, pids: tuple[int, int], slips: list[tuple[str, str]], rate: int, seconds: int
) -> tuple[str, ...]:
    number = rate * seconds

    def read(telephone: Telephone, turn: int) -> bool:
        path, number = slips[turn * 7919 % len(slips)]
        status, _head, body = telephone.ask("GET", path, {"Accept-Language": "zh-CN"})
        return status == 200 and number.encode() in body and body.endswith(b"</html>\n")

    before = sum(map(cpu_ms, pids))
    took = in_turn(port, rate, number, read)
    return row(f"result day, {rate:,} reads/s", number, took, sum(map(cpu_ms, pids)) - before)
