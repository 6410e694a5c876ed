"""What is written when somebody reads, and where."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tools.town import wutong

BEFORE = """
CREATE TABLE records_use (key INTEGER PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE records_read (agent INTEGER, day INTEGER, reader INTEGER, PRIMARY KEY (agent, day, reader)) WITHOUT ROWID;
INSERT INTO records_use VALUES (3, 1763000000000000);
INSERT INTO records_read VALUES (7, 20400, 1), (8, 20400, 1);
"""


def asked(file: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as base:
        return base.execute(sql).fetchall()


@pytest.mark.slow
def test_a_house_that_noted_looks_beside_statements_takes_them_along(tmp_path: Path):
    wutong("setup", data=tmp_path)
    (tmp_path / "usage.sqlite3").unlink()
    with closing(sqlite3.connect(tmp_path / "records.sqlite3")) as base:
        base.executescript(BEFORE)
    wutong("setup", data=tmp_path)
    assert asked(tmp_path / "usage.sqlite3", "SELECT * FROM records_use") == [(3, 1763000000000000)]
    assert asked(tmp_path / "usage.sqlite3", "SELECT * FROM records_read") == [(7, 20400, 1), (8, 20400, 1)]
    left = "SELECT name FROM sqlite_master WHERE name IN ('records_use', 'records_read')"
    assert asked(tmp_path / "records.sqlite3", left) == []
