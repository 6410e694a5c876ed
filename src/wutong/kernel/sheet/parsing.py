"""Columns of a frame to typed values: what is sure by an expression, the rest by asking about each spelling once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Any

import polars as pl

from wutong.kernel.sheet.cells import CellProblem
from wutong.kernel.sheet.frames import ODD, Frame

SEEN = {"row": pl.UInt32, "key": pl.UInt64, "all": pl.UInt64}
FAULT = {"row": pl.UInt32, "column": pl.UInt32, "cell": pl.String, "fault": pl.UInt32}


@dataclass(frozen=True)
class Cells:
    """One column: `sure(cell)` is an expression, null where the value is not certain; `parse` knows or refuses."""

    name: str
    place: str
    sure: Callable[[pl.Expr], pl.Expr]
    parse: Callable[[str | None], Any]
    kind: Any
    required: bool = False

    def expression(self, plain: bool) -> pl.Expr:
        cell = pl.col(self.place)
        wanted = cell if plain else pl.when(~cell.str.contains(ODD)).then(cell)
        return self.sure(wanted).cast(self.kind).alias(self.name)


@dataclass
class Parsed:
    """`values`: `row` and a typed column for each name. `faults`: row, place of column, cell, place in `known`."""

    values: pl.DataFrame
    faults: pl.DataFrame
    known: list[CellProblem]


def parse(frame: Frame, columns: Sequence[Cells]) -> Parsed:
    sure = frame.cells.select("row", *(column.expression(frame.plain) for column in columns))
    known: list[CellProblem] = []
    whole, faults = [sure["row"]], [pl.DataFrame(schema=FAULT)]
    for at, column in enumerate(columns):
        values, bad = _rest(column, frame.cells["row"], frame.cells[column.place], sure[column.name], known)
        whole.append(values.alias(column.name))
        if bad.height:
            faults.append(bad.select("row", pl.lit(at, pl.UInt32).alias("column"), "cell", "fault"))
    return Parsed(pl.DataFrame(whole), pl.concat(faults), known)


def _rest(
    column: Cells, row: pl.Series, cell: pl.Series, value: pl.Series, known: list[CellProblem]
) -> tuple[pl.Series, pl.DataFrame]:
    """Puts the answers about the spellings that are left in their places."""
    left = value.is_null() & (column.required or cell.is_not_null())
    if not left.any():
        return value, pl.DataFrame(schema=FAULT)
    open_cells = pl.DataFrame({"row": row, "cell": cell}).filter(left)
    answers = _asked(column, open_cells["cell"].unique(), known)
    answered = open_cells.join(answers, on="cell", how="left", nulls_equal=True, maintain_order="left")
    sure = pl.DataFrame({"row": row, "sure": value}).join(
        answered, on="row", how="left", maintain_order="left"
    )
    return sure.select(pl.coalesce("sure", "value")).to_series(), answered.filter(
        pl.col("fault").is_not_null()
    )


def _asked(column: Cells, distinct: pl.Series, known: list[CellProblem]) -> pl.DataFrame:
    values: list[Any] = []
    faults: list[int | None] = []
    for cell in distinct:
        try:
            values.append(column.parse(cell))
            faults.append(None)
        except CellProblem as problem:
            values.append(None)
            faults.append(len(known))
            known.append(problem)
    answers = {"value": pl.Series(values, dtype=column.kind), "fault": pl.Series(faults, dtype=pl.UInt32)}
    return pl.DataFrame({"cell": distinct, **answers})


def hashed(lines: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Of the lines whose key says anything: who speaks of nothing repeats nobody."""
    if not key or not lines.height:
        return pl.DataFrame(schema=SEEN)
    names = [name for name in lines.columns if name != "row"]
    hashes = {name: pl.col(name).hash(seed=at) for at, name in enumerate(names)}
    said = [
        pl.col(n).fill_null(0) != 0 if lines[n].dtype.is_numeric() else pl.col(n).is_not_null() for n in key
    ]
    return lines.select(
        "row",
        pl.when(pl.any_horizontal(said)).then(reduce(xor, (hashes[name] for name in key))).alias("key"),
        reduce(xor, hashes.values()).alias("all"),
    ).drop_nulls("key")
