"""The real size: bulk validation against a script by hand, and pages of a large house against the town's.

    python -m benchmarks city validate [--rows 2000000]
    python -m benchmarks city load [--rows 200000]
    python -m benchmarks city pages TOWN CITY     folders of `wutong demo --password wutong-demo-2026`;
                                                  with --databases ADDRESS ADDRESS on PostgreSQL, its CPU counted

Each part compares within one run; absolute times hold for its machine and load alone.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from benchmarks.openid_peers import postmaster
from benchmarks.processes import TICK, cpu_ms, machine, stat
from benchmarks.start import PASSWORD, ROOT, Visitor, first_page, started, wutong
from tools import postgres
from tools.postgres import free_port

TUNED = {"shared_buffers": "1GB", "fsync": "on"}
ENVIRONMENT = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
WORDS = ("王", "wang", "zhangwei", "ljy", "李佳", "tianlin", "chenyi", "zhou")
Row = tuple[str, ...]


def run(data: Path, *arguments: str, database: str = "sqlite") -> dict[str, Any]:
    """A process of its own: its CPU seconds and peak memory are those of the work, start included."""
    command = [sys.executable, "-m", "benchmarks.bulk", *arguments]
    environment = ENVIRONMENT | {"WUTONG_DATA": str(data), "WUTONG_DATABASE": database}
    done = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def validate(given: argparse.Namespace) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="wutong-bench-") as folder:
        data, sheet = Path(folder) / "data", str(Path(folder) / "sheet.csv")
        subprocess.run(wutong(data, "setup"), env=ENVIRONMENT, check=True)
        run(data, "write", sheet, str(given.rows))
        rows: list[Row] = [("way", "rows", "rejected", "CPU", "peak")]
        for way in ("bare", "ours"):
            said = run(data, way, sheet)
            answer = said["answer"]
            rows.append(
                (
                    way,
                    str(answer["rows"]),
                    str(answer["rejected"]),
                    f"{said['cpu']:.1f} s",
                    f"{said['peak_mb']:.0f} MB",
                )
            )
    return rows


def load(given: argparse.Namespace) -> list[Row]:
    """Pupils into a town: by the register, and the rows it wrote by hand into a copy of the town."""
    rows: list[Row] = [("engine", "pupils", "register", "by hand", "register / by hand", "peak")]
    with tempfile.TemporaryDirectory(prefix="wutong-bench-") as folder:
        for engine in ("sqlite", "postgresql"):
            at = Path(folder) / engine
            at.mkdir()
            with postgres.server(**TUNED) if engine == "postgresql" else nullcontext("") as address:
                rows.append((engine, *loaded(at, given.rows, address)))
    return rows


def loaded(folder: Path, number: int, address: str) -> Row:
    town, copy, sheet, kept = (folder / name for name in ("town", "copy", "sheet.csv", "rows"))
    here, there = (
        ("sqlite", "sqlite") if not address else (address, address.removesuffix("postgres") + "copy")
    )
    environment = ENVIRONMENT | {"WUTONG_DATABASE": here}
    subprocess.run(
        wutong(town, "demo", "--password", PASSWORD), env=environment, check=True, capture_output=True
    )
    run(town, "pupils", str(sheet), str(number), database=here)
    shutil.copytree(town, copy)
    if address:
        with psycopg.connect(address.removesuffix("postgres") + "template1", autocommit=True) as connection:
            connection.execute("CREATE DATABASE copy TEMPLATE postgres")
    pid = postmaster(address) if address else 0
    ours, peak = measured(town, "load", sheet, here, pid)
    run(town, "keep", str(kept), database=here)
    by_hand, _peak = measured(copy, "put", kept, there, pid)
    return (f"{number:,}", f"{ours:.1f} s", f"{by_hand:.1f} s", f"{ours / by_hand:.2f}", f"{peak:.0f} MB")


def measured(data: Path, what: str, file: Path, database: str, pid: int) -> tuple[float, float]:
    """CPU seconds of the work and of the database, and the peak in MB."""
    before = ended_and_living(pid)
    said = run(data, what, str(file), database=database)
    return said["answer"]["seconds"] + ended_and_living(pid) - before, said["peak_mb"]


def ended_and_living(pid: int) -> float:
    """CPU seconds of a PostgreSQL: its sessions end before they are looked at."""
    if not pid:
        return 0.0
    time.sleep(1)  # until the last session is gone
    return (cpu_ms(pid) + TICK * sum(map(int, stat(pid)[13:15]))) / 1000


@contextmanager
def house(data: Path, **options: str) -> Iterator[tuple[int, int]]:
    port = free_port()
    command = wutong(data, "serve", "--port", str(port))
    with started(command, env=ENVIRONMENT | {"WUTONG_WORKER": "no"} | options) as process:
        first_page(process, port, time.monotonic(), within=300)
        yield process.pid, port


def addresses(visitor: Visitor) -> dict[str, list[str]]:
    persons = re.findall(r'href="(/registers/persons/\d+/)"', visitor.page("/registers/persons/"))
    return {
        "empty view `/healthz` (reference)": ["/healthz"],
        "scoped list of persons": onward(visitor, "/registers/persons/", 8),
        "scoped list of memberships": [f"/registers/memberships/?page={number}" for number in range(1, 9)],
        "list of guardianships": onward(visitor, "/registers/guardianships/", 8),
        "list of schools": [f"/registers/organisations/?page={number}" for number in range(1, 5)],
        "page of a person": list(dict.fromkeys(persons)),
        "pinyin search": [f"/search/?q={quote(word)}" for word in WORDS],
        "inbox": ["/inbox/"],
        "persons in the API": [f"/api/v1/registers/persons/?limit={number}" for number in range(21, 29)],
        "guardianships in the API": [
            f"/api/v1/registers/guardianships/?limit={number}" for number in range(21, 29)
        ],
    }


def onward(visitor: Visitor, start: str, pages: int) -> list[str]:
    """Addresses of the first pages of a list, as its own links lead."""
    found = [start]
    for address in found:
        following = re.search(r'rel="next" href="([^"]+)"', visitor.page(address))
        if following and len(found) < pages:
            found.append(start + following[1].replace("&amp;", "&"))
    return found


def cost(
    visitor: Visitor, pids: list[int], paths: list[str], *, requests: int = 120, warm: int = 120
) -> float:
    """CPU milliseconds of a request, of the whole trees of processes."""
    for turn in range(warm):
        visitor.page(paths[turn % len(paths)])
    before = sum(map(cpu_ms, pids))
    for turn in range(requests):
        visitor.page(paths[turn % len(paths)])
    return (sum(map(cpu_ms, pids)) - before) / requests


def costs(data: Path, database: str, login: str, requests: int) -> dict[str, float]:
    with house(data, WUTONG_DATABASE=database) as (pid, port):
        pids = [pid] if database == "sqlite" else [pid, postmaster(database)]
        visitor = Visitor(port)
        visitor.sign_in(login)
        found = addresses(visitor)
        return {what: cost(visitor, pids, paths, requests=requests) for what, paths in found.items()}


def pages(given: argparse.Namespace) -> list[Row]:
    rows: list[Row] = [("signed in as", "page", "town", "city", "city / town")]
    for login in ("city", "district", "school"):
        houses = zip((given.town, given.city), given.databases, strict=True)
        town, city = (costs(Path(data), database, login, given.requests) for data, database in houses)
        for what, ms in town.items():
            rows.append(
                (login, what, f"{ms:.1f} ms", f"{city[what]:.1f} ms", f"{city[what] / max(ms, 0.1):.2f}")
            )
    return rows


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks city", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    part = parts.add_parser("pages")
    part.add_argument("town")
    part.add_argument("city")
    part.add_argument("--requests", type=int, default=120)
    part.add_argument("--databases", nargs=2, default=["sqlite", "sqlite"])
    part = parts.add_parser("validate")
    part.add_argument("--rows", type=int, default=2_000_000)
    part = parts.add_parser("load")
    part.add_argument("--rows", type=int, default=200_000)
    given = parser.parse_args(arguments)
    began = machine()
    rows = {"pages": pages, "validate": validate, "load": load}[given.part](given)
    print(began, "\n")
    head, *rest = rows
    print("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    print("\n".join("| " + " | ".join(row) + " |" for row in rest))
    return 0
