"""What was acknowledged stays: the server is told to end, or is killed, in the middle of its work."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from tools.town import Town, serving, wutong
from wutong.kernel.jobs.queue import LEASE

SQLITE = {"WUTONG_DATABASE": "sqlite"}
PLACE = "上海市第二初级中学/六年级1班"


class Browser:
    """Signs in and fills in forms, without a window."""

    def __init__(self, address: str, login: str, password: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.opener = build_opener(HTTPCookieProcessor(self.cookies))
        self.post("/accounts/login/", login=login, password=password)

    def get(self, path: str) -> str:
        with self.opener.open(self.address + quote(path, safe="/?=&"), timeout=60) as answer:
            return answer.read().decode()

    def token(self, path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(path))
        assert found
        return found[1]

    def post(self, path: str, **fields: str) -> str:
        """Where it led to."""
        data = urlencode({"csrfmiddlewaretoken": self.token(path), **fields}).encode()
        return self.send(path, data, "application/x-www-form-urlencoded")

    def upload(self, path: str, name: str, content: bytes) -> str:
        parts = [
            f'--edge\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{self.token(path)}\r\n',
            f'--edge\r\nContent-Disposition: form-data; name="sheet"; filename="{name}"\r\n'
            "Content-Type: text/csv\r\n\r\n",
        ]
        data = "".join(parts).encode() + content + b"\r\n--edge--\r\n"
        return self.send(path, data, "multipart/form-data; boundary=edge")

    def send(self, path: str, data: bytes, kind: str) -> str:
        request = Request(self.address + path, data, {"Content-Type": kind, "Referer": self.address + path})
        with self.opener.open(request, timeout=60) as answer:
            return urlsplit(answer.url).path

    def cookie(self) -> str:
        return "; ".join(f"{each.name}={each.value}" for each in self.cookies)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, demo_password: str) -> Path:
    """A demo town that no server has touched yet."""
    data = tmp_path_factory.mktemp("made")
    wutong("demo", "--seed", "1", "--password", demo_password, data=data, env=os.environ | SQLITE)
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    shutil.copytree(made, folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def rows(data: Path, query: str, *values: object, file: str = "wutong") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data / f"{file}.sqlite3", timeout=30)) as database:
        return database.execute(query, values).fetchall()


# Work that a killed one had begun is taken up when its lease has run out.
PATIENCE = 2 * LEASE.total_seconds()


def until(wanted: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        if found := wanted():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")


def kill(town: Town) -> None:
    """As if the power went: the server and the processes it started, at once and without a word."""
    children = Path(f"/proc/{town.pid}/task/{town.pid}/children").read_text().split()
    for pid in [town.pid, *map(int, children)]:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not answers(town.address), "the server is gone")


def answers(address: str) -> bool:
    place = urlsplit(address)
    try:
        socket.create_connection((place.hostname, place.port), timeout=1).close()
    except OSError:
        return False
    return True


def add(browser: Browser, name: str) -> int:
    """Registers a person on the page; the key of the page that was answered."""
    fields = {"name": name, "sex": "1", "born": "2014-03-05", "organisation": PLACE, "role": "pupil"}
    found = re.fullmatch(r"/registers/persons/(\d+)/", browser.post("/registers/persons/new/", **fields))
    assert found
    return int(found[1])


def waiting(data: Path) -> int:
    return rows(data, "select count(*) from event_outboxevent where delivered is null")[0][0]


def test_an_idle_server_says_that_it_is_well(data: Path):
    with serving(data, **SQLITE) as town:
        place = urlsplit(town.address)
        for path in ("/healthz", "/readyz"):
            connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=10)
            connection.request("GET", path)
            assert connection.getresponse().status == 200
            connection.close()


def test_a_request_under_way_is_finished_when_the_server_is_told_to_end(data: Path, demo_password: str):
    with serving(data, **SQLITE) as town:
        browser = Browser(town.address, "city", demo_password)
        body = urlencode({"csrfmiddlewaretoken": browser.token("/registers/persons/")}).encode()
        place = urlsplit(town.address)
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=60)
        connection.putrequest("POST", "/registers/persons/export.csv")
        connection.putheader("Content-Type", "application/x-www-form-urlencoded")
        connection.putheader("Content-Length", str(len(body)))
        connection.putheader("Cookie", browser.cookie())
        connection.putheader("Referer", town.address + "/registers/persons/")
        connection.putheader("Expect", "100-continue")
        connection.endheaders()
        # The server asks for the body when it has begun with the request, not when it has merely been reached.
        assert connection.sock.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.send(body[:10])
        os.kill(town.pid, signal.SIGTERM)
        until(lambda: not answers(town.address), "no new visitor is let in")
        connection.send(body[10:])
        answer = connection.getresponse()
        lines = answer.read().splitlines()
        assert answer.status == 200
        assert len(lines) > 6_000


def test_an_acknowledged_change_survives_kill_9(data: Path, demo_password: str):
    with serving(data, **SQLITE) as town:
        key = add(Browser(town.address, "school", demo_password), "雷雨声")
        kill(town)
    assert rows(data, "select name from people_person where id = ?", key) == [("雷雨声",)]
    query = "select actor_name from audit_auditentry where action = 'people.add_person' and subject_id = ?"
    assert rows(data, query, str(key)) == [("顾晓岚",)]
    announced = rows(data, "select payload from event_outboxevent where name like '%rows_changed%'")
    assert [each for (each,) in announced if ["people.person", key] in json.loads(each)["rows"]] != []
    with serving(data, **SQLITE) as town:
        browser = Browser(town.address, "school", demo_password)
        until(lambda: "雷雨声</" in browser.get("/search/?q=leiyusheng"), "the search catches up")
        until(lambda: waiting(data) == 0, "everything announced is delivered")
    assert wutong("audit", "verify", data=data, env=os.environ | SQLITE).returncode == 0


SHEET = "姓名,性别,出生日期,手机,单位,身份,开始日期\n" + "".join(
    f"接续{number:04},男性,2014-03-{1 + number % 28:02},138{number:08},{PLACE},学生,2026-09-01\n"
    for number in range(250)
)


def loading(browser: Browser, name: str) -> str:
    """Uploads the sheet, waits for what was found, confirms; the page of the import."""
    page = browser.upload("/registers/persons/import/", name, SHEET.encode())
    until(lambda: "data-wt-done" in browser.get(page), "the sheet is looked through")
    browser.send(
        page + "load/",
        urlencode({"csrfmiddlewaretoken": browser.token(page)}).encode(),
        "application/x-www-form-urlencoded",
    )
    return page


def exported(data: Path) -> bytes:
    wutong("export", "persons", str(data / "persons.csv"), data=data, env=os.environ | SQLITE)
    return (data / "persons.csv").read_bytes()


@pytest.mark.slow
def test_an_import_killed_in_the_middle_finishes_by_itself(
    data: Path, made: Path, tmp_path: Path, demo_password: str
):
    with serving(data, **SQLITE) as town:
        page = loading(Browser(town.address, "school", demo_password), "接续.csv")
        taken = "select count(*) from people_person where name like '接续%'"
        until(lambda: rows(data, taken)[0][0] > 0, "the first batch is on disk")
        kill(town)
    assert 0 < rows(data, taken)[0][0] < 250
    forget_the_lease(data)
    with serving(data, **SQLITE) as town:
        browser = Browser(town.address, "school", demo_password)
        until(lambda: "data-wt-done" in browser.get(page), "the import finishes")
    once = tmp_path / "once"
    shutil.copytree(made, once)
    (tmp_path / "sheet.csv").write_text(SHEET, encoding="utf-8")
    wutong("import", "persons", str(tmp_path / "sheet.csv"), data=once, env=os.environ | SQLITE)
    assert rows(data, taken) == [(250,)]
    assert exported(data) == exported(once)


def forget_the_lease(data: Path) -> None:
    """As if the minute had passed after which a silent worker counts as gone."""
    with closing(sqlite3.connect(data / "jobs.sqlite3", timeout=30)) as database, database:
        database.execute("update jobs_jobrun set lease_until = '2000-01-01' where state = 'running'")


def test_two_servers_on_one_folder_deliver_each_announcement_once(data: Path, demo_password: str):
    with serving(data, **SQLITE) as one, serving(data, **SQLITE) as two:
        browsers = [Browser(town.address, "school", demo_password) for town in (one, two)]
        first = rows(data, "select max(id) from event_outboxevent")[0][0]
        keys = [add(browsers[number % 2], f"成双{number:02}") for number in range(12)]
        until(lambda: waiting(data) == 0, "everything announced is delivered")
        until(lambda: "成双11</" in browsers[0].get("/search/?q=成双11"), "the search catches up")
    told = rows(data, "select attempts, problem from event_outboxevent where id > ?", first)
    assert set(told) == {(1, "")}
    assert len(told) >= len(set(keys)) == 12
    assert wutong("audit", "verify", data=data, env=os.environ | SQLITE).returncode == 0


def test_web_processes_do_not_outlive_the_server(data: Path):
    """Killed alone, the main process leaves no half of itself that holds the port and does no work."""
    with serving(data, **SQLITE) as town:
        os.kill(town.pid, signal.SIGKILL)
        until(lambda: not answers(town.address), "the web process ended too")
        assert not answers(town.address)


MANY = 24_000  # enough for the bulk path, in three batches


def large_sheet(path: Path) -> Path:
    lines = (f"批量{n:05},男,2014-03-{1 + n % 28:02},{PLACE},学生,2026-09-01\n" for n in range(MANY))
    path.write_text("姓名,性别,出生日期,单位,身份,开始日期\n" + "".join(lines), encoding="utf-8")
    return path


@pytest.mark.slow
def test_a_bulk_load_killed_in_the_middle_is_finished_by_running_it_again(
    data: Path, made: Path, tmp_path: Path
):
    sheet, taken = (
        large_sheet(tmp_path / "large.csv"),
        "select count(*) from people_person where name like '批量%'",
    )
    command = [sys.executable, "-m", "wutong", "--data", str(data), "import", "persons", str(sheet)]
    process = subprocess.Popen(command, env=os.environ | SQLITE, stdout=subprocess.DEVNULL)
    until(lambda: rows(data, taken)[0][0] > 0, "the first batch is on disk", 240)
    os.kill(process.pid, signal.SIGKILL)
    process.wait(30)
    assert 0 < rows(data, taken)[0][0] < MANY
    again = wutong("import", "persons", str(sheet), data=data, env=os.environ | SQLITE)
    counts = json.loads(again.stdout.splitlines()[-1])
    assert (counts["rows"], counts["rejected"], counts["created"] + counts["unchanged"]) == (MANY, 0, MANY)
    once = tmp_path / "once"
    shutil.copytree(made, once)
    wutong("import", "persons", str(sheet), data=once, env=os.environ | SQLITE)
    assert exported(data) == exported(once)
    assert wutong("audit", "verify", data=data, env=os.environ | SQLITE).returncode == 0


@pytest.mark.slow
def test_a_bulk_load_on_a_full_disk_says_so_and_is_finished_when_there_is_room(
    data: Path, made: Path, tmp_path: Path
):
    """No file may grow beyond some megabytes, which is what a process notices of a disk that fills up."""
    sheet, taken = (
        large_sheet(tmp_path / "large.csv"),
        "select count(*) from people_person where name like '批量%'",
    )
    command = [sys.executable, "-m", "wutong", "--data", str(data), "import", "persons", str(sheet)]
    limited = [sys.executable, "-c", LIMITED, str(ROOM), *command]
    full = subprocess.run(limited, env=os.environ | SQLITE, capture_output=True, text=True, timeout=300)
    assert full.returncode == 1
    assert "the database took no more" in full.stderr
    assert "Traceback" not in full.stderr
    assert 0 < rows(data, taken)[0][0] < MANY
    again = wutong("import", "persons", str(sheet), data=data, env=os.environ | SQLITE)
    counts = json.loads(again.stdout.splitlines()[-1])
    assert (counts["rows"], counts["rejected"], counts["created"] + counts["unchanged"]) == (MANY, 0, MANY)
    assert rows(data, taken) == [(MANY,)]
    assert wutong("audit", "verify", data=data, env=os.environ | SQLITE).returncode == 0


ROOM = 5 * 2**19  # bytes of the log of writes: enough for the first batch
LIMITED = """
import os, resource, sys
size = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
os.execv(sys.argv[2], sys.argv[2:])
"""


def schema_and_rows(data: Path) -> dict[str, Any]:
    """What stands in the databases of a house nobody used yet; moments and keys of the house are its own."""
    found: dict[str, Any] = {}
    for file in sorted(data.glob("*.sqlite3")):
        with closing(sqlite3.connect(file)) as base:
            parts = base.execute("SELECT name, type, sql FROM sqlite_master ORDER BY name").fetchall()
            found[file.name] = parts
            for name, kind, _sql in parts:
                if kind == "table" and not name.startswith("sqlite_"):
                    found[f"{file.name} {name}"] = base.execute(
                        f'SELECT count(*) FROM "{name}"'
                    ).fetchone()  # a name from the database itself
    return found


@pytest.mark.slow
def test_a_house_killed_while_it_is_set_up_is_whole_after_the_next_start(tmp_path: Path):
    """Again and again, a little later each time: in migrations and in what modules prepare after them."""
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    wutong("setup", data=whole, env=os.environ | SQLITE)
    command = [sys.executable, "-m", "wutong", "--data", str(killed), "setup"]
    kills = 0
    for tenths in range(8, 80, 9):
        process = subprocess.Popen(command, env=os.environ | SQLITE)
        try:
            process.wait(tenths / 10)
            break
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait(30)
            kills += 1
    assert kills > 0
    (between := tmp_path / "between").mkdir()  # as if killed when the tables stood and nothing was in them
    django = SQLITE | {"WUTONG_DATA": str(between), "DJANGO_SETTINGS_MODULE": "wutong.config.settings"}
    for alias in ("default", "jobs", "sessions", "records", "usage"):
        migrate = [sys.executable, "-m", "django", "migrate", "-v0", "--database", alias]
        subprocess.run(migrate, env=os.environ | django, check=True, timeout=120)
    for house in (killed, between):
        wutong("setup", data=house, env=os.environ | SQLITE)
        assert schema_and_rows(house) == schema_and_rows(whole)
        assert wutong("audit", "verify", data=house, env=os.environ | SQLITE).returncode == 0
