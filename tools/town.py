"""The product as people run it: the command in a process of its own, in a data folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.postgres import free_port

# A house of its own, whatever database the tests themselves run on; who wants another says so.
EMBEDDED = {"WUTONG_DATABASE": "sqlite"}


@dataclass(frozen=True)
class Town:
    """What is being served: where, from which folder, by which process."""

    address: str
    data: Path
    pid: int


def wutong(*arguments: str, data: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """One command to its end; `check=False` to look at a refusal."""
    command = [sys.executable, "-m", "wutong", "--data", str(data), *arguments]
    given = {"text": True, "capture_output": True, "check": True, "timeout": 300}
    given |= {"env": os.environ | EMBEDDED, **options}
    return subprocess.run(command, **given)


@contextmanager
def serving(data: Path, *, python: str | Path = sys.executable, **environment: str) -> Iterator[Town]:
    """`wutong serve` on a free port, ended as a service manager would."""
    port, log = free_port(), data / "serve.log"
    command = [str(python), "-m", "wutong", "--data", str(data), "serve", "--port", str(port)]
    data.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env=os.environ | EMBEDDED | environment)
    town = Town(f"http://127.0.0.1:{port}", data, process.pid)
    try:
        wait(process, town.address, log)
        yield town
    finally:
        end(process)


def wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    last = time.monotonic() + 90
    while address not in log.read_text(errors="replace"):
        if process.poll() is not None or time.monotonic() > last:
            raise RuntimeError(f"wutong serve did not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.1)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)
