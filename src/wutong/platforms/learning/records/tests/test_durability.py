"""What was acknowledged is there: after a killed server, a clock that went back, a disk that is full."""

import hashlib
import http.client
import json
import os
import resource
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tools.town import Town, serving, wutong
from wutong.platforms.learning.records.store import database
from wutong.platforms.learning.records.tests.lrs import CRLF, Lrs, attachment, new_id, statement

WRITERS = 8


class Line:
    """One connection that is kept open, as learning software keeps it."""

    def __init__(self, town: Town, lrs: Lrs) -> None:
        self.connection = http.client.HTTPConnection(urlsplit(town.address).netloc, timeout=60)
        self.headers = {"Authorization": lrs.authorization, "X-Experience-API-Version": "1.0.3"}

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        self.connection.request(method, f"/xapi/1.0.3/{path}", body, self.headers | headers)
        response = self.connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None

    def post(self, *statements: dict[str, Any]) -> int:
        return self.send(
            "POST", "statements", json.dumps(statements), **{"Content-Type": "application/json"}
        )[0]

    def all_ids(self) -> list[str]:
        found, path = [], "statements?limit=500"
        while path:
            _status, page = self.send("GET", path)
            found += [each["id"] for each in page["statements"]]
            path = page["more"].removeprefix("/xapi/1.0.3/")
        return found


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("house")
    wutong("setup", data=data)
    return data


@pytest.fixture
def city(house: Path) -> Lrs:
    made = wutong("xapi-key", "create", "--name", "n", "--scope", "all", data=house)
    return Lrs(*json.loads(made.stdout.splitlines()[-1]).values())


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill(town: Town) -> None:
    """All of it in the middle of whatever it does."""
    for pid in [town.pid, *children(town.pid)]:
        os.kill(pid, signal.SIGKILL)


def write_until_killed(town: Town, lrs: Lrs, sent: list[str], kept: list[str]) -> None:
    with Line(town, lrs) as line, suppress(OSError, http.client.HTTPException):
        while True:
            ids = [new_id() for _each in range(3)]
            sent += ids
            # One activity and one learner for all writers: what others deadlock on.
            if line.post(*(statement(id=id, thing="https://a.example/popular") for id in ids)) == 200:
                kept += ids


@contextmanager
def writers(town: Town, lrs: Lrs, sent: list[str], kept: list[str]) -> Iterator[None]:
    threads = [
        threading.Thread(target=write_until_killed, args=(town, lrs, sent, kept)) for _n in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(60)


@pytest.mark.slow
def test_every_acknowledged_statement_survives_a_killed_server_and_none_is_there_twice(
    house: Path, city: Lrs
):
    """ROUNDS=20 for the long way."""
    with serving(house) as town, Line(town, city) as line:
        sent, kept = line.all_ids(), []
    for turn in range(int(os.environ.get("ROUNDS", "2"))):
        with serving(house) as town, writers(town, city, sent, kept):
            time.sleep(1 + turn % 7 / 10)
            kill(town)
        with serving(house) as town, Line(town, city) as line:
            found = line.all_ids()
            assert set(kept) <= set(found) <= set(sent) and len(found) == len(set(found))
    assert len(kept) > 100


@pytest.mark.slow
def test_a_large_attachment_passes_through_without_filling_the_memory(house: Path, city: Lrs):
    size, piece = 500 * 2**20, bytes(range(256)) * 4096
    whole = hashlib.sha256()
    for _n in range(size // len(piece)):
        whole.update(piece)
    described = attachment(b"", sha2=whole.hexdigest(), length=size)
    head = b"--oak\r\nContent-Type: application/json\r\n\r\n"
    head += json.dumps(statement(attachments=[described])).encode() + CRLF
    head += b"--oak\r\nContent-Transfer-Encoding: binary\r\nX-Experience-API-Hash: "
    head += whole.hexdigest().encode() + CRLF * 2
    tail = b"\r\n--oak--\r\n"

    def body() -> Iterator[bytes]:
        yield head
        for _n in range(size // len(piece)):
            yield piece
        yield tail

    with serving(house) as town, Line(town, city) as line:
        line.post(statement())
        before = memory(town)
        headers = {
            "Content-Type": "multipart/mixed; boundary=oak",
            "Content-Length": str(len(head) + size + len(tail)),
        }
        assert line.send("POST", "statements", body(), **headers)[0] == 200
        assert memory(town) - before < 100 * 2**20
        assert next(house.glob(f"records/*/*/{whole.hexdigest()}")).stat().st_size == size


def memory(town: Town) -> int:
    """The most that any process of the server ever held, in bytes."""
    peaks = []
    for pid in [town.pid, *children(town.pid)]:
        status = Path(f"/proc/{pid}/status").read_text()
        peaks.append(int(status.partition("VmHWM:")[2].split()[0]) * 1024)
    return max(peaks)


@pytest.mark.django_db(databases="__all__")
def test_a_clock_that_goes_back_does_not_turn_the_order(lrs: Lrs):
    (first,) = lrs.post(statement())
    with database.writing() as cursor:
        cursor.execute("UPDATE records_clock SET last = last + 3600000000")
    later = lrs.post(*(statement() for _n in range(3)))
    stamps = [each["stored"] for each in lrs.found(ascending="true")]
    assert lrs.ids(ascending="true") == [first, *later]
    assert stamps == sorted(set(stamps))
    assert lrs.ids(since=stamps[1], ascending="true") == later[1:]


@pytest.mark.slow
def test_a_store_that_cannot_write_says_so_and_keeps_nothing(house: Path, city: Lrs):
    """Files may grow no more, as on a full disk; then they may again."""
    batch = [statement(result={"response": f"{n} {new_id()}" * 50}) for n in range(200)]
    with serving(house, WUTONG_DATABASE="sqlite") as town, Line(town, city) as line:
        before = len(line.all_ids())
        limit_files(town, 1024)
        assert line.post(*batch) == 503
        limit_files(town, resource.RLIM_INFINITY)
        assert line.post(*batch) == 200
        assert len(line.all_ids()) == before + 200


def limit_files(town: Town, size: int) -> None:
    for pid in children(town.pid):
        _soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
