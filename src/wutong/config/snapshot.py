"""The databases of the house as they stood at one moment, while others go on writing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from wutong.config.archive import Refused

PATIENCE = 60  # seconds in which the writers must once leave a gap
DUMP = "postgresql.dump"
# Who was signed in signs in again after a restore; what was cached is asked anew.
LEFT_OUT = ("django_session", "wutong_cache")
HEAD = "SELECT sequence, digest FROM audit_audithead"
Head = dict[str, Any]


def on_sqlite() -> bool:
    return connection.vendor == "sqlite"


def take(folder: Path) -> Head:
    """Copies into `folder`; what the journal's head was in them."""
    if is_empty():
        raise Refused("there is nothing here yet: `wutong setup` makes a house, --data names another folder")
    return _take_files(folder) if on_sqlite() else _take_dump(folder)


def _files() -> list[Path]:
    kept = (base for alias, base in settings.DATABASES.items() if alias != "sessions")
    return [Path(base["NAME"]) for base in kept]


def _take_files(folder: Path) -> Head:
    with _one_moment(_files()) as readers:
        for path, reader in readers.items():
            with closing(sqlite3.connect(folder / path.name)) as copy:
                reader.backup(copy, pages=4096)
                # As one plain file: what is restored needs no log beside it.
                copy.execute("PRAGMA journal_mode=DELETE")
            os.chmod(folder / path.name, 0o600)
    return head_of(folder / _files()[0].name)


@contextmanager
def _one_moment(paths: list[Path]) -> Iterator[dict[Path, sqlite3.Connection]]:
    """A reader of each file, all at a moment when nobody was writing to any; writers wait only until it is found."""
    with ExitStack() as stack:
        readers = {path: stack.enter_context(closing(_opened(path))) for path in paths}
        with ExitStack() as writers:
            _hold([writers.enter_context(closing(_opened(path))) for path in paths])
            for reader in readers.values():
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield readers


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=1)


def _hold(writers: list[sqlite3.Connection]) -> None:
    """All locks or none: who holds one and waits for another could wait for us."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            for writer in writers:
                writer.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            for writer in writers:
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
        else:
            return
    raise Refused(f"something has been writing for {PATIENCE} seconds without a gap; try again later")


def head_of(path: Path) -> Head:
    with closing(sqlite3.connect(path)) as copy:
        if (found := copy.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise Refused(f"{path.name} is damaged: {found}")
        return _head(copy.execute(HEAD).fetchone())


def _head(row: tuple[int, str] | None) -> Head:
    entries, digest = row or (0, "")
    return {"entries": entries, "head": digest}


def _take_dump(folder: Path) -> Head:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        moment = cursor.fetchone()[0]
        cursor.execute(HEAD)
        head = _head(cursor.fetchone())
        without = [f"--exclude-table-data={table}" for table in LEFT_OUT]
        _postgres("pg_dump", "--format=custom", f"--snapshot={moment}", f"--file={folder / DUMP}", *without)
    return head


def put_back(folder: Path) -> None:
    """What `take` copied, into a database without tables or in place of files that are not there."""
    if on_sqlite():
        for path in reversed(_files()):
            os.replace(folder / path.name, path)
    else:
        _postgres("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", str(folder / DUMP))


def is_empty() -> bool:
    return not (
        any(path.exists() for path in _files()) if on_sqlite() else connection.introspection.table_names()
    )


def _postgres(program: str, *arguments: str) -> None:
    """Debian keeps older and newer programs side by side, off the PATH; the newest knows all servers."""
    sides = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    found = str(sides[-1]) if sides else shutil.which(program)
    if found is None:
        raise Refused(f"{program} is not installed (Debian: postgresql-client)")
    base = settings.DATABASES["default"]
    target = {
        "PGHOST": base["HOST"],
        "PGPORT": base["PORT"],
        "PGUSER": base["USER"],
        "PGPASSWORD": base["PASSWORD"],
    }
    options = {f"PG{name.upper()}": value for name, value in base["OPTIONS"].items()}
    environment = (
        os.environ | {"PGDATABASE": base["NAME"]} | {k: v for k, v in (target | options).items() if v}
    )
    into = ["--dbname", base["NAME"]] if program == "pg_restore" else []
    done = subprocess.run(  # noqa: S603  # fixed arguments, and no shell
        [found, "--no-acl", *into, *arguments], env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise Refused(
            f"{program}: {done.stderr.strip().splitlines()[-1] if done.stderr else done.returncode}"
        )
