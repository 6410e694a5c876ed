"""Past days as Parquet: read by DuckDB as one table, nobody's name in it, written again only when something changed."""

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from django.utils import timezone

from wutong.platforms.learning.records.history import MANIFEST, write_history
from wutong.platforms.learning.records.store.rendering import moment
from wutong.platforms.learning.records.tests.lrs import VOIDED, Lrs, agent, statement

pytestmark = pytest.mark.django_db(databases="__all__")
LESSON = "https://school.example/lesson/1"


def written(folder: Path, *, days: int = 1) -> list[tuple[int, int, bool]]:
    """Rows, voided, and whether it was written, for each day that is over so many days from now."""
    found = write_history(folder, now=timezone.now() + timedelta(days=days))
    return [(count.rows, count.voided, fresh) for _name, count, fresh in found]


def asked(folder: Path, columns: str) -> list[tuple]:
    table = f"read_parquet('{folder}/*/*.parquet', hive_partitioning = true)"
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {columns} FROM {table} ORDER BY stored").fetchall()


def test_a_day_that_is_over_is_read_by_duckdb(lrs: Lrs, tmp_path: Path):
    context = {
        "registration": "6b3f0c1e-2f0e-4f6a-9a57-0d7d7a1f0c11",
        "platform": "校本学习平台",
        "contextActivities": {"parent": [{"id": "https://school.example/course/1"}]},
    }
    result = {"success": True, "completion": True, "score": {"scaled": 1}, "duration": "PT1H30M0.5S"}
    at = "2026-09-01T08:00:00.25+08:00"
    first, second = lrs.post(
        statement(timestamp=at, result=result, context=context), statement("zhao", object=agent("li"))
    )
    assert written(tmp_path) == [(2, 0, True)]
    columns = "id, verb, object_type, activity, parent, registration, success, completion, scaled, duration, platform, voided"
    assert asked(tmp_path, columns) == [
        (
            first, "http://adlnet.gov/expapi/verbs/passed", "Activity", LESSON, "https://school.example/course/1",
            context["registration"], True, True, 1.0, 5400.5, "校本学习平台", False,
        ),
        (second, "http://adlnet.gov/expapi/verbs/passed", "Agent", *[None] * 8, False),
    ]  # fmt: skip
    rows = asked(tmp_path, "epoch_us(stored), CAST(day AS VARCHAR), actor, epoch_us(timestamp)")
    assert [day for _stored, day, *_rest in rows] == [moment(stored)[:10] for stored, *_rest in rows]
    assert rows[0][2] != rows[1][2]
    assert moment(rows[0][3]) == "2026-09-01T00:00:00.250000Z"


def test_nobody_is_named_in_it(lrs: Lrs, tmp_path: Path):
    lrs.post({**statement(), "actor": {"mbox": "mailto:li@school.example", "name": "李小明"}})
    written(tmp_path)
    (part,) = tmp_path.glob("*/*.parquet")
    told = str(pl.read_parquet(part).rows()) + "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert [secret for secret in ("li@", "mailto", "李小明") if secret in told] == []


def test_a_day_is_written_again_only_when_something_in_it_changed(lrs: Lrs, tmp_path: Path):
    (id,) = lrs.post(statement())
    assert written(tmp_path, days=0) == []
    assert (written(tmp_path), written(tmp_path)) == ([(1, 0, True)], [(1, 0, False)])
    lrs.post(statement("zhao", VOIDED, object={"objectType": "StatementRef", "id": id}))
    assert written(tmp_path) == [(2, 1, True)]
    assert asked(tmp_path, "id, voided")[0] == (id, True)


def test_what_a_killed_run_left_is_cleared_and_done_again(lrs: Lrs, tmp_path: Path):
    lrs.post(statement())
    written(tmp_path)
    (day,) = tmp_path.glob("day=*")
    whole = json.loads((day / MANIFEST).read_text())
    day.rename(tmp_path / f".{day.name}")
    assert written(tmp_path) == [(1, 0, True)]
    assert [path.name for path in tmp_path.iterdir()] == [day.name]
    assert json.loads((day / MANIFEST).read_text())["parts"] == whole["parts"]
