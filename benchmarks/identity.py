"""What CAS sign-in costs the servers: CPU of web processes, worker and PostgreSQL together.

On a demo town in a PostgreSQL of its own; what the servers use at rest is taken off. Each part asks for one protocol;
`/healthz` in the same run says what the machine and the server alone cost.
"""

import http.client
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from functools import cache
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from benchmarks.processes import TICK, machine, stat, tree
from benchmarks.start import PASSWORD, Row, Visitor
from tools import postgres, town

REQUESTS, WARM_UP, ROUNDS, REST = 200, 60, 3, 10
SERVICE = "https://library.school.example.cn/app"


@dataclass(frozen=True)
class House:
    """A served town with its command: `wutong("client", "create", …)` gives what it printed."""

    address: str
    data: Path

    @property
    def port(self) -> int:
        return urlsplit(self.address).port or 80

    def wutong(self, *arguments: str) -> str:
        return town.wutong(*arguments, data=self.data).stdout


@contextmanager
def house(folder: Path) -> Iterator[House]:
    with postgres.server() as database:
        os.environ["WUTONG_DATABASE"] = database
        town.wutong("demo", "--seed", "1", "--password", PASSWORD, data=folder, timeout=1200)
        with town.serving(folder) as served:
            yield House(served.address, folder)
        del os.environ["WUTONG_DATABASE"]


def servers_ms() -> float:
    """Of all that this process started, with what ended meanwhile, without what it uses itself."""
    fields = [stat(pid) for pid in tree(os.getpid())[1:]]
    return TICK * sum(int(each) for found in fields if found for each in found[11:15])


@cache
def at_rest() -> float:
    """Milliseconds of CPU in a second when nobody asks for anything: the worker looks for work."""
    before = servers_ms()
    time.sleep(REST)
    return (servers_ms() - before) / REST


def measured(title: str, limit: str, prepare: Callable[[int], list[str]], ask: Callable[[str], None]) -> Row:
    """The median of several rounds; `prepare(n)` makes what `ask` uses up and is not counted."""
    for each in prepare(WARM_UP):
        ask(each)
    costs, walls = [], []
    at_rest()
    for _round in range(ROUNDS):
        ready = prepare(REQUESTS)
        ask(
            ready.pop()
        )  # opens the connection again, which the server closes when nothing is asked for a while
        before, began = servers_ms(), time.monotonic()
        for each in ready:
            ask(each)
        wall = time.monotonic() - began
        walls.append(1000 * wall / len(ready))
        costs.append((servers_ms() - before - at_rest() * wall) / len(ready))
    low, middle, high = min(costs), sorted(costs)[ROUNDS // 2], max(costs)
    return (
        title,
        f"{middle:.2f} ms CPU ({low:.2f}–{high:.2f}), {sorted(walls)[ROUNDS // 2]:.1f} ms wall",
        limit,
    )


def answered(
    connection: http.client.HTTPConnection, path: str, headers: dict[str, str] | None = None
) -> tuple[int, Message, bytes]:
    """Over a new connection where the old one was closed meanwhile."""
    for _try in range(2):
        try:
            connection.request("GET", path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except http.client.RemoteDisconnected:
            connection.close()
    raise SystemExit(f"{path} was not answered")


class Caller:
    """A program that keeps one connection."""

    def __init__(self, house: House) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=60)

    def get(self, path: str, expect: bytes) -> bytes:
        _status, _headers, body = answered(self.connection, path)
        if expect not in body:
            raise SystemExit(f"{path} answered {body[:300]!r}")
        return body


def healthz(house: House) -> list[Row]:
    caller = Caller(house)
    title = "empty view `/healthz` (reference)"
    return [measured(title, "", lambda n: ["/healthz"] * n, lambda path: caller.get(path, b"") and None)]


def cas(house: House) -> list[Row]:
    rows = []
    for title, scope in (
        ("the user alone", "openid"),
        ("with name, roles and organisations", "profile organisation"),
    ):
        prefix = f"{SERVICE}/{len(rows)}"
        house.wutong(
            "client", "create", "--name", title, "--grant", "cas", "--scope", scope, "--redirect-uri", prefix
        )
        rows += [_validation(house, title, prefix)]
    return [*rows, _sign_in(house, f"{SERVICE}/0")]


def _tickets(house: House, service: str) -> Callable[[int], list[str]]:
    visitor = Visitor(house.port)
    visitor.sign_in("teacher")

    def made(count: int) -> list[str]:
        return [ticket(visitor, service) for _each in range(count)]

    return made


def ticket(visitor: Visitor, service: str) -> str:
    cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())}
    path = f"/cas/login?service={quote(service)}"
    _status, headers, _body = answered(visitor.connection, path, cookies)
    return (headers["Location"] or "").partition("ticket=")[2]


def _validation(house: House, title: str, service: str) -> Row:
    caller = Caller(house)

    def validate(ticket: str) -> None:
        query = urlencode({"service": service, "ticket": ticket})
        caller.get(f"/cas/p3/serviceValidate?{query}", b"authenticationSuccess")

    return measured(f"CAS 3 validation, {title}", "≤ 3 ms CPU", _tickets(house, service), validate)


def _sign_in(house: House, service: str) -> Row:
    visitor = Visitor(house.port)
    visitor.sign_in("teacher")
    title = "CAS sign-in of who is signed in: ticket made and counted"
    return measured(title, "", lambda n: [service] * n, lambda each: ticket(visitor, each) and None)


# Each takes the house and gives its lines.
PARTS: dict[str, Callable[[House], list[Row]]] = {"reference": healthz, "cas": cas}


def main(arguments: list[str]) -> int:
    chosen = arguments or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        raise SystemExit(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    first_line = machine()
    with tempfile.TemporaryDirectory(prefix="wutong-bench-") as name, house(Path(name) / "town") as served:
        rows = [row for part in chosen for row in PARTS[part](served)]
    print(f"{first_line}\n\n| what | measured | limit |\n| --- | --- | --- |")
    print("\n".join(f"| {what} | {value} | {limit} |" for what, value, limit in rows))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
