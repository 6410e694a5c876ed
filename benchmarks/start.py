"""From nothing to the first page, and what the house costs when it stands.

Set-up runs in a fresh clone of the last commit with a package cache of its own that a first clone has filled. All
else runs from this working copy, on a demo town in a folder of its own. `--here` leaves the set-up out.
"""

import argparse
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from benchmarks.processes import cpu_ms, machine, memory_mb, tree
from tools.postgres import free_port

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "wutong-demo-2026"
REQUESTS, WARM_UP, RESTARTS, REST = 200, 40, 5, 20
SIGN_IN = "/accounts/login/"
Row = tuple[str, str, str]


class Visitor:
    """One signed-in session over one connection."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.location = ""

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers |= {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        self.connection.request(method, path, urlencode(form) if form else None, headers)
        answer = self.connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.location = answer.headers.get("Location", "")
        return answer.status, answer.read().decode()

    def page(self, path: str) -> str:
        status, body = self.ask("GET", path)
        if status != 200:
            raise SystemExit(f"{path} answered {status}")
        return body

    def sign_in(self, login: str) -> None:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page(SIGN_IN))
        form = {"login": login, "password": PASSWORD, "csrfmiddlewaretoken": token[1] if token else ""}
        status, _body = self.ask("POST", SIGN_IN, form)
        if status != 302:
            raise SystemExit(f"signing in as {login} answered {status}")


def first_page(process: subprocess.Popen[bytes], port: int, began: float, *, within: float) -> float:
    """Seconds from `began` until the page to sign in is there whole."""
    while time.monotonic() < began + within and process.poll() is None:
        try:
            Visitor(port).page(SIGN_IN)
        except OSError:
            time.sleep(0.02)
        else:
            return time.monotonic() - began
    raise SystemExit(f"no page within {within:.0f} s")


@contextmanager
def started(command: list[str], **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """In a process group of its own, ended as a service manager would."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **options)  # type: ignore[call-overload]  # options by name
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(60)


def set_up(folder: Path) -> list[Row]:
    """The first clone fills the package cache, the second is measured."""
    environment = {name: value for name, value in os.environ.items() if name != "PIP_NO_CACHE_DIR"}
    environment |= {"PIP_CACHE_DIR": str(folder / "pip"), "npm_config_cache": str(folder / "npm")}
    seconds = []
    for name in ("cold", "warm"):
        port = free_port()
        began = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / name)], check=True)
        options = {"cwd": folder / name, "env": environment | {"WUTONG_PORT": str(port)}}
        with started(["make", "run"], **options) as process:
            seconds.append(first_page(process, port, began, within=900))
    cold, warm = seconds
    return [
        ("clone and `make run` to first page, package cache warm", f"{warm:.1f} s", "≤ 60 s"),
        ("the same, package cache empty", f"{cold:.1f} s", ""),
    ]


def wutong(data: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "wutong", "--data", str(data), *arguments]


def restarts(data: Path, environment: dict[str, str]) -> list[Row]:
    seconds = []
    for _ in range(RESTARTS):
        port, began = free_port(), time.monotonic()
        with started(wutong(data, "serve", "--port", str(port)), env=environment) as process:
            seconds.append(first_page(process, port, began, within=60))
    low, high = min(seconds), max(seconds)
    median = f"{statistics.median(seconds):.2f} s"
    return [
        ("restart to first page, median", median, "≤ 4 s"),
        ("restart, range", f"{low:.2f}–{high:.2f} s", ""),
    ]


def standing(data: Path, environment: dict[str, str]) -> list[Row]:
    port = free_port()
    with started(wutong(data, "serve", "--port", str(port)), env=environment) as process:
        first_page(process, port, time.monotonic(), within=60)
        time.sleep(REST)
        rows = [
            ("idle memory after start (PSS of all processes)", f"{memory_mb(process.pid):.0f} MB", "< 250 MB")
        ]
        before = cpu_ms(process.pid)
        time.sleep(REST)
        idle = (cpu_ms(process.pid) - before) / REST
        rows += [("CPU at rest, in a second", f"{idle:.1f} ms", "")]
        rows += pages(process.pid, port)
        time.sleep(REST)
        rows += [("idle memory after these requests", f"{memory_mb(process.pid):.0f} MB", "< 250 MB")]
    return rows


def pages(root: int, port: int) -> list[Row]:
    visitor = Visitor(port)
    visitor.sign_in("district")
    persons = re.findall(r'href="(/registers/persons/\d+/)"', visitor.page("/registers/persons/"))
    words = ("王", "田林", "wang", "tianlin", "tlzx", "李")
    asked = {
        "empty view `/healthz` (reference)": ["/healthz"],
        "list page, a request": [f"/registers/persons/?page={number}" for number in range(1, 9)],
        "API page of the same list, a request": follow(visitor, "/api/v1/registers/persons/"),
        "person page, a request": list(dict.fromkeys(persons)),
        "search, a request": [f"/search/?q={quote(word)}" for word in words],
    }
    return [cost(title, visitor, root, paths) for title, paths in asked.items()]


def follow(visitor: Visitor, path: str, pages: int = 8) -> list[str]:
    """The addresses of the first pages, as each names the next."""
    found = [path]
    while len(found) < pages:
        found.append(json.loads(visitor.page(found[-1]))["next"])
    return found


def cost(title: str, visitor: Visitor, root: int, paths: list[str]) -> Row:
    for turn in range(WARM_UP):
        visitor.page(paths[turn % len(paths)])
    web = [pid for pid in tree(root) if pid != root]
    before, of_web, began = cpu_ms(root), sum(map(cpu_ms, web)), time.monotonic()
    for turn in range(REQUESTS):
        visitor.page(paths[turn % len(paths)])
    wall = 1000 * (time.monotonic() - began) / REQUESTS
    cpu, web_cpu = (cpu_ms(root) - before) / REQUESTS, (sum(map(cpu_ms, web)) - of_web) / REQUESTS
    limit = "" if "reference" in title else "≤ 15 ms CPU"
    return title, f"{cpu:.1f} ms CPU ({web_cpu:.1f} in the web process), {wall:.1f} ms wall", limit


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks start", description=__doc__)
    parser.add_argument("--here", action="store_true", help="leave the set-up in fresh clones out")
    given = parser.parse_args(arguments)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    with tempfile.TemporaryDirectory(prefix="wutong-bench-") as name:
        folder = Path(name)
        first_line = machine()
        rows = [] if given.here else set_up(folder)
        demo = wutong(folder / "town", "demo", "--seed", "1", "--password", PASSWORD)
        subprocess.run(demo, env=environment, check=True, stdout=subprocess.DEVNULL)
        rows += restarts(folder / "town", environment) + standing(folder / "town", environment)
    print(f"{first_line}\n\n| what | measured | limit |\n| --- | --- | --- |")
    print("\n".join(f"| {what} | {measured} | {limit} |" for what, measured, limit in rows))
    return 0
