"""The restore drill: everything in one file while the house serves, and back again on an empty machine."""

import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyrage
import pytest
import zstandard

from tools import postgres
from tools.town import serving, wutong

ROOT = Path(__file__).resolve().parent.parent
SQLITE = {"WUTONG_DATABASE": "sqlite"}


def run(*arguments: str, data: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return wutong(*arguments, data=data, env=os.environ | SQLITE | (env or {}), check=False)


def said(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, demo_password: str) -> Path:
    data = tmp_path_factory.mktemp("house")
    said_of = run("demo", "--seed", "1", "--password", demo_password, data=data)
    assert said_of.returncode == 0, said_of.stderr
    (data / "files" / "ab").mkdir(parents=True)
    (data / "files" / "ab" / "abc").write_bytes(os.urandom(300_000))
    (data / "records" / "1" / "cd").mkdir(parents=True)
    (data / "records" / "1" / "cd" / "cdef").write_bytes(os.urandom(1000))
    return data


@pytest.fixture(scope="module")
def copy(house: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("copies") / "house.wutong"
    said(run("backup", str(file), data=house))
    return file


def tables(data: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the house, but for what a restore makes anew."""
    return (
        rows(data / "wutong.sqlite3")
        | rows(data / "records.sqlite3", "records_")
        | rows(data / "usage.sqlite3", "records_")
    )


def rows(file: Path, *only: str) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(file)) as base:
        names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: sorted(base.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)
            for name in names
            if not name.startswith(("sqlite_", "search_")) and name.startswith(only or "")
        }


def files(data: Path) -> dict[str, bytes]:
    kept = ("keys", "files", "records", "warehouse")
    found = [path for top in kept for path in (data / top).rglob("*") if path.is_file()]
    return {str(path.relative_to(data)): path.read_bytes() for path in found}


def test_a_restored_house_has_every_row_and_file_and_the_same_journal(
    house: Path, copy: Path, tmp_path: Path
):
    restored = said(run("restore", str(copy), data=tmp_path / "new"))
    assert len(tables(house)["records_statement"]) > 50
    assert (tables(tmp_path / "new"), files(tmp_path / "new")) == (tables(house), files(house))
    heads = [said(run("audit", "verify", data=data)) for data in (house, tmp_path / "new")]
    assert heads == [{key: restored[key] for key in ("entries", "head")}] * 2
    assert run("check", data=tmp_path / "new").stdout == "✓ ok\n"
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "new" / "keys").iterdir()}
    assert (modes, copy.stat().st_mode & 0o777) == ({0o600}, 0o600)


def test_people_sign_in_to_the_restored_house_and_find_each_other(
    copy: Path, tmp_path: Path, demo_password: str
):
    """Keys and search index are whole: numbers open, names are found."""
    from tests.test_reliability import Browser  # noqa: PLC0415  # a test module is no place to import from at the top

    said(run("restore", str(copy), data=tmp_path / "new"))
    with serving(tmp_path / "new", **SQLITE) as town:
        browser = Browser(town.address, "district", demo_password)
        assert "第二初级中学" in browser.get("/search/?q=第二初级中学")


def test_the_page_about_restoring_says_what_is_done_here(copy: Path, tmp_path: Path):
    """docs/restore.md, its commands followed to the letter on an empty folder."""
    page = (ROOT / "docs/restore.md").read_text(encoding="utf-8")
    lines = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[0].splitlines()
    commands = [line.partition("#")[0].split() for line in lines if line.startswith("wutong ")]
    assert [command[1] for command in commands] == ["restore", "audit", "check"]
    for command in commands:
        given = [str(copy) if each == "house.wutong" else each for each in command[1:]]
        assert run(*given, data=tmp_path / "new").returncode == 0


@pytest.mark.slow
def test_copies_taken_while_others_write_are_each_whole(house: Path, tmp_path: Path):
    """Journal and rows agree in every copy, and the writers were not turned away."""
    data, stop, failed = tmp_path / "busy", threading.Event(), []
    said(run("restore", str(_copied(house, tmp_path)), data=data))

    def write() -> None:
        number = 0
        while not stop.is_set():
            sheet = tmp_path / f"{number}.csv"
            rows = "".join(f"测试{number}校{row},徐汇区,小学,公办\n" for row in range(40))
            sheet.write_text("学校名称,区,学段,办学性质\n" + rows, encoding="utf-8")
            done = run("import", "organisations", str(sheet), data=data)
            failed.extend([done.stderr] if done.returncode else [])
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        taken = [said(run("backup", str(tmp_path / f"{number}.wutong"), data=data)) for number in range(4)]
    finally:
        stop.set()
        writer.join()
    assert failed == []
    assert taken[0]["entries"] < taken[-1]["entries"]
    for number, facts in enumerate(taken):
        said(run("restore", str(tmp_path / f"{number}.wutong"), data=tmp_path / f"back{number}"))
        head = said(run("audit", "verify", data=tmp_path / f"back{number}"))
        assert head == {"entries": facts["entries"], "head": facts["head"]}


def _copied(house: Path, folder: Path) -> Path:
    said(run("backup", str(folder / "first.wutong"), data=house))
    return folder / "first.wutong"


def test_a_backup_overwrites_nothing_and_needs_a_house(house: Path, copy: Path, tmp_path: Path):
    before = copy.read_bytes()
    again = run("backup", str(copy), data=house)
    assert (again.returncode, copy.read_bytes()) == (1, before)
    assert "never overwrites" in again.stderr
    nothing = run("backup", str(tmp_path / "x.wutong"), data=tmp_path / "none")
    assert (nothing.returncode, (tmp_path / "x.wutong").exists()) == (1, False)
    assert "wutong setup" in nothing.stderr


def test_a_house_is_never_restored_over_another(house: Path, copy: Path):
    before = tables(house)
    refused = run("restore", str(copy), data=house)
    assert (refused.returncode, "there are data already" in refused.stderr) == (1, True)
    assert tables(house) == before


def test_a_sealed_copy_opens_for_its_recipient_alone(house: Path, tmp_path: Path):
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    for name, identity in (("mine", mine), ("other", other)):
        (tmp_path / name).write_text(f"# created: today\n{identity}\n", encoding="utf-8")
    sealed = tmp_path / "sealed.wutong"
    said(run("backup", str(sealed), "--recipient", str(mine.to_public()), data=house))
    assert sealed.read_bytes().startswith(b"age-encryption.org/v1")
    keyless = run("restore", str(sealed), data=tmp_path / "a")
    wrong = run("restore", str(sealed), "--identity", str(tmp_path / "other"), data=tmp_path / "a")
    assert [keyless.returncode, wrong.returncode] == [1, 1]
    assert ("--identity" in keyless.stderr, "does not open" in wrong.stderr) == (True, True)
    said(run("restore", str(sealed), "--identity", str(tmp_path / "mine"), data=tmp_path / "a"))
    assert tables(tmp_path / "a") == tables(house)
    nobody = run("backup", str(tmp_path / "n.wutong"), "--recipient", "age1nobody", data=house)
    assert (nobody.returncode, (tmp_path / "n.wutong").exists()) == (1, False)


def hostile(name: str, *, link: bool = False) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entry = tarfile.TarInfo(name)
        if link:
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc"
            tar.addfile(entry)
        else:
            entry.size = 4
            tar.addfile(entry, io.BytesIO(b"evil"))
    return zstandard.ZstdCompressor().compress(buffer.getvalue())


def test_a_file_that_is_not_as_it_was_restores_nothing(copy: Path, tmp_path: Path):
    whole = copy.read_bytes()
    middle = len(whole) // 2
    cases = {
        "cut": whole[:middle],
        "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "empty": b"",
        "other": b"PK\x03\x04 not ours",
        "outside": hostile("../../evil"),
        "absolute": hostile("/tmp/evil"),
        "link": hostile("data/link", link=True),
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        done = run("restore", str(tmp_path / name), data=tmp_path / "new")
        assert (done.returncode, done.stderr.count("\n"), "Traceback" in done.stderr) == (1, 1, False), name
        assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["keys"], name
    assert not Path("/tmp/evil").exists()


@pytest.mark.slow
@pytest.mark.parametrize("verb", ["backup", "restore"])
def test_killed_at_any_moment_it_leaves_nothing_half_done_and_is_simply_repeated(
    house: Path, copy: Path, tmp_path: Path, verb: str
):
    data = house if verb == "backup" else tmp_path / "new"
    file = tmp_path / "again.wutong" if verb == "backup" else copy
    command = [sys.executable, "-m", "wutong", "--data", str(data), verb, str(file)]
    for wait in (0.5, 0.8, 1.0, 1.2, 1.5, 2.0):
        process = subprocess.Popen(
            command, env=os.environ | SQLITE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        finished = process.wait() == 0
        if finished or (verb == "restore" and (data / "wutong.sqlite3").exists()):
            break
        if verb == "backup" and file.exists():
            file.unlink()
    else:
        said(run(verb, str(file), data=data))
    if verb == "restore":
        # What was put in place is whole; the index is made again by whoever serves.
        assert said(run("audit", "verify", data=data)) == said(run("audit", "verify", data=house))
    assert tables(data) == tables(house)
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".again")]
    assert len(left) <= 6


@pytest.fixture
def two_databases() -> Iterator[tuple[str, str]]:
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with postgres.server() as first, postgres.server() as second:
        yield first, second


@pytest.mark.slow
def test_the_drill_on_postgresql(two_databases: tuple[str, str], tmp_path: Path, demo_password: str):
    there, here = ({"WUTONG_DATABASE": address} for address in two_databases)
    made = run("demo", "--seed", "1", "--password", demo_password, data=tmp_path / "there", env=there)
    assert made.returncode == 0, made.stderr
    facts = said(run("backup", str(tmp_path / "pg.wutong"), data=tmp_path / "there", env=there))
    said(run("restore", str(tmp_path / "pg.wutong"), data=tmp_path / "here", env=here))
    head = said(run("audit", "verify", data=tmp_path / "here", env=here))
    assert head == {"entries": facts["entries"], "head": facts["head"]}
    exports = []
    for name, environment in (("there", there), ("here", here)):
        sheet = tmp_path / f"{name}.csv"
        assert run("export", "persons", str(sheet), data=tmp_path / name, env=environment).returncode == 0
        exports.append(sheet.read_bytes())
    assert exports[0] == exports[1]
    again = run("restore", str(tmp_path / "pg.wutong"), data=tmp_path / "third", env=here)
    assert (again.returncode, "there are data already" in again.stderr) == (1, True)
    other = run("restore", str(tmp_path / "pg.wutong"), data=tmp_path / "fourth")
    assert (other.returncode, "WUTONG_DATABASE" in other.stderr) == (1, True)
