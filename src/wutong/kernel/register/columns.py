"""Columns of a sheet as polars expressions: certain answers at once, the rest by each kind's own `parse`.

`surely(kind, cell)` is the value where it is certain what `parse` would give, and null elsewhere. The cells that are
left, each spelling once, are asked of `parse`, so that rules and sentences are those of the row path. A kind without a
short cut here is slower, not different.
"""

from __future__ import annotations

from datetime import date
from functools import partial, singledispatch
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
from wutong.kernel.sheet.cells import DateOrder, required
from wutong.kernel.sheet.parsing import Cells

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


def columns_of(register: Register, indexes: dict[str, int], orders: dict[str, DateOrder]) -> list[Cells]:
    """`indexes`: names of columns with their positions in the sheet."""
    return [
        _cells(register.by_name[name], f"c{at}", orders.get(name, DateOrder.UNKNOWN))
        for name, at in indexes.items()
    ]


def _cells(column: Column, place: str, order: DateOrder) -> Cells:
    def parse(cell: str | None) -> Any:
        if column.required:
            required(cell)
        return column.kind.parse(cell, order)

    sure = partial(surely, column.kind)
    return Cells(column.name, place, sure, parse, type_of(column.kind), column.required)
