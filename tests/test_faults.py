"""Everything that goes wrong in a city's night: killed processes, a database that goes away, hostile clients."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import psycopg
import pytest

from tests.test_reliability import (
    MANY,
    PATIENCE,
    SQLITE,
    Browser,
    add,
    data,
    large_sheet,
    made,
    until,
    waiting,
)
from tools import postgres
from tools.town import Town, serving, wutong

__all__ = ["data", "made"]


def place(town: Town) -> tuple[str, int]:
    parts = urlsplit(town.address)
    return str(parts.hostname), int(parts.port or 0)


def status(town: Town, path: str = "/healthz", seconds: float = 20) -> int:
    try:
        with urlopen(town.address + path, timeout=seconds) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def web_processes(town: Town) -> list[int]:
    return [pid for pid in children(town.pid) if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def figures(town: Town) -> dict[str, float]:
    with urlopen(town.address + "/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")
    }


def test_what_a_journey_leaves_behind(data: Path, demo_password: str):
    """Figures by the template of the address over both web processes; a log that knows nobody."""
    with serving(data, **SQLITE, WUTONG_WORKERS="2", WUTONG_LOG="json") as town:
        browser = Browser(town.address, "school", demo_password)
        key = add(browser, "雷雨声")
        for _ in range(20):
            browser.get("/registers/persons/")
        browser.get("/search/?q=雷雨声")
        browser.get(f"/registers/persons/{key}/")
        until(lambda: waiting(data) == 0, "everything announced is delivered")
        found = figures(town)
        assert status(town, "/nothing/13812345678/") == 404
        with urlopen(town.address + "/readyz", timeout=20) as answer:
            assert json.load(answer) == {"status": "ready", "problems": [], "worker": "ok"}
        log = (data / "serve.log").read_text("utf-8")
    route = 'route="registers/<slug:name>/"'
    assert found[f'wutong_requests_total{{method="GET",{route},status="200"}}'] == 20
    assert found[f"wutong_request_seconds_count{{{route}}}"] == 20
    assert (found["wutong_database_up"], found["wutong_outbox_waiting"]) == (1, 0)
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    asked = [line for line in lines if line["logger"] == "wutong.requests"]
    assert len(asked) > 20
    assert {len(line["request"]) for line in asked} == {32}
    assert re.findall(f"雷雨|顾晓岚|school|1381234|/{key}/|{demo_password}", log) == []


def test_metrics_are_not_for_everybody(data: Path):
    token = "t" * 40
    with serving(data, **SQLITE, WUTONG_METRICS="10.0.0.0/8", WUTONG_METRICS_TOKEN=token) as town:
        assert status(town, "/metrics") == 404
        connection = http.client.HTTPConnection(*place(town), timeout=20)
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
        assert connection.getresponse().status == 200
        connection.close()


def test_a_killed_web_process_is_replaced(data: Path, demo_password: str):
    with serving(data, **SQLITE, WUTONG_WORKERS="2") as town:
        browser = Browser(town.address, "school", demo_password)
        key = add(browser, "雷雨声")
        first, *_others = web_processes(town)
        os.kill(first, signal.SIGKILL)
        until(
            lambda: first not in children(town.pid) and len(web_processes(town)) == 2, "there are two again"
        )
        until(lambda: all(answered(town) for _ in range(8)), "all requests are answered")
        assert "雷雨声" in browser.get(f"/registers/persons/{key}/")


def answered(town: Town) -> bool:
    try:
        return status(town) == 200
    except OSError:
        return False


def test_slow_clients_hold_up_nobody(data: Path):
    """Heads that never end, bodies that never come, and a page in between."""
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    body = b"POST /accounts/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nlogin="
    with serving(data, **SQLITE) as town, ExitStack() as held:
        for text in [head] * 300 + [body] * 20:
            client = held.enter_context(closing(socket.create_connection(place(town), timeout=20)))
            client.sendall(text)
        time.sleep(1)
        assert [status(town, "/accounts/login/") for _ in range(10)] == [200] * 10
        # What says nothing is let go of.
        first = held.enter_context(closing(socket.create_connection(place(town), timeout=60)))
        first.sendall(head)
        assert first.recv(100) == b""


@pytest.mark.slow
def test_ten_thousand_connections_are_survived(data: Path):
    """All from this machine to this machine, opened once and closed again."""
    with serving(data, **SQLITE) as town:
        command = [sys.executable, "-c", FLOOD, *map(str, place(town)), "10000"]
        flood = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
        try:
            opened = int(str(flood.stdout and flood.stdout.readline()))
            assert opened > 1_000
            assert [status(town, "/accounts/login/", 60) for _ in range(5)] == [200] * 5
        finally:
            flood.communicate("", timeout=60)
        assert status(town, "/accounts/login/") == 200


FLOOD = """
import resource, socket, sys
host, port, number = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
for _ in range(number):
    try:
        client = socket.create_connection((host, port), timeout=5)
    except OSError:
        break
    client.sendall(b"GET / HTTP/1.1\\r\\n")
    held.append(client)
