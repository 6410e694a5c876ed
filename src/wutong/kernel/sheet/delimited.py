"""CSV: its encoding, its separator, its records, one after another and bounded."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, TextIO

from django.utils.translation import gettext_lazy as _

from wutong.kernel.sheet.header import Record, SheetError, check_columns, long_cell, refuse
from wutong.kernel.sheet.writing import unguard

AS_TABLE = _("请在 Excel 或 WPS 中打开，另存为 .xlsx 或 .csv 后再导入。")
_MB = 1024 * 1024
_CHUNK = 64 * 1024


@dataclass(frozen=True)
class Limits:
    """Sizes are bytes unless named otherwise; rows are counted without the header and blank rows."""

    file: int = 200 * _MB
    rows: int = 2_500_000
    columns: int = 500
    cell_characters: int = 32_767
    csv_row_characters: int = 2_000_000
    zip_entries: int = 2_000
    unpacked: int = 600 * _MB
    small_part: int = 16 * _MB
    ratio: int = 150
    ratio_from: int = 32 * _MB
    # An XLSX sheet is held whole, as the rectangle that its outermost cells span.
    xlsx_cells: int = 10_000_000
    xlsx_text: int = 512 * _MB


USUAL = Limits()
# What an operator loads by command is larger than what anybody may upload: it is read as a stream.
GENEROUS = Limits(file=16 * 1024 * _MB, rows=100_000_000)


def encoding_of(file: BinaryIO, start: bytes) -> tuple[str, int]:
    """And the number of lines. Reads the whole file: what the beginning suggests may fail at row 900,000."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    elif start.count(0) * 4 > len(start):
        raise refuse(_("这不是文本表格，也不是 .xlsx 文件。{mend}"), mend=AS_TABLE)
    else:
        candidates = ["utf-8-sig"] if start.startswith(codecs.BOM_UTF8) else ["utf-8", "gb18030"]
    for encoding in candidates:
        lines, decodes, wide = _decoded_lines(file, encoding)
        # Ten Chinese characters in good UTF-8 are no accident: GB18030 would only make gibberish.
        if decodes or (encoding == "utf-8" and wide >= 10):
            break
    if not decodes:
        raise refuse(
            _("第 {line} 行附近有不能识别的文字编码，请在 Excel 中另存为“CSV UTF-8（逗号分隔）”后再导入。"),
            line=lines,
        )
    return encoding, lines


def _decoded_lines(file: BinaryIO, encoding: str) -> tuple[int, bool, int]:
    """Lines up to the end or the first fault, whether all decodes, some ten of the characters beyond ASCII."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    lines, wide, chunk = 1, 0, b"?"
    while chunk:
        chunk = file.read(_CHUNK)
        try:
            found, decodes = decoder.decode(chunk, final=not chunk), True
        except UnicodeDecodeError as error:
            found, decodes = error.object[: error.start].decode(error.encoding, "ignore"), False
        lines, wide = (
            lines + max(found.count("\n"), found.count("\r")),
            wide if wide > 10 else wide + _wide(found),
        )
        if not decodes:
            return lines, False, wide
    return lines, True, wide


def _wide(text: str) -> int:
    return 0 if text.isascii() else len(text) - len(text.encode("ascii", "ignore"))


class Lines:
    """Lines for the csv reader, which remembers the record under way so that a runaway quote is bounded."""

    def __init__(self, stream: TextIO, limits: Limits) -> None:
        self._stream, self._most = stream, limits.csv_row_characters
        self.record: list[str] = []
        self._length = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(self._most + 1):
            self.record.append(line)
            self._length += len(line)
            if self._length > self._most:
                raise csv.Error("too long")
            yield line

    def next_record(self) -> None:
        self.record.clear()
        self._length = 0


def csv_records(file: BinaryIO, encoding: str, limits: Limits) -> Iterator[Record]:
    file.seek(0)
    stream = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        delimiter, skipped = delimiter_of(stream.read(_CHUNK))
        stream.seek(0)
        lines = Lines(stream, limits)
        source = iter(lines)
        for _line in range(skipped):
            next(source)
            lines.next_record()
        yield from parsed(source, lines, delimiter, skipped + 1, limits)
    finally:
        with suppress(ValueError):  # left half read, and the file is closed by now
            stream.detach()


def parsed(
    source: Iterator[str], lines: Lines, delimiter: str, number: int, limits: Limits
) -> Iterator[Record]:
    # The module-wide field limit stays as it is: whatever it is, `_Lines` bounds a record before.
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            raise _csv_error("".join(lines.record), delimiter, number, limits) from None
        if cells is None:
            return
        lines.next_record()
        if len(cells) > limits.columns:
            check_columns(_used(cells), number, limits.columns)
        yield number, [_csv_cell(cell, number, at, limits) for at, cell in enumerate(cells, 1)], frozenset()
        number += 1


def _used(cells: list[str]) -> int:
    return max((at for at, cell in enumerate(cells, 1) if cell), default=0)


def _csv_cell(cell: str, number: int, column: int, limits: Limits) -> str | None:
    if len(cell) > limits.cell_characters:
        raise long_cell(number, column, limits.cell_characters)
    return unguard(cell) or None


def _csv_error(record: str, delimiter: str, number: int, limits: Limits) -> SheetError:
    column, length, quoted = 1, 0, False
    for character in record:
        quoted ^= character == '"'
        if character == delimiter and not quoted:
            column, length = column + 1, 0
        else:
            length += 1
        if length > limits.cell_characters:
            return long_cell(number, column, limits.cell_characters)
    if len(record) > limits.csv_row_characters:
        return refuse(_("第 {row} 行的内容太长，请检查引号是否成对。"), row=number)
    return refuse(_("第 {row} 行的引号没有成对，请在 Excel 中打开检查后另存。"), row=number)


def delimiter_of(sample: str) -> tuple[str, int]:
    """The delimiter, and how many lines before the table only name it (Excel's “sep=;”)."""
    if named := re.match(r"sep=([,;\t])\r?\n?", sample):
        return named[1], 1
    return max(",\t;", key=lambda delimiter: _agreement(sample, delimiter)), 0


def _agreement(sample: str, delimiter: str) -> tuple[float, int]:
    """What share of the first rows agree on a number of columns, and on how many: lists in cells do not agree."""
    lines = (line[:_CHUNK] for line in io.StringIO(sample, newline=""))
    widths: Counter[int] = Counter()
    with suppress(csv.Error):
        for record in islice(csv.reader(lines, delimiter=delimiter, strict=True), 20):
            widths[len(record)] += 1
    split = [(rows / widths.total(), width) for width, rows in widths.items() if width > 1]
    return max(split, default=(0, 0))
