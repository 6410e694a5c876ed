"""Other providers, installed for this benchmark alone and measured as ours is."""

import http.client
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from benchmarks.processes import cpu_ms, stat
from tools import postgres
from tools.town import end

PEERS = Path(__file__).parent / "peers"
TIMES, WARM_UP = 400, 60
Row = tuple[str, str, str]


def answered(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: str | bytes | None,
    headers: dict[str, str],
) -> http.client.HTTPResponse:
    """Over a new connection where the server closed the old one, because nothing was asked for a while."""
    for _try in range(2):
        try:
            connection.request(method, path, body, headers)
            return connection.getresponse()
        except http.client.RemoteDisconnected:
            connection.close()
    raise SystemExit(f"{path} was not answered")


class Caller:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(
        self, method: str, path: str, form: dict[str, str] | None = None, **headers: str
    ) -> dict[str, Any]:
        typed = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        answer = answered(
            self.connection, method, path, urlencode(form) if form else None, {**typed, **headers}
        )
        body = answer.read()
        if answer.status not in (200, 201):
            raise SystemExit(f"{path} answered {answer.status}: {body[:200]!r}")
        return json.loads(body)


def postmaster(address: str) -> int:
    """The process above all sessions of a PostgreSQL."""
    with psycopg.connect(address) as connection:
        (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone() or (0,)
        return int(stat(pid)[1])


def used(server: int, database: int | None) -> tuple[float, float]:
    return cpu_ms(server), cpu_ms(database) if database else 0.0


def cost(
    server: int,
    database: int | None,
    work: Callable[[int], Any],
    times: int = TIMES,
    warm_up: int = WARM_UP,
) -> float:
    """CPU milliseconds of all server processes for one piece of work."""
    for number in range(warm_up):
        work(number)
    before = used(server, database)
    for number in range(times):
        work(number)
    spent = [(now - then) / times for now, then in zip(used(server, database), before, strict=True)]
    print(f"  web {spent[0]:.2f} ms, database {spent[1]:.2f} ms", flush=True)
    return sum(spent)


@contextmanager
def toolkit() -> Iterator[tuple[int, int, int, list[dict[str, str]]]]:
    """django-oauth-toolkit, with secrets kept as it ships and unhashed: port, process, database, forms."""
    with ExitStack() as stack:
        address = stack.enter_context(postgres.server())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wutong-toolkit-")))
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        python = folder / "venv/bin/python"
        packages = ["django>=5.2,<5.3", "django-oauth-toolkit", "granian", "psycopg[binary]"]
        subprocess.run(
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages], check=True
        )
        shutil.copy(PEERS / "toolkit.py", folder / "toolkit.py")
        environment = os.environ | {"PEER_DATABASE": address}
        done = subprocess.run(
            [python, "toolkit.py"], cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        port = postgres.free_port()
        command = [
            folder / "venv/bin/granian",
            "--interface",
            "wsgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
        command += ["--workers", "1", "--blocking-threads", "2", "--no-ws", "toolkit:application"]
        process = stack.enter_context(running(command, folder, environment, port))
        yield port, process.pid, postmaster(address), json.loads(done.stdout.splitlines()[-1])


@contextmanager
def node() -> Iterator[tuple[int, int, dict[str, str]]]:
    """npm's oidc-provider with opaque tokens, everything in memory: port, process, form."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wutong-node-")))
        subprocess.run(
            ["npm", "install", "--silent", "--no-fund", "--no-audit", "oidc-provider"], cwd=folder, check=True
        )
        shutil.copy(PEERS / "provider.mjs", folder / "provider.mjs")
        port = postgres.free_port()
        process = stack.enter_context(
            running(["node", "provider.mjs", str(port)], folder, dict(os.environ), port)
        )
        yield port, process.pid, {"client_id": "machine", "client_secret": "a-secret-of-the-benchmark"}


@contextmanager
def running(
    command: list[Any], folder: Path, environment: dict[str, str], port: int
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        for _attempt in range(300):
            try:
                Caller(port).connection.connect()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit((folder / "log").read_text())
        yield process
    finally:
        end(process)


def rows() -> list[Row]:
    found: list[Row] = []
    with toolkit() as (port, pid, database, forms):
        caller = Caller(port)
        for title, form, times in (
            ("as shipped", forms[0], 20),
            ("with `hash_client_secret` off", forms[1], TIMES),
        ):
            one = cost(pid, database, lambda _n, form=form: caller.ask("POST", "/o/token/", form), times, 10)
            found.append((f"client-credentials token, django-oauth-toolkit {title}", f"{one:.2f} ms", ""))
    with node() as (port, pid, form):
        caller = Caller(port)
        asked = {"grant_type": "client_credentials", **form}
        one = cost(pid, None, lambda _n: caller.ask("POST", "/token", asked), TIMES, 200)
        found.append(("client-credentials token, npm oidc-provider, in memory", f"{one:.2f} ms", ""))
    return found
