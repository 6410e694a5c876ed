"""Ralph 5.1, installed for this benchmark alone and measured as our store is, its engine counted too."""

import base64
import http.client
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from msgspec import json

from benchmarks.lessons import statement
from benchmarks.openid_peers import PEERS, answered, cost, running
from benchmarks.records_together import Door, together
from tools.postgres import free_port

PACKAGES = ("ralph-malph[full]==5.1.0", "chdb", "lz4", "zstandard")
BATCH, LEARNERS, FILL = 100, 1_000, 100
USER, PASSWORD = "lrs", "only-for-this-benchmark"


@contextmanager
def ralph() -> Iterator[tuple[int, int, int]]:
    """Port and process of Ralph with one worker, and the process of its engine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wutong-ralph-")))
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        tools = folder / "venv/bin"
        quiet = [tools / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        subprocess.run([*quiet, *PACKAGES], check=True, stderr=subprocess.DEVNULL)
        front, port = free_port(), free_port()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")} | {
            "RALPH_APP_DIR": str(folder), "RALPH_RUNSERVER_BACKEND": "clickhouse",
            "RALPH_BACKENDS__LRS__CLICKHOUSE__HOST": "127.0.0.1", "RALPH_BACKENDS__LRS__CLICKHOUSE__PORT": str(front),
        }  # fmt: skip
        account = ["-u", USER, "-p", PASSWORD, "-s", "all", "-M", "mailto:lrs@example.org", "-N", USER, "-w"]
        subprocess.run([tools / "ralph", "auth", *account], env=environment, check=True, capture_output=True)
        engine = [tools / "python", PEERS / "clickhouse_front.py", str(front), folder / "engine"]
        server = [
            tools / "uvicorn",
            "ralph.api:app",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--no-access-log",
        ]
        for name in ("front", "server"):
            (folder / name).mkdir()
        below = stack.enter_context(running(engine, folder / "front", environment, front))
        above = stack.enter_context(running(server, folder / "server", environment, port))
        yield port, above.pid, below.pid


def measured() -> dict[str, float]:
    """CPU milliseconds with ten thousand statements in the store."""
    proof = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    headers = {
        "Authorization": f"Basic {proof}", "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json",
    }  # fmt: skip
    rng = random.Random(1)
    with ralph() as (port, above, below):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

        def post(number: int) -> None:
            body = json.encode([statement(rng, LEARNERS) for _each in range(number)])
            answer = answered(connection, "POST", "/xAPI/statements/", body, headers)
            if (said := answer.read()) and answer.status != 200:
                raise SystemExit(f"Ralph answered {answer.status}: {said[:300]!r}")

        for _turn in range(FILL):
            post(BATCH)
        return {
            "POST 1": cost(above, below, lambda _turn: post(1), times=200, warm_up=20),
            "a statement of POST 100": cost(above, below, lambda _turn: post(BATCH), times=50, warm_up=5)
            / BATCH,
        } | together(Door(port, "/xAPI/statements/", headers, LEARNERS), above, below)
