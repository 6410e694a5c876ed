"""Rows to CSV and XLSX that open in Excel as they are: no formulas, no lost zeros, read back unchanged."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Invalid
from wutong.kernel.sheet.header import letters

Value = str | date | Decimal | float | int | bool | None

# What a spreadsheet program may take for a formula (OWASP, CSV injection), the full-width forms included:
# at the start of a cell, and in CSV also where a program set to another separator would start one.
_START = "(?='*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20])"
_FORMULA = re.compile(_START)
_HIDDEN = re.compile(f"(?<=[;\t\r\n]){_START}")
_HIDDEN_GUARD = re.compile(f"(?<=[;\t\r\n])'{_START}")
_NEGATIVE = re.compile(r"-\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_XML_ESCAPE = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_EXCEL_ROWS, _EXCEL_CELL, _EXCEL_DIGITS = 1_048_576, 32_767, 15


def guard(value: str) -> str:
    """Text with an apostrophe wherever a spreadsheet program would calculate; `-3.5` stays a number."""
    if _NEGATIVE.fullmatch(value):
        return value
    return ("'" if _FORMULA.match(value) else "") + _HIDDEN.sub("'", value)


def guard_text(value: str) -> str:
    """For a cell that is text by its type and calculates nothing: doubles what `unguard` takes away."""
    return ("'" if _guarded(value) else "") + _HIDDEN_GUARD.sub("''", value)


def unguard(value: str) -> str:
    """Takes exactly the apostrophes of `guard` and `guard_text` away, for every text."""
    return _HIDDEN_GUARD.sub("", value[1:] if _guarded(value) else value)


def _guarded(value: str) -> bool:
    return value.startswith("'") and bool(_FORMULA.match(value))


def write_csv(file: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    """UTF-8 with a byte order mark, without which Excel reads Chinese as gibberish."""
    stream = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    try:
        writer = csv.writer(stream)
        writer.writerows([_csv_text(value) for value in row] for row in _chain(header, rows))
    finally:
        stream.flush()
        stream.detach()


def _chain(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[Sequence[Value]]:
    yield header
    yield from rows


def _csv_text(value: Value) -> str:
    if isinstance(value, str):
        return guard(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def write_xlsx(
    file: BinaryIO,
    header: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    title: str,
    text_columns: Collection[str] = (),
) -> None:
    """`text_columns` get the text format for the whole column, so that what people add keeps its zeros."""
    from openpyxl import Workbook  # noqa: PLC0415  # a process that answers pages seldom writes such a file
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_title(title))
    sheet.freeze_panes = "A2"
    for index, name in enumerate(header, start=1):
        if name in text_columns:
            sheet.column_dimensions[letters(index)].number_format = "@"
    try:
        for number, row in enumerate(_chain(header, rows), start=1):
            if number > _EXCEL_ROWS:
                raise Invalid(_("行数超过了 Excel 能容纳的 1048576 行，请导出为 CSV。"))
            sheet.append([_xlsx_cell(WriteOnlyCell(sheet), value, number) for value in row])
    finally:
        sheet.close()
    book.save(file)


def _sheet_title(title: str) -> str:
    clean = _SURROGATE.sub("", re.sub(r"[\[\]:*?/\\\x00-\x1f\x7f\ufffe\uffff]", " ", title))[:31].strip(" '")
    return clean or "Sheet1"


def _xlsx_cell(cell: Any, value: Value, number: int) -> object:
    value = _exact(value)
    if not isinstance(value, str):
        return value
    if len(value) > _EXCEL_CELL:
        raise Invalid(format_lazy(_("第 {row} 行有一格超过 32767 个字，请导出为 CSV。"), row=number))
    # Set past the setter, which would make a formula of "=…" and cut or refuse other texts.
    cell._value = _xml_text(value)
    cell.data_type = "s"
    cell.number_format = "@"
    return cell


def _exact(value: Value) -> Value:
    """Numbers of more digits than Excel keeps become text."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return value
    written = str(value) if isinstance(value, int) else format(value, "f")
    return written if len(re.sub(r"\D", "", written)) > _EXCEL_DIGITS else value


def _xml_text(value: str) -> str:
    value = _SURROGATE.sub("\ufffd", guard_text(value))
    return _XML_ESCAPE.sub(lambda found: f"_x{ord(found[0]):04X}_", value)
