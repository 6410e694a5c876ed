"""A PostgreSQL of one's own: in a temporary folder, on a free loopback port, ended by its process id."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROLE = "wutong"


def programs() -> Path | None:
    """The folder of initdb and postgres; Debian keeps it off the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    return Path(found).parent if found else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def account() -> pwd.struct_passwd | None:
    """initdb refuses root, so root hands over to an account without rights."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def wait(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if "ready to accept connections" in log.read_text(errors="replace"):
            with socket.create_connection(("127.0.0.1", port), timeout=5):
                return
        time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')}")


def owned() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    owner = account()
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}


def prepare(bin_folder: Path, folder: Path) -> None:
    """An empty cluster."""
    owner = account()
    if owner:
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    initdb = f"initdb -D data -A trust -U {ROLE} -E UTF8 --locale=C.UTF-8 --no-sync".split()
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(initdb, executable=bin_folder / "initdb", **quiet, **owned())


def start(bin_folder: Path, folder: Path, port: int, **more: str) -> subprocess.Popen[bytes]:
    options = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder}
    options |= {"fsync": "off", "max_connections": 200, "max_prepared_transactions": 10, **more}
    arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
    command = [bin_folder / "postgres", "-D", folder / "data", *arguments]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(command, stderr=log, cwd=folder, **owned())


@contextmanager
def server(**options: str) -> Iterator[str]:
    """The address of a running server with an empty database; options as in postgresql.conf."""
    bin_folder = programs()
    if bin_folder is None:
        raise RuntimeError("PostgreSQL is not installed (apt-get install postgresql).")
    folder, port = Path(tempfile.mkdtemp(prefix="wutong-postgres-")), free_port()
    prepare(bin_folder, folder)
    process = start(bin_folder, folder, port, **options)
    try:
        wait(process, port, folder / "log")
        yield f"postgresql://{ROLE}@127.0.0.1:{port}/postgres"
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)
