"""A large CSV as frames of columns: what `Sheet.rows` gives row by row, some ten thousand rows at a time.

Most of any file is plain, and is cut by polars. Whatever is not (lines of unequal length, quotes in odd places, old
line ends) goes through the exact reader, so that both ways give the same rows, numbers and problems.
"""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from tempfile import TemporaryFile
from typing import BinaryIO, TextIO, cast

import polars as pl
from django.utils.translation import gettext_lazy as _

from wutong.kernel.sheet.cells import CellProblem, blank
from wutong.kernel.sheet.delimited import Limits, Lines, delimiter_of, parsed
from wutong.kernel.sheet.header import Record, refuse, rows_under
from wutong.kernel.sheet.reading import Sheet
from wutong.kernel.sheet.writing import unguard

SIZE = 16 * 2**20
EXACT_ROWS = 20_000
_CHUNK = 2**20
# Bytes that begin nothing odd, but for the ideographic space.
_USUAL = bytes(
    {10, 13, *range(32, 127), *range(128, 192), *range(0xC3, 0xE1), *range(0xE3, 0xEF), *range(0xF0, 0xF5)}
)
# Of characters that begin as odd ones do: the usual ones, and with 0xEF the odd ones.
_PUNCTUATION = tuple(each.encode() for each in "·—“”‘’…")
_ODD_WIDE = tuple(each.encode() for each in "\ufeff\ufffd\ufffe\uffff")
# What a cell is trimmed of or refused for, but the plain space.
ODD = (
    r"[\x00-\x1f\x7f-\u{a0}\u{ad}\u{1680}\u{180e}\u{2000}-\u{200f}\u{2028}-\u{202f}\u{205f}-\u{2069}"
    r"\u{3000}\u{feff}\u{fffd}-\u{ffff}]"
)
_ODD_OR_TAB = ODD.replace(r"\x00-\x1f", r"\x00-\x09\x0b\x0c\x0e-\x1f")


@dataclass(frozen=True)
class Frame:
    """`cells`: `row` as Excel numbers it, and the texts `c0`, `c1`, … of the header's columns, null for nothing.

    `plain`: no cell holds anything matching `ODD`. `problems` are those of a row as a whole, by its number.
    """

    cells: pl.DataFrame
    plain: bool
    problems: dict[int, tuple[CellProblem, ...]] = field(default_factory=dict)


def frames(file: BinaryIO, sheet: Sheet, limits: Limits, size: int = SIZE) -> Iterator[Frame]:
    """`sheet` is of `open_sheet(file)`; its `rows` must not be read beside this."""
    yield from _Reader(_in_utf8(file, str(sheet.encoding)), sheet, limits, size).frames()


def _in_utf8(file: BinaryIO, encoding: str) -> BinaryIO:
    if encoding.startswith("utf-8"):
        return file
    file.seek(0)
    copy, decoder = cast(BinaryIO, TemporaryFile()), codecs.getincrementaldecoder(encoding)()
    while chunk := file.read(_CHUNK):
        copy.write(decoder.decode(chunk).encode())
    copy.write(decoder.decode(b"", final=True).encode())
    return copy


