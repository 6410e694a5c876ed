"""History for the warehouse: what was stored on a day that is over, as Parquet and without anybody's name.

A folder for each day (UTC), `day=2026-11-25`, as Hive names partitions: DuckDB and Spark read all of them as one table.
A day whose statements were voided or forgotten since is written anew, all others are left as they are.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from wutong.platforms.learning.records.store.database import Row, rows
from wutong.platforms.learning.records.store.packing import unpack
from wutong.platforms.learning.records.store.preparing import as_uuid
from wutong.platforms.learning.records.store.rendering import EPOCH, stamp
from wutong.platforms.learning.records.store.schema import DAY
from wutong.platforms.learning.records.store.terms import object_type
from wutong.platforms.learning.records.xapi.durations import seconds_of
from wutong.platforms.learning.records.xapi.instants import parsed

CHUNK = 50_000
MANIFEST = "_manifest.json"  # Spark passes over files that begin with a line
MOMENT = pl.Datetime("us", "UTC")
# `actor` is the store's pseudonym, 0 for a group without a name; `duration` is in seconds.
SCHEMA: dict[str, Any] = {
    "stored": MOMENT, "timestamp": MOMENT, "id": pl.String, "tenant": pl.Int64, "actor": pl.Int64,
    "verb": pl.String, "object_type": pl.String, "activity": pl.String, "parent": pl.String,
    "registration": pl.String, "success": pl.Boolean, "completion": pl.Boolean, "scaled": pl.Float64,
    "duration": pl.Float64, "platform": pl.String, "language": pl.String, "voided": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class Count:
    """What a day holds; where it is the same as when the day was written, so is the day."""

    rows: int
    voided: int


def write_history(folder: Path, *, now: datetime) -> Iterator[tuple[str, Count, bool]]:
    """Each day that is over before `now`: its name, its count, and whether it was written. Killed and begun again it
    goes on; a day is there whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for draft in folder.glob(".day=*"):
        shutil.rmtree(draft)
    for day, count in counts(stamp(now) // DAY).items():
        name = f"day={_moment(day * DAY):%Y-%m-%d}"
        fresh = _known(folder / name) != count
        if fresh:
            _write(folder, name, day, count)
        yield name, count, fresh


def counts(before: int) -> dict[int, Count]:
    """By day since 1970."""
    per_day = "SELECT stored / %s, count(*) FROM records_statement WHERE stored < %s GROUP BY 1 ORDER BY 1"
    gone = (
        "SELECT i.stored / %s, count(*) FROM records_voided v"
        " JOIN records_id i ON i.tenant = v.tenant AND i.id = v.id GROUP BY 1"
    )
    voided: dict[int, int] = dict(rows(gone, DAY))
    return {day: Count(number, voided.get(day, 0)) for day, number in rows(per_day, DAY, before * DAY)}


def _known(target: Path) -> Count | None:
    try:
        told = json.loads((target / MANIFEST).read_text())
        return Count(told["rows"], told["voided"])
    except (FileNotFoundError, KeyError, ValueError):
        return None


def _write(folder: Path, name: str, day: int, count: Count) -> None:
    draft, target = folder / f".{name}", folder / name
    draft.mkdir()
    parts = {}
    for number, chunk in enumerate(_chunks(day)):
        part = draft / f"part-{number:05}.parquet"
        frame = pl.DataFrame([_fact(row) for row in chunk], schema=SCHEMA, orient="row")
        frame.write_parquet(part, compression="zstd")
        parts[part.name] = {"rows": frame.height, "sha256": hashlib.sha256(part.read_bytes()).hexdigest()}
    told = {"day": name.partition("=")[2], **asdict(count), "parts": parts}
    (draft / MANIFEST).write_text(json.dumps(told, indent=1) + "\n")
    for path in (*draft.iterdir(), draft):
        _settle(path)
    if target.exists():
        shutil.rmtree(target)
    draft.rename(target)
    _settle(folder)


def _settle(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _chunks(day: int) -> Iterator[list[Row]]:
    last = day * DAY - 1
    while chunk := rows(
        "SELECT s.stored, s.id, s.tenant, s.actor, s.body, v.id IS NOT NULL FROM records_statement s"
        " LEFT JOIN records_voided v ON v.tenant = s.tenant AND v.id = s.id"
        " WHERE s.stored > %s AND s.stored < %s ORDER BY s.stored LIMIT %s",
        last, (day + 1) * DAY, CHUNK,
    ):  # fmt: skip
        yield chunk
        last = chunk[-1][0]


def _fact(row: Row) -> tuple[Any, ...]:
    stored, id, tenant, actor, packed, voided = row
    body = unpack(bytes(packed))
    thing, context, result = body["object"], body.get("context") or {}, body.get("result") or {}
    kind = object_type(thing)
    parents = (context.get("contextActivities") or {}).get("parent") or [{}]
    at = stored if "timestamp" not in body else stamp(parsed(body["timestamp"]))
    scaled = (result.get("score") or {}).get("scaled")
    return (
        _moment(stored), _moment(at), as_uuid(bytes(id)), tenant, actor, body["verb"]["id"], kind,
        thing["id"] if kind == "Activity" else None, parents[0].get("id"), context.get("registration"),
        result.get("success"), result.get("completion"), None if scaled is None else float(scaled),
        seconds_of(result["duration"]) if "duration" in result else None,
        context.get("platform"), context.get("language"), bool(voided),
    )  # fmt: skip


def _moment(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)
