"""Columns of a sheet as polars expressions: certain answers at once, the rest by each kind's own `parse`.

`surely(kind, cell)` is the value where it is certain what `parse` would give, and null elsewhere. The cells that are
left, each spelling once, are asked of `parse`, so that rules and sentences are those of the row path. A kind without a
short cut here is slower, not different.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import singledispatch
from typing import Any

import polars as pl

from wutong.kernel.register.kinds import (
    CodeOf,
    CodesOf,
    Count,
    Day,
    Kind,
    Measure,
    Number,
    OneOf,
    Text,
    YesNo,
    one_of,
)
from wutong.kernel.register.spec import Column, Register
from wutong.kernel.sheet.cells import CellProblem, DateOrder, blank, required
from wutong.kernel.sheet.frames import ODD, Frame

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)


@singledispatch
def surely(kind: Kind, cell: pl.Expr) -> pl.Expr:
    """`cell` is never empty and holds nothing that matches `ODD`; spaces may stand around it."""
    return pl.lit(None, type_of(kind))


@surely.register
def _(kind: Text, cell: pl.Expr) -> pl.Expr:
    found = ~(cell.str.starts_with(" ") | cell.str.ends_with(" ")) & (cell.str.len_chars() <= kind.longest)
    return pl.when(found & (cell.str.len_bytes() == cell.str.len_chars()) if kind.half_width else found).then(
        cell
    )


@surely.register
def _(kind: Number, cell: pl.Expr) -> pl.Expr:
    return pl.when(cell.str.contains(r"^[0-9A-Za-z*-]+$")).then(cell)


@surely.register
def _(kind: Count, cell: pl.Expr) -> pl.Expr:
    found = pl.when(cell.str.len_bytes() < 16).then(cell).cast(pl.Int64, strict=False)
    return pl.when(found.is_between(kind.minimum, kind.maximum)).then(found)


@surely.register
def _(kind: Day, cell: pl.Expr) -> pl.Expr:
    found = pl.when(cell.str.len_bytes() == 10).then(cell).str.to_date("%Y-%m-%d", strict=False)
    return pl.when(found.is_between(EARLIEST, LATEST) & ~cell.str.contains(" ", literal=True)).then(found)


@surely.register
def _(kind: OneOf, cell: pl.Expr) -> pl.Expr:
    return _known(cell, one_of(kind.pairs).known)


@surely.register
def _(kind: CodeOf, cell: pl.Expr) -> pl.Expr:
    return _known(cell, kind.choices().known)


@surely.register
def _(kind: CodesOf, cell: pl.Expr) -> pl.Expr:
    return pl.lit(None, type_of(kind))


@surely.register
def _(kind: YesNo, cell: pl.Expr) -> pl.Expr:
    return cell.replace_strict(["是", "否"], [True, False], default=None, return_dtype=pl.Boolean)


def _known(cell: pl.Expr, known: dict[str, str]) -> pl.Expr:
    return cell.replace_strict(list(known), list(known.values()), default=None, return_dtype=pl.String)


def type_of(kind: Kind) -> Any:
    match kind:
        case Count():
            return pl.Int64()
        case Day():
            return pl.Date()
        case YesNo():
            return pl.Boolean()
        case CodesOf():
            return pl.List(pl.String)
        case Measure():
            return pl.Decimal(38, kind.places)
    return pl.String()


FAULT = {"row": pl.UInt32, "column": pl.UInt32, "cell": pl.String, "fault": pl.UInt32}


@dataclass
class Parsed:
    """`values`: `row` and a typed column for each name. `faults`: row, place of column, cell, place in `known`."""

    values: pl.DataFrame
    faults: pl.DataFrame
    known: list[CellProblem]


class Columns:
    """`indexes`: names of columns with their positions in the sheet."""

    def __init__(self, register: Register, indexes: dict[str, int], orders: dict[str, DateOrder]) -> None:
        self.places = [(register.by_name[name], f"c{at}") for name, at in indexes.items()]
        self.orders = orders

    def parse(self, frame: Frame) -> Parsed:
        found = Parsed(
            frame.cells.select("row", *(self._sure(*place, frame.plain) for place in self.places)),
            _none(),
            [],
        )
        whole, faults = [], [found.faults]
        for at, (column, place) in enumerate(self.places):
            cells = pl.DataFrame(
                {"row": found.values["row"], "cell": frame.cells[place], "value": found.values[column.name]}
            )
            values, bad = self._rest(column, cells, found.known)
            whole.append(values.alias(column.name))
            faults += (
                [bad.select("row", pl.lit(at, pl.UInt32).alias("column"), "cell", "fault")]
                if bad.height
                else []
            )
        return Parsed(found.values.select("row").hstack(whole), pl.concat(faults), found.known)

    def _sure(self, column: Column, place: str, plain: bool) -> pl.Expr:
        cell = pl.col(place)
        sure = surely(column.kind, cell if plain else pl.when(~cell.str.contains(ODD)).then(cell))
        return sure.cast(type_of(column.kind)).alias(column.name)

    def _rest(
        self, column: Column, cells: pl.DataFrame, known: list[CellProblem]
    ) -> tuple[pl.Series, pl.DataFrame]:
        """Asks `parse` for each different spelling that is left, and puts the answers in their places."""
        left = cells["value"].is_null() & (column.required or cells["cell"].is_not_null())
        if not left.any():
            return cells["value"], _none()
        open_cells = cells.filter(left).select("row", "cell")
        answers = self._asked(column, open_cells["cell"].unique(), known)
        answered = open_cells.join(answers, on="cell", how="left", nulls_equal=True, maintain_order="left")
        sure = cells.select("row", "value").join(answered, on="row", how="left", maintain_order="left")
        values = sure.select(pl.coalesce("value", "value_right"))["value"]
        return values, answered.filter(pl.col("fault").is_not_null())

    def _asked(self, column: Column, distinct: pl.Series, known: list[CellProblem]) -> pl.DataFrame:
        values: list[Any] = []
        faults: list[int | None] = []
        for cell in distinct:
            try:
                if column.required and blank(cell):
                    required(cell)
                values.append(column.kind.parse(cell, self.orders.get(column.name, DateOrder.UNKNOWN)))
                faults.append(None)
            except CellProblem as problem:
                values.append(None)
                faults.append(len(known))
                known.append(problem)
        columns = {
            "value": pl.Series(values, dtype=type_of(column.kind)),
            "fault": pl.Series(faults, dtype=pl.UInt32),
        }
        return pl.DataFrame({"cell": distinct, **columns})


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema=FAULT)