class _Reader:
    def __init__(self, file: BinaryIO, sheet: Sheet, limits: Limits, size: int) -> None:
        self.file, self.sheet, self.limits, self.size = file, sheet, limits, size
        self.width, self.taken = len(sheet.header), 0
        sheet.blank_rows = 0  # counted anew from the beginning
        file.seek(0)
        start = file.read(_CHUNK)
        self.offset = len(codecs.BOM_UTF8) if start.startswith(codecs.BOM_UTF8) else 0
        self.delimiter, skipped = delimiter_of(start[self.offset :].decode(errors="ignore")[:65_536])
        self.offset += sum(map(len, start[self.offset :].splitlines(keepends=True)[:skipped]))
        self.number = 1 + skipped

    def frames(self) -> Iterator[Frame]:
        """Blocks of whole lines; from the first quote in an odd place on everything is read exactly."""
        while block := self._block():
            if b'"' in block and not _well_quoted(block, self.delimiter.encode()):
                yield from self._exactly(self.file)
                return
            frame = self._quickly(block)
            if frame is None:
                yield from self._exactly(io.BytesIO(block))
            elif frame.cells.height:
                yield frame
            self.offset += len(block)

    def _block(self) -> bytes:
        """Up to the end of a line; without one, all there is for a line may have."""
        self.file.seek(self.offset)
        block = self.file.read(self.size)
        end = block.rfind(b"\n") + 1 if len(block) == self.size else len(block)
        if not end:
            block += self.file.read(self.limits.csv_row_characters * 4)
        return block[: end or len(block)]

    def _quickly(self, block: bytes) -> Frame | None:
        quoted, lines = b'"' in block, block.count(b"\n") + (not block.endswith(b"\n"))
        fields = block[: block.find(b"\n")].count(self.delimiter.encode()) + 1
        old_ends = b"\r" in block and block.count(b"\r") != block.count(b"\r\n")
        if old_ends or not 1 < fields <= self.limits.columns:
            return None
        fields = max(fields, self.width)
        try:
            cells = pl.read_csv(
                block, has_header=False, separator=self.delimiter, quote_char='"' if quoted else None,
                schema=dict.fromkeys((f"c{at}" for at in range(fields)), pl.String()),
            )  # fmt: skip
        except pl.exceptions.PolarsError:
            return None
        if cells.height != lines or self._strange(cells):
            return None
        cells = cells.select(pl.all().replace("", None) if quoted else pl.all())
        frame = Frame(self._unguarded(block, cells.with_row_index("row", self.number)), _plain(block))
        self.number += lines
        return self._table(frame)

    def _strange(self, cells: pl.DataFrame) -> bool:
        """Something beyond the header, or a cell too long."""
        longest = cells.select(pl.all().str.len_bytes().max()).row(0)
        beyond = any(length is not None for length in longest[self.width :])
        return beyond or max(length or 0 for length in longest) > self.limits.cell_characters

    def _unguarded(self, block: bytes, cells: pl.DataFrame) -> pl.DataFrame:
        cells = cells.select("row", *(f"c{at}" for at in range(self.width)))
        if b"'" not in block:
            return cells
        guarded = pl.selectors.string().str.contains("'", literal=True)
        free = pl.selectors.string().map_elements(lambda cell: unguard(cell) or None, pl.String)
        return cells.with_columns(pl.when(guarded).then(free).otherwise(pl.selectors.string()))

    def _table(self, frame: Frame) -> Frame:
        """Without the header and what stands above it, and without blank rows."""
        cells = frame.cells
        maybe = cells.filter(pl.col("c0").is_null() | pl.col("c0").str.starts_with(" ") | (not frame.plain))
        empty = [row[0] for row in maybe.iter_rows() if all(map(blank, row[1:]))]
        self.sheet.blank_rows += len(empty)
        cells = cells.filter(~pl.col("row").is_in(empty)) if empty else cells
        if cells.height and cells["row"][0] <= self.sheet.header_row:
            cells = cells.filter(pl.col("row") > self.sheet.header_row)
        self._count(cells.height)
        return Frame(cells, frame.plain, frame.problems)

    def _count(self, rows: int) -> None:
        self.taken += rows
        if self.taken > self.limits.rows:
            raise refuse(_("数据超过了 {most} 行，请拆分成几个文件后分别导入。"), most=self.limits.rows)

    def _exactly(self, source: BinaryIO) -> Iterator[Frame]:
        source.seek(self.offset if source is self.file else 0)
        stream = io.TextIOWrapper(source, encoding="utf-8", newline="")
        try:
            records = self._records(stream)
            while batch := list(islice(records, EXACT_ROWS)):
                self.number = batch[-1][0] + 1
                frame = self._framed(batch)
                if frame.cells.height:
                    yield frame
        finally:
            stream.detach()

    def _records(self, stream: TextIO) -> Iterator[Record]:
        lines = Lines(stream, self.limits)
        return parsed(iter(lines), lines, self.delimiter, self.number, self.limits)

    def _framed(self, batch: list[Record]) -> Frame:
        full = [record for record in batch if any(not blank(cell) for cell in record[1])]
        self.sheet.blank_rows += len(batch) - len(full)
        under = (record for record in full if record[0] > self.sheet.header_row)
        rows = list(rows_under(self.sheet.header, under, self.limits.rows))
        names = ["row", *(f"c{at}" for at in range(self.width))]
        schema = {name: pl.String if at else pl.UInt32 for at, name in enumerate(names)}
        cells = pl.DataFrame([(row.number, *row.values) for row in rows], schema=schema, orient="row")
        self._count(cells.height)
        return Frame(cells, False, {row.number: row.problems for row in rows if row.problems})


def _well_quoted(block: bytes, delimiter: bytes) -> bool:
    """Whether each quote stands at an edge of its cell, none within, so that lines are records."""
    starts = tuple(block.count(before + b'"') for before in (delimiter, b"\n"))
    ends = tuple(block.count(b'"' + after) for after in (delimiter, b"\n", b"\r\n"))
    opening, closing = sum(starts) + block.startswith(b'"'), sum(ends) + block.endswith(b'"')
    empty = block.count(delimiter + b'""') + block.count(b'\n""') + block.startswith(b'""')
    in_pairs = b'"""' not in block and block.count(b'""') == empty
    return in_pairs and opening == closing and opening + closing == block.count(b'"')


def _plain(block: bytes) -> bool:
    """Whether nothing in it matches `ODD`. Bytes are looked at first: the expression costs ten times as much."""
    rest = block.translate(None, _USUAL)
    if rest.strip(b"\xc2\xe1\xe2\xef") or b"\xe3\x80\x80" in block:
        return False
    if b"\xef" in rest and any(odd in block for odd in _ODD_WIDE):
        return False
    if len(rest) - rest.count(b"\xef") == (sum(map(block.count, _PUNCTUATION)) if rest.strip(b"\xef") else 0):
        return True
    return not pl.Series([block.decode()]).str.contains(_ODD_OR_TAB)[0]
