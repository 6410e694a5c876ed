"""Admission: matching a city beside a peer, the city's lottery with its files, the verifier, a senior year.

Each figure is of a process of its own. The peer is installed from PyPI into a folder that is thrown away.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import venv
from datetime import datetime, timedelta, timezone
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from benchmarks.processes import machine
from wutong.platforms.governance.admission.api import (
    METHODS,
    Draw,
    Market,
    Run,
    Seeds,
    Witness,
    admit_year,
    blocking_pairs,
    conduct,
    freeze,
    publication,
    verifier_file,
)
from wutong.platforms.governance.admission.tests.seniors import REAL, cohort

ROOT = Path(__file__).resolve().parent.parent
PEER = "matching==1.4.3"
PEER_PROGRAM = """
import json, sys, threading, time
from matching.games import HospitalResident
sys.setrecursionlimit(10**6)
threading.stack_size(2**29)
def run():
    with open(sys.argv[1]) as file:
        given = json.load(file)
    began = time.process_time()
    game = HospitalResident.create_from_dictionaries(given["students"], given["schools"], given["seats"])
    solved = game.solve(optimal="resident")
    cpu = time.process_time() - began
    found = {student.name: school.name for school, students in solved.items() for student in students}
    json.dump({"cpu": cpu, "found": found}, sys.stdout)
thread = threading.Thread(target=run)
thread.start()
thread.join()
"""
CITY, WISHES = (180_000, 1_500), 5
Row = tuple[str, str, str]


class Cost(NamedTuple):
    cpu: float
    wall: float
    peak_mb: float
    said: str

    def __str__(self) -> str:
        return f"{self.cpu:.2f} s CPU, {self.wall:.2f} s wall, {self.peak_mb:.0f} MB"


def measured(*command: str | Path) -> Cost:
    """Start of the interpreter and reading and writing of files included."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    began = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, env=environment)
    assert process.stdout
    said = process.stdout.read().decode()
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return Cost(used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024, said)


def step(name: str, *arguments: str | Path) -> Cost:
    return measured(sys.executable, "-m", "benchmarks", "enrolment", "--step", name, *arguments)


def market(students: int, schools: int, *, seed: int = 1) -> Market:
    """Five wishes, the first schools four times as sought after as the last; random strict priorities; 1.02 seats to
    a student. Some tenth of the students stays without a seat, so that refusals chain."""
    draw = random.Random(seed)
    names = [f"c{number:04}" for number in range(schools)]
    weights = list(accumulate(1 / (1 + 9 * number / schools) for number in range(schools)))
    wishes = {f"s{number:06}": some(draw, names, weights) for number in range(students)}
    lists: dict[str, list[str]] = {name: [] for name in names}
    for student, wished in wishes.items():
        for name in wished:
            lists[name].append(student)
    for listed in lists.values():
        draw.shuffle(listed)
    seats = [len(range(number, round(1.02 * students), schools)) for number in range(schools)]
    return Market(wishes, lists, dict(zip(names, seats, strict=True)))


def some(draw: random.Random, names: list[str], weights: list[float]) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < WISHES:
        found[draw.choices(names, cum_weights=weights)[0]] = None
    return list(found)


def written(one: Market, path: Path, *, turned: bool = False) -> Path:
    def entries(lists):  # type: ignore[no-untyped-def]  # a mapping of any kind of values
        return dict(reversed(list(lists.items()))) if turned else dict(lists)

    given = {"students": entries(one.students), "schools": entries(one.schools), "seats": entries(one.seats)}
    path.write_text(json.dumps(given))
    return path


def city(folder: Path) -> list[Row]:
    one = market(*CITY)
    source, turned = written(one, folder / "city.json"), written(one, folder / "turned.json", turned=True)
    out = [folder / "out.json", folder / "turned-out.json"]
    wutong = (sys.executable, "-m", "wutong", "match", "--method")
    cost = measured(*wutong, "deferred-acceptance", source, out[0])
    measured(*wutong, "deferred-acceptance", turned, out[1])
    found = json.loads(out[0].read_text())
    rows = [
        ("deferred acceptance alone", step("deferred-acceptance").said, "≤ 1.5 s CPU, ≤ 200 MB"),
        (f"`wutong match`, file to file ({source.stat().st_size / 1e6:.0f} MB)", str(cost), ""),
        ("blocking pairs", str(sum(1 for _pair in blocking_pairs(one, found))), "0"),
        (
            "same bytes for the entries reversed",
            str(out[0].read_bytes() == out[1].read_bytes()),
            "True",
        ),
    ]
    rows += [(f"{name} alone", step(name).said, "") for name in METHODS if name != "deferred-acceptance"]
    return rows


def alone(name: str) -> None:
    """The calculation, without start and files; the peak is of the whole process, the market in it."""
    one = market(*CITY)
    began = time.process_time()
    found = METHODS[name](one)
    cpu, unplaced = time.process_time() - began, sum(seat is None for seat in found.values())
    print(f"{cpu:.2f} s CPU, {peak_mb():.0f} MB, {unplaced:,} unplaced", end="")


def peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def peer(folder: Path) -> list[Row]:
    """Both from dictionaries in memory to the matching; results compared student by student."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "--disable-pip-version-check", "install", "-q", PEER], check=True)
    rows = []
    for students, schools in ((1_000, 10), (10_000, 83)):
        one = market(students, schools)
        cost = measured(python, "-c", PEER_PROGRAM, written(one, folder / "peer.json"))
        theirs = json.loads(cost.said)
        began = time.process_time()
        ours = METHODS["deferred-acceptance"](one)
        cpu = time.process_time() - began
        same = theirs["found"] == {student: school for student, school in ours.items() if school}
        said = f"{cpu:.3f} s CPU beside {theirs['cpu']:.2f} s, 1 : {theirs['cpu'] / cpu:.0f}, same result: {same}"
        rows.append((f"{students:,} × {schools}: ours beside `{PEER}`", said, ""))
    return rows


def lotteries(folder: Path) -> list[Row]:
    rows: list[Row] = []
    script = folder / "verify.py"
    script.write_bytes(verifier_file("verify.py"))
    for tickets, limits in ((2, ("≤ 5 s", "≤ 10 s")), (4, ("", ""))):
        published = folder / f"published-{tickets}"
        published.mkdir()
        cost = step("lottery", tickets, published)
        check = measured(sys.executable, "-I", "-S", script, published)
        size = sum(path.stat().st_size for path in published.iterdir()) / 1e6
        title = f"lottery of the city, 180,000 families, {tickets} tickets each"
        said = f"{cost.said}; with making up the applicants {cost}, {size:.0f} MB of files"
        rows.append((f"{title}: draw and files", said, limits[0]))
        rows.append((f"{title}: `verify.py`", str(check), limits[1]))
    return rows


def lottery(tickets: int, folder: Path) -> None:
    """Freeze, draw, record, sign, write; making up the applicants is not counted in the first figure."""
    draw, schools = random.Random(1), [f"第{number}民办学校·走读" for number in range(300)]
    applications: dict[str, list[str]] = {school: [] for school in schools}
    for number in range(CITY[0]):
        for school in draw.sample(schools, tickets):
            applications[school].append(f"2026{number:08}")
    began = time.process_time()
    draws = tuple(a_draw(school, numbers) for school, numbers in applications.items())
    for name, data in published(draws).items():
        (folder / name).write_bytes(data)
    print(f"{time.process_time() - began:.2f} s CPU", end="")


def a_draw(school: str, numbers: list[str]) -> Draw:
    twins = tuple((numbers[at], numbers[at + 1]) for at in range(0, len(numbers) - 1, 100))
    return Draw(school=school, applications=tuple(numbers), seats=len(numbers) // 2, groups=twins)


def published(draws: tuple[Draw, ...]) -> dict[str, bytes]:
    noon, hour = datetime(2026, 5, 12, 12, tzinfo=timezone(timedelta(hours=8))), timedelta(hours=1)
    seeds = Seeds(city_seed="benchmark", public_seed="03 08 12 19 25 31 07")
    run = Run(
        title="benchmark",
        seeds=seeds,
        draws=draws,
        announced=freeze(draws).digests(),
        announced_commit=seeds.commit,
        public_source="invented",
        committed_at=noon,
        frozen_at=noon + hour,
        fixed_at=noon + 2 * hour,
        drawn_at=noon + 3 * hour,
        software="wutong",
    )
    done = conduct(run)
    return publication(done, [Witness(name="x", role="x", signed_at=noon, signs=done.record_digest)])


def senior() -> list[Row]:
    if not REAL.exists():
        return []
    entrants, plan, _lines = cohort()
    began = time.process_time()
    year = admit_year(entrants, plan)
    cpu, seated = time.process_time() - began, sum(seat is not None for seat in year.given.values())
    title = "senior year on the real plan of 2025, three batches by score"
    return [(title, f"{cpu:.2f} s CPU, {len(entrants):,} candidates, {seated:,} admitted", "")]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks enrolment", description=__doc__)
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--without-peer", action="store_true", help="install nothing, leave the peer out")
    given = parser.parse_args(arguments)
    if given.step:
        name, *more = given.step
        lottery(int(more[0]), Path(more[1])) if name == "lottery" else alone(name)
        return 0
    with tempfile.TemporaryDirectory(prefix="wutong-bench-") as name:
        folder = Path(name)
        first_line = machine()
        rows = city(folder) + ([] if given.without_peer else peer(folder)) + lotteries(folder) + senior()
    print(f"{first_line}\n\n| what | measured | limit |\n| --- | --- | --- |")
    print("\n".join(f"| {what} | {said} | {limit} |" for what, said, limit in rows))
    return 0