print(len(held), flush=True)
sys.stdin.read()
"""


class Cluster:
    """A PostgreSQL that can be stopped and started under those who use it."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.programs = postgres.programs()
        postgres.prepare(self.programs, folder)
        self.address = f"postgresql://{postgres.ROLE}@127.0.0.1:{port}/postgres"

    def start(self) -> None:
        self.process = postgres.start(self.programs, self.folder, self.port)
        postgres.wait(self.process, self.port, self.folder / "log")

    def stop(self) -> None:
        """At once, as when a machine is restarted: sessions are broken off."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(60)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    if postgres.programs() is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    with tempfile.TemporaryDirectory(prefix="wutong-cluster-") as name:
        Path(name).chmod(0o755)
        made = Cluster(Path(name), postgres.free_port())
        made.start()
        yield made
        made.stop()


def ask(address: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(address) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.slow
def test_the_database_is_restarted_under_load(cluster: Cluster, tmp_path: Path, demo_password: str):
    """Meanwhile a sentence and 503; afterwards all is well again, without anybody doing anything."""
    environment = {"WUTONG_DATABASE": cluster.address}
    wutong("demo", "--seed", "1", "--password", demo_password, data=tmp_path, env=os.environ | environment)
    with serving(tmp_path, **environment) as town:
        browser = Browser(town.address, "school", demo_password)
        add(browser, "雷雨声")
        cluster.stop()
        with pytest.raises(HTTPError) as refusal:
            browser.get("/registers/persons/")
        assert (refusal.value.code, refusal.value.headers["Retry-After"]) == (503, "10")
        assert "暂时无法服务" in refusal.value.read().decode()
        assert [status(town, path) for path in ("/healthz", "/readyz", "/metrics")] == [200, 503, 200]
        cluster.start()
        until(lambda: status(town, "/readyz") == 200, "it is ready again")
        key = add(browser, "雨过天晴")
        until(lambda: "雨过天晴</" in browser.get("/search/?q=雨过天晴"), "the worker is at work again")
        assert figures(town)['wutong_database_errors_total{error="OperationalError"}'] >= 1
    assert ask(cluster.address, f"select name from people_person where id = {key}") == [("雨过天晴",)]


@pytest.mark.slow
def test_the_database_is_restarted_under_a_bulk_load(cluster: Cluster, tmp_path: Path, demo_password: str):
    """What was taken stands, the command says in a sentence what to do, and doing it finishes the load."""
    environment = os.environ | {"WUTONG_DATABASE": cluster.address}
    house, sheet = tmp_path / "house", large_sheet(tmp_path / "large.csv")
    wutong("demo", "--seed", "1", "--password", demo_password, data=house, env=environment)
    command = [sys.executable, "-m", "wutong", "--data", str(house), "import", "persons", str(sheet)]
    taken = "select count(*) from people_person where name like '批量%'"
    loading = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    until(lambda: ask(cluster.address, taken)[0][0] > 0, "the first batch is there")
    cluster.stop()
    _out, said = loading.communicate(timeout=120)
    assert (loading.returncode, "the database took no more" in said, "Traceback" in said) == (1, True, False)
    cluster.start()
    assert 0 < ask(cluster.address, taken)[0][0] < MANY
    again = wutong("import", "persons", str(sheet), data=house, env=environment)
    counts = json.loads(again.stdout.splitlines()[-1])
    assert (counts["rejected"], counts["created"] + counts["unchanged"]) == (0, MANY)
    assert ask(cluster.address, taken) == [(MANY,)]
    assert wutong("audit", "verify", data=house, env=environment).returncode == 0


def ended(worker: subprocess.Popen[bytes]) -> None:
    """One that does not end says where each of its threads stands."""
    try:
        worker.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        worker.send_signal(signal.SIGABRT)
        worker.wait(60)
        raise


@pytest.mark.slow
def test_four_workers_of_which_some_are_killed_deliver_once(
    cluster: Cluster, tmp_path: Path, demo_password: str
):
    environment = {"WUTONG_DATABASE": cluster.address}
    wutong("demo", "--seed", "1", "--password", demo_password, data=tmp_path, env=os.environ | environment)
    command = [sys.executable, "-X", "faulthandler", "-m", "wutong", "--data", str(tmp_path), "worker"]
    with serving(tmp_path, **environment, WUTONG_WORKER="no") as town:
        workers = [subprocess.Popen(command, env=os.environ | environment) for _ in range(4)]
        try:
            browser = Browser(town.address, "school", demo_password)
            before = ask(cluster.address, "select max(id) from event_outboxevent")[0][0]
            for number in range(12):
                add(browser, f"成双{number:02}")
                if number in (3, 7):
                    workers[number // 4].kill()
            unheard = "select count(*) from event_outboxevent where delivered is null"
            until(lambda: ask(cluster.address, unheard)[0][0] == 0, "everything announced is delivered")
            until(lambda: "成双11</" in browser.get("/search/?q=成双11"), "the search catches up")
        finally:
            for worker in workers:
                worker.terminate()
            for worker in workers:
                ended(worker)
    told = f"select attempts, problem from event_outboxevent where id > {before}"
    assert set(ask(cluster.address, told)) == {(1, "")}
    twice = "select event_id, receiver from event_receipt group by 1, 2 having count(*) > 1"
    assert ask(cluster.address, twice) == []
    assert wutong("audit", "verify", data=tmp_path, env=os.environ | environment).returncode == 0
