"""Published views as Parquet, a file per snapshot and a pointer to the last whole one. For the worker only."""

import os
from datetime import datetime
from pathlib import Path

import polars
from django.conf import settings

from wutong.kernel.indicator.declare import View

KEEP = 8
TYPES = {
    "string": polars.String, "int64": polars.Int64, "int32": polars.Int32, "int16": polars.Int16,
    "float64": polars.Float64, "boolean": polars.Boolean, "date": polars.Date, "timestamp": polars.Datetime,
}  # fmt: skip


def folder(view: View) -> Path:
    path = Path(settings.DATA_DIR) / "warehouse" / view.name
    path.mkdir(parents=True, exist_ok=True)
    return path


def snapshot_id(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S%f")


def publish(view: View, snapshot: str) -> Path:
    """Writes the view under this snapshot; a file is there whole or not at all."""
    target = folder(view) / f"{snapshot}.parquet"
    draft = target.with_suffix(".part")
    frame_of(view).write_parquet(draft)
    settle(draft, target)
    pointer = folder(view) / "current.new"
    pointer.write_text(target.name)
    settle(pointer, folder(view) / "current")
    for old in sorted(folder(view).glob("*.parquet"))[:-KEEP]:
        old.unlink()
    return target


def frame_of(view: View) -> polars.DataFrame:
    rows = view.rows()
    if isinstance(rows, polars.DataFrame):
        return rows.select(list(view.schema))
    schema = {name: TYPES[kind] for name, kind in view.schema.items()}
    return polars.DataFrame(list(rows), schema=schema, orient="row")


def settle(draft: Path, target: Path) -> None:
    with draft.open("rb") as handle:
        os.fsync(handle.fileno())
    draft.replace(target)


def current(view: View) -> Path | None:
    """The last snapshot that was published whole."""
    pointer = folder(view) / "current"
    return folder(view) / pointer.read_text().strip() if pointer.exists() else None
