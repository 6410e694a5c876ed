"""The rules of `numbers` for whole columns: true where a number is certainly sound, false or null elsewhere."""

from datetime import date
from functools import cache, reduce
from operator import add

import polars as pl

from wutong.kernel.people.numbers import EARLIEST_BIRTH, PROVINCES, WEIGHTS


def born_of(identity: pl.Expr) -> pl.Expr:
    """Of 18 characters; null where there is no such day."""
    return identity.str.slice(6, 8).str.to_date("%Y%m%d", strict=False)


def sex_of(identity: pl.Expr) -> pl.Expr:
    """By GB/T 2261.1."""
    odd = identity.str.slice(16, 1).cast(pl.Int8, strict=False) % 2
    return pl.when(odd == 1).then(pl.lit("1")).when(odd == 0).then(pl.lit("2"))


def is_identity(cell: pl.Expr, today: date) -> pl.Expr:
    """18 characters as `IdentityNumber` reads them, already narrow and in capitals."""
    return cell.str.contains("^[0-9]{17}[0-9X]$") & _placed_and_born(cell, today) & _checks(cell)


def is_pupil_number(cell: pl.Expr, today: date) -> pl.Expr:
    rest = cell.str.slice(1)
    temporary = cell.str.contains("^L[0-9]{18}$") & _placed_and_born(rest, today)
    return temporary | (cell.str.contains("^[GJ]") & is_identity(rest, today))


def is_secondary_number(cell: pl.Expr, today: date) -> pl.Expr:
    entered = cell.str.slice(11, 4).cast(pl.Int32, strict=False)
    return cell.str.contains("^310[0-9]{7}[1-4][0-9]{8}$") & entered.is_between(1990, today.year + 1)


def _placed_and_born(cell: pl.Expr, today: date) -> pl.Expr:
    return cell.str.slice(0, 2).is_in(sorted(PROVINCES)) & born_of(cell).is_between(EARLIEST_BIRTH, today)


def _checks(cell: pl.Expr) -> pl.Expr:
    """ISO 7064 MOD 11-2: the weighted sum with the check character, X for ten, leaves one."""
    number = cell.str.slice(0, 17).cast(pl.Int64, strict=False)
    parts = (number // 10**12, number // 10**6 % 10**6, number % 10**6)
    weighted = reduce(
        add, (_weighted(end).gather(part) for part, end in zip(parts, (5, 11, 17), strict=True))
    )
    last = cell.str.slice(17, 1).cast(pl.UInt16, strict=False).fill_null(10)
    return (weighted + last) % 11 == 1


@cache
def _weighted(end: int) -> pl.Expr:
    """The weighted sum of six digits for each number they make, the last of them the one before place `end`."""
    digits = pl.int_range(10**6, dtype=pl.Int64)
    sums = (digits // 10**at % 10 * WEIGHTS[end - 1 - at] for at in range(min(end, 6)))
    return pl.lit(pl.select(reduce(add, sums).cast(pl.UInt16)).to_series())
