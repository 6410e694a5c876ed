"""The bulk path: a large sheet into a register in columns, with the verdicts of the row path.

What is certain is decided by expressions over thousands of lines; all else goes to the code of the row path. Memory is
bounded by a frame of some ten thousand lines and, for each line before, three numbers that find repetitions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import polars as pl
from django.db import IntegrityError, transaction

from wutong.kernel.errors import WutongError
from wutong.kernel.register.columns import columns_of, type_of
from wutong.kernel.register.importing import BATCH as ROWS_BY_VERB
from wutong.kernel.register.importing import (
    MOST_TOLD,
    SAMPLE,
    Importer,
    Report,
    Trouble,
    Undone,
    repeated,
    shown,
    title,
)
from wutong.kernel.register.spec import Entry
from wutong.kernel.sheet.frames import Frame, frames
from wutong.kernel.sheet.header import Row
from wutong.kernel.sheet.parsing import SEEN, Cells, Parsed, hashed, parse

BATCH = 10_000


class BulkImporter(Importer):
    """As `Importer`. Of troubles the first `MOST_TOLD` of each kind of verdict in a frame are told; all are counted."""

    def load(self) -> Report:
        return self._run(keep=True)

    def check(self) -> Report:
        """Each batch is written and undone: lines far apart that speak of one thing in other words count as new."""
        return self._run(keep=False)

    def _run(self, *, keep: bool) -> Report:
        for lines, troubles in self.judged():
            for at in range(0, lines.height, BATCH):
                self._write(lines.slice(at, BATCH), troubles, keep=keep)
            for trouble in sorted(troubles, key=lambda each: each.row):
                self.tell(trouble)
            self.step(self.report.counts["rows"], self.sheet.total)
        return self._finish()

    def judged(self) -> Iterator[tuple[pl.DataFrame, list[Trouble]]]:
        """Frame by frame: the lines that break no rule of cells and between them, and the troubles of the others."""
        self.require_header()
        self.before = pl.DataFrame(schema=SEEN)
        columns: list[Cells] = []
        for frame in frames(self.file, self.sheet, self.limits):
            if not columns:
                self.orders = self._date_orders(_head(frame))
                columns = columns_of(self.register, self.match.indexes, self.orders)
            troubles: list[Trouble] = []
            self.report.counts["rows"] += frame.cells.height
            lines = self._without_faults(frame, parse(frame, columns), troubles)
            lines = self._without_repeated(lines, troubles)
            yield self._sound(lines, troubles), troubles

    def _without_faults(self, frame: Frame, found: Parsed, troubles: list[Trouble]) -> pl.DataFrame:
        whole = [(row, problem) for row, problems in frame.problems.items() for problem in problems]
        troubles += [Trouble(row, "", "", p.rule, p.message, p.mend) for row, p in whole[:MOST_TOLD]]
        self.report.rules.update((p.rule, "", True) for _row, p in whole[MOST_TOLD:])
        if not whole and not found.faults.height:
            return found.values
        faults = found.faults.sort("row", "column")
        named = [self.register.by_name[name] for name in self.match.indexes]
        for row, at, cell, number in faults.head(MOST_TOLD).iter_rows():
            p = found.known[number]
            troubles.append(Trouble(row, title(named[at]), shown(named[at], cell), p.rule, p.message, p.mend))
        for at, number, count in faults.slice(MOST_TOLD).group_by("column", "fault").len().iter_rows():
            self.report.rules[found.known[number].rule, title(named[at]), True] += count
        return self._rejecting(found.values, [*faults["row"].unique(), *frame.problems])

    def _rejecting(self, lines: pl.DataFrame, rows: Any) -> pl.DataFrame:
        left = (
            lines.filter(~pl.col("row").is_in(pl.Series(rows, dtype=pl.UInt32).implode()))
            if len(rows)
            else lines
        )
        self.report.counts["rejected"] += lines.height - left.height
        return left

    def _without_repeated(self, lines: pl.DataFrame, troubles: list[Trouble]) -> pl.DataFrame:
        """Lines are known by two hashes of 64 bits, one of the key and one of everything."""
        names = [name for name in self.register.key if name in self.match.indexes]
        hashes = hashed(lines, names)
        seen, self.before = self.before, pl.concat([self.before, hashes], rechunk=False)
        # Of the two sides it is this frame, the small one, that a table is made of.
        known = seen["key"].filter(seen["key"].is_in(hashes["key"].implode()))
        again = hashes.filter(pl.col("key").is_duplicated() | pl.col("key").is_in(known.implode()))
        if not again.height:
            return lines
        first = (
            pl.concat([seen, hashes])
            .join(again.select("key").unique(), on="key")
            .unique("key", keep="first", maintain_order=True)
        )
        other = (
            again.join(first, on="key", suffix="_first")
            .filter(pl.col("all") != pl.col("all_first"))
            .sort("row")
        )
        column = self.register.by_name[self.register.key[0]]
        values = lines.select(
            "row", pl.col(column.name) if names[:1] == [column.name] else pl.lit(None).alias(column.name)
        )
        said = other.join(values, on="row", maintain_order="left").select("row", "row_first", column.name)
        troubles += [repeated(column, *row) for row in said.head(MOST_TOLD).iter_rows()]
        self.report.rules.update(("repeated", title(column), True) for _ in range(other.height - MOST_TOLD))
        return self._rejecting(lines, other["row"])

    def _sound(self, lines: pl.DataFrame, troubles: list[Trouble]) -> pl.DataFrame:
        """Asks the register's own rules about the lines that are not certain to keep them."""
        if self.register.check is None:
            return lines
        sure = self.register.sure() if self.register.sure else pl.lit(False)
        given = lines.with_columns(
            pl.lit(None, type_of(column.kind)).alias(name)
            for name, column in self.register.by_name.items()
            if name not in lines.columns
        )
        # Lazily, for the engine then finds what the rules have in common.
        kept = given.lazy().select(sure.fill_null(False).alias("sure")).collect().to_series()
        doubtful = lines.filter(~kept)
        refused = [row for row, entry in _entries(doubtful) if self._refused(row, entry, troubles)]
        return self._rejecting(lines, refused)

    def _refused(self, row: int, entry: Entry, troubles: list[Trouble]) -> bool:
        try:
            self.register.check(entry)  # type: ignore[misc]  # asked only where there is one
        except WutongError as error:
            found = list(self.refusals(row, entry, error))
            if len(troubles) < 3 * MOST_TOLD:
                troubles += found
            else:
                self.report.rules.update((t.rule, t.column, True) for t in found)
            return True
        return False

    def _write(self, lines: pl.DataFrame, troubles: list[Trouble], *, keep: bool) -> None:
        """On disk before the next batch: a killed run is finished by running it again."""
        if not keep:
            with suppress(Undone), transaction.atomic():
                self._by_verb(self._in_bulk(lines), troubles)
                raise Undone
        left = self._in_bulk(lines) if keep else lines.clear()
        for at in range(0, left.height, ROWS_BY_VERB):
            with transaction.atomic():
                self._by_verb(left.slice(at, ROWS_BY_VERB), troubles)

    def _in_bulk(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Writes what the register takes in bulk; the lines that it leaves."""
        if self.register.bulk is None:
            return lines
        try:
            outcomes = self._taken(lines)
        except IntegrityError:  # somebody registered one of them meanwhile: looked at again, it is there
            outcomes = self._taken(lines)
        for outcome, count in outcomes.drop_nulls().value_counts().iter_rows():
            self.report.counts[outcome] += count
        return lines.filter(outcomes.is_null())

    def _taken(self, lines: pl.DataFrame) -> pl.Series:
        with transaction.atomic():
            return self.register.bulk(self.actor, lines, at=self.at)  # type: ignore[misc]  # asked only where there is one

    def _by_verb(self, lines: pl.DataFrame, troubles: list[Trouble]) -> None:
        for row, entry in _entries(lines):
            self.report.counts[self.save(Row(row, ()), entry, troubles)] += 1


def _head(frame: Frame) -> list[Row]:
    return [Row(number, tuple(cells)) for number, *cells in frame.cells.head(SAMPLE).iter_rows()]


def _entries(lines: pl.DataFrame) -> Iterator[tuple[int, Entry]]:
    for values in lines.iter_rows(named=True):
        row = values.pop("row")
        yield row, Entry(values)
