"""Opens what a school uploads as a table: CSV or XLSX by content, streaming, bounded, or refused.

`open_sheet` may raise `SheetError`, and so may iterating `Sheet.rows`, for what only shows further down.
"""

import codecs
import io
import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import IO, BinaryIO
from xml.parsers import expat

from django.utils.translation import gettext_lazy as _
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from wutong.kernel.errors import Sentence
from wutong.kernel.sheet.cells import Cell, blank, shorten
from wutong.kernel.sheet.delimited import AS_TABLE, USUAL, Limits, csv_records, encoding_of
from wutong.kernel.sheet.header import (
    Record,
    Row,
    SheetError,
    check_columns,
    find_header,
    long_cell,
    refuse,
    rows_under,
)
from wutong.kernel.sheet.writing import unguard

_CHUNK = 64 * 1024


@dataclass
class Sheet:
    """`blank_rows` grows while `rows` is read; `total` is how many rows there may be, to show progress."""

    kind: str
    encoding: str | None
    header: tuple[str, ...] = ()
    rows: Iterator[Row] = field(default=iter(()), repr=False)
    total: int = 0
    blank_rows: int = 0
    header_row: int = 0


def open_sheet(file: BinaryIO, *, filename: str, limits: Limits = USUAL) -> Sheet:
    """`file` must be seekable, and open until the last row is read; it is not closed here."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if not size:
        raise refuse(_("文件“{name}”是空的，请选择有内容的文件。"), name=shorten(filename, 60))
    if size > limits.file:
        raise refuse(_("文件超过了 {limit} MB，请拆分成几个文件后分别导入。"), limit=limits.file // 2**20)
    start = file.read(4096)
    if start.startswith(b"PK\x03\x04"):
        reader, extent = _xlsx_open(file, limits)
        return _table(Sheet("xlsx", None, total=extent.bottom), _xlsx_records(reader, extent, limits), limits)
    _refuse_foreign(start, file)
    encoding, lines = encoding_of(file, start)
    return _table(Sheet("csv", encoding, total=lines), csv_records(file, encoding, limits), limits)


# What else is uploaded as a spreadsheet ---------------------------------------------------------------

_NOT_A_TABLE = _("请改为导入 .xlsx 或 .csv 表格。")
_UNPACK = _("请先解压，再导入里面的 .xlsx 或 .csv 表格。")
_SIGNATURES = (
    ((b"%PDF",), _("PDF 文件"), _NOT_A_TABLE),
    ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*"), _("图片"), _NOT_A_TABLE),
    ((b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b"), _("压缩包"), _UNPACK),
    ((b"PK\x05\x06", b"PK\x07\x08"), _("空的或分卷的压缩包"), _UNPACK),
    ((b"{\\rtf",), _("RTF 文档"), _NOT_A_TABLE),
    ((b"SQLite format 3\0",), _("数据库文件"), _NOT_A_TABLE),
)
# Honest text may begin with these letters, but has no NULs there.
_BINARY_IMAGES = (b"BM", b"RIFF")
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = rb"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|meta|body|table|style)\b"
_MARKUP = (
    (re.compile(_HTML, re.I | re.S), _("网页（HTML），只是名字像表格")),
    (re.compile(rb"mime-version:", re.I), _("单个文件网页（MHT）")),
    (re.compile(rb"<\?xml|<[a-z!]", re.I), _("XML 文件")),
    (re.compile(rb"\{\s*[\"}]|\[\s*[\[{\"\]]"), _("JSON 文件")),
)
_WHAT = _("这是{what}，不能直接导入。{mend}")


def _refuse_foreign(start: bytes, file: BinaryIO) -> None:
    if start.startswith(_OLE2):
        raise refuse(_WHAT, what=_ole2_kind(file), mend=AS_TABLE)
    if start.startswith(_BINARY_IMAGES) and b"\0" in start[:64]:
        raise refuse(_WHAT, what=_("图片"), mend=_NOT_A_TABLE)
    for signatures, what, mend in _SIGNATURES:
        if start.startswith(signatures):
            raise refuse(_WHAT, what=what, mend=mend)
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = start[: len(start) // 2 * 2].decode("utf-16", "ignore").lstrip().encode()
    for pattern, what in _MARKUP:
        if pattern.match(text):
            raise refuse(_WHAT, what=what, mend=AS_TABLE)


def _ole2_kind(file: BinaryIO) -> Sentence:
    file.seek(0)
    tail = b""
    sealed = "EncryptedPackage".encode("utf-16-le")
    while chunk := file.read(2**20):
        if sealed in tail + chunk:
            return _("加了密码的 Excel 文件")
        tail = chunk[-len(sealed) :]
    return _("旧版 Excel（.xls）或 WPS（.et）文件")


# From records to a table ------------------------------------------------------------------------------

_TITLE_ROWS = 20


def _table(sheet: Sheet, records: Iterator[Record], limits: Limits) -> Sheet:
    records = _not_blank(sheet, records)
    first = list(islice(records, _TITLE_ROWS))
    if not first:
        raise refuse(_("表里没有内容，请填写后再导入。"))
    at, sheet.header = find_header([(number, cells) for number, cells, _errors in first], limits.columns)
    sheet.header_row = first[at][0]
    sheet.total = max(sheet.total - first[at][0], 0)
    sheet.rows = rows_under(sheet.header, chain(first[at + 1 :], records), limits.rows)
    return sheet


def _not_blank(sheet: Sheet, records: Iterator[Record]) -> Iterator[Record]:
    for number, cells, errors in records:
        if errors or any(not blank(cell) for cell in cells):
            yield number, cells, errors
        else:
            sheet.blank_rows += 1


# XLSX -------------------------------------------------------------------------------------------------
# The reader trusts what it is given: one far cell or one long shared text makes it ask for more memory than
# there is, which ends the process. So every part it will see is unpacked, measured and repacked first.

_BROKEN = _("这个 .xlsx 文件已损坏，请在 Excel 中打开并重新另存为 .xlsx 后再导入。")
_SUSPECT = _("这个 .xlsx 文件解开后大得不合理，请在 Excel 中打开，只复制有数据的部分到新表后再导入。")
_STRINGS = "xl/sharedstrings.xml"
_SMALL_PARTS = re.compile(
    r"\[content_types\]\.xml|_rels/\.rels|xl/(_rels/workbook\.xml\.rels|workbook\.xml|styles\.xml)"
)
_OTHER_PACKAGES = (
    ("xl/workbook.bin", _("二进制的 Excel 文件（.xlsb）"), AS_TABLE),
    ("word/document.xml", _("Word 文档"), _("请把其中的表格复制到 Excel，另存为 .xlsx 后再导入。")),
    ("ppt/presentation.xml", _("PowerPoint 文稿"), _NOT_A_TABLE),
    ("content.xml", _("OpenDocument 文件（.ods）"), AS_TABLE),
)


@dataclass
class _Extent:
    """Where the filled cells of a sheet lie, rows and columns from 1."""

    bottom: int = 0
    right: int = 0
    texts: int = 0
    errors: dict[int, set[int]] = field(default_factory=dict)


# Whatever a broken archive or part makes the readers raise.
_FAULTS = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, CalamineError, expat.ExpatError,
    NotImplementedError, RuntimeError, EOFError, OSError, ValueError, LookupError,
)  # fmt: skip


def _xlsx_open(file: BinaryIO, limits: Limits) -> tuple[CalamineSheet, _Extent]:
    try:
        with zipfile.ZipFile(file) as package, tempfile.TemporaryDirectory() as folder:
            return _xlsx_sheet(package, Path(folder) / "sheet.xlsx", limits)
    except _FAULTS as error:
        raise refuse(_BROKEN) from error


def _xlsx_sheet(package: zipfile.ZipFile, path: Path, limits: Limits) -> tuple[CalamineSheet, _Extent]:
    entries = _entries(package, limits)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as checked:
        left = limits.unpacked
        for name, info in entries.items():
            if _SMALL_PARTS.fullmatch(name.lower()):
                _repack(package, info, checked.open(name, "w"), limits.small_part)
            elif name.lower() == _STRINGS:
                left = _repack(package, info, checked.open(name, "w"), left)
        title, part = _first_sheet(checked, entries, limits)
        _repack(package, entries[part], checked.open(part, "w"), left)
        extent = _measure(checked, part, limits)
    return _calamine(path, title), extent


def _entries(package: zipfile.ZipFile, limits: Limits) -> dict[str, zipfile.ZipInfo]:
    infos = package.infolist()
    if len(infos) > limits.zip_entries:
        raise refuse(_SUSPECT)
    entries = {info.filename.replace("\\", "/"): info for info in infos}
    lower = {name.lower() for name in entries}
    if len(lower) != len(infos) or any(name.startswith("/") or ".." in name.split("/") for name in entries):
        raise refuse(_BROKEN)
    if any(info.flag_bits & 0x1 for info in infos):
        raise refuse(_("这个文件加了密码，请去掉密码后再导入。"))
    if "xl/workbook.xml" not in lower:
        raise _other_package(lower)
    total, packed = sum(info.file_size for info in infos), sum(info.compress_size for info in infos)
    if total > limits.unpacked or (total > limits.ratio_from and total > packed * limits.ratio):
        raise refuse(_SUSPECT)
    return entries


def _other_package(names: set[str]) -> SheetError:
    found = next((entry for entry in _OTHER_PACKAGES if entry[0] in names), ("", _("压缩包"), _UNPACK))
    return refuse(_WHAT, what=found[1], mend=found[2])


def _repack(package: zipfile.ZipFile, info: zipfile.ZipInfo, target: IO[bytes], left: int) -> int:
    """What is left of the bytes to unpack: what an archive says of its own sizes may be a lie."""
    with package.open(info) as source, target:
        while chunk := source.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                raise refuse(_SUSPECT)
            target.write(chunk)
    return left


def _parse(source: IO[bytes], parser: expat.XMLParserType) -> None:
    """No document type is allowed, and so no entities: nothing grows and nothing is fetched."""
    parser.StartDoctypeDeclHandler = _refuse_doctype
    while chunk := source.read(_CHUNK):
        parser.Parse(chunk, False)
    parser.Parse(b"", True)


def _refuse_doctype(*_declared: object) -> None:
    raise refuse(_("这个 .xlsx 文件里有不允许的 XML 声明，请在 Excel 中重新另存为 .xlsx 后再导入。"))


def _elements(checked: zipfile.ZipFile, part: str, wanted: str, limits: Limits) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate("UTF-8")

    def start(name: str, attributes: dict[str, str]) -> None:
        _believable(attributes, limits)
        if _local(name) == wanted:
            found.append(attributes)

    parser.StartElementHandler = start
    with checked.open(part) as source:
        _parse(source, parser)
    return found


def _believable(attributes: dict[str, str], limits: Limits) -> None:
    """The reader sets memory aside for as many things as a part says it has."""
    for key in ("count", "uniqueCount"):
        if key in attributes and not (
            attributes[key].isdecimal() and int(attributes[key][:20]) <= limits.xlsx_cells
        ):
            raise refuse(_BROKEN)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _first_sheet(checked: zipfile.ZipFile, entries: Iterable[str], limits: Limits) -> tuple[str, str]:
    """Title and part of the first sheet that a person sees when the file opens."""
    names = {name.lower(): name for name in entries}
    if "xl/styles.xml" in names:
        _elements(checked, names["xl/styles.xml"], "", limits)
    relations = _elements(checked, names["xl/_rels/workbook.xml.rels"], "Relationship", limits)
    targets = {relation.get("Id"): relation for relation in relations}
    for sheet in _elements(checked, names["xl/workbook.xml"], "sheet", limits):
        key = next((value for name, value in sheet.items() if _local(name) == "id"), None)
        relation = targets.get(key, {})
        if sheet.get("state", "visible") == "visible" and relation.get("Type", "").endswith("/worksheet"):
            target = relation.get("Target", "").replace("\\", "/")
            path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            return sheet.get("name", ""), names[path.lower()]
    raise refuse(_("这个文件里没有可见的工作表，请取消隐藏后再导入。"))


def _measure(checked: zipfile.ZipFile, part: str, limits: Limits) -> _Extent:
    strings = next((name for name in checked.namelist() if name.lower() == _STRINGS), None)
    lengths = _string_lengths(checked, strings, limits) if strings else array("L")
    # Counting every shared text is slow; needed only where they could be too much together.
    most = checked.getinfo(part).file_size // 8 * max(lengths, default=0)
    scan = _SheetScan(lengths if most > limits.xlsx_text else None, limits)
    with checked.open(part) as source:
        _parse(source, scan.parser)
    extent = scan.extent
    if extent.bottom * extent.right > limits.xlsx_cells:
        raise refuse(
            _("工作表占了 {rows} 行 {columns} 列，太大了，请删去表外的零散内容，或另存为 CSV 后再导入。"),
            rows=extent.bottom, columns=extent.right,
        )  # fmt: skip
    return extent


def _string_lengths(checked: zipfile.ZipFile, part: str, limits: Limits) -> "array[int]":
    lengths = array("L")
    parser = expat.ParserCreate("UTF-8")

    def start(name: str, attributes: dict[str, str]) -> None:
        _believable(attributes, limits)
        if _local(name) == "si":
            lengths.append(0)

    def characters(found: str) -> None:
        if lengths:
            lengths[-1] += len(found)

    parser.StartElementHandler, parser.CharacterDataHandler = start, characters
    with checked.open(part) as source:
        _parse(source, parser)
    return lengths


class _SheetScan:
    """Follows the reader's own idea of where each cell lies, without keeping any cell."""

    _REFERENCE = re.compile(r"([A-Z]{1,3})([1-9]\d{0,6})", re.ASCII)
    _ERRORS = 10_000

    def __init__(self, lengths: "array[int] | None", limits: Limits) -> None:
        self._lengths, self._limits = lengths, limits
        self.extent = _Extent()
        self._row, self._column, self._filled = 0, 0, True
        self._kind: str | None = None
        self._number: list[str] | None = None
        self._columns: dict[str, int] = {}
        self.parser = expat.ParserCreate("UTF-8")
        self.parser.StartElementHandler = self._start
        if lengths is not None:
            self.parser.EndElementHandler, self.parser.CharacterDataHandler = self._end, self._characters

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name) if ":" in name else name
        if name == "c":
            self._cell(attributes.get("r"))
            self._kind, self._filled = attributes.get("t"), False
        elif name == "row":
            self._row, self._column = self._row_number(attributes.get("r")), 0
        elif name in ("v", "is", "f"):
            if not self._filled:
                self._fill()
            self._number = [] if name == "v" and self._kind == "s" else None

    def _row_number(self, written: str | None) -> int:
        if written is None:
            return self._row + 1
        if not (written.isascii() and written.isdecimal() and 0 < len(written) < 8):
            raise refuse(_BROKEN)
        return int(written)

    def _cell(self, reference: str | None) -> None:
        if reference is None:
            self._column += 1
            return
        match = self._REFERENCE.fullmatch(reference)
        if not match:
            raise refuse(_BROKEN)
        letters = match[1]
        if letters not in self._columns:
            from openpyxl.utils import column_index_from_string  # noqa: PLC0415  # needed by such files alone

            self._columns[letters] = column_index_from_string(letters)
        self._column, self._row = self._columns[letters], int(match[2])

    def _fill(self) -> None:
        self._filled = True
        extent = self.extent
        extent.bottom, extent.right = max(extent.bottom, self._row), max(extent.right, self._column)
        check_columns(self._column, self._row, self._limits.columns)
        if self._kind == "e" and len(extent.errors) < self._ERRORS:
            extent.errors.setdefault(self._row, set()).add(self._column - 1)

    def _characters(self, found: str) -> None:
        if self._number is not None:
            self._number.append(found)

    def _end(self, name: str) -> None:
        if self._number is None or _local(name) != "v":
            return
        written, self._number = "".join(self._number).strip(), None
        if self._lengths is not None and written.isdecimal() and int(written[:9]) < len(self._lengths):
            length = self._lengths[int(written[:9])]
            if length > self._limits.cell_characters:
                raise long_cell(self._row, self._column, self._limits.cell_characters)
            self.extent.texts += length
            if self.extent.texts > self._limits.xlsx_text:
                raise refuse(_SUSPECT)


def _calamine(path: Path, title: str) -> CalamineSheet:
    try:
        with CalamineWorkbook.from_path(path) as book:
            return book.get_sheet_by_name(title)
    except BaseException as error:
        # A panic of the reader is no `Exception`, and its class cannot be imported.
        if type(error).__name__ == "PanicException":
            raise refuse(_BROKEN) from None
        raise


def _xlsx_records(sheet: CalamineSheet, extent: _Extent, limits: Limits) -> Iterator[Record]:
    for number, values in enumerate(sheet.iter_rows(), start=1):
        cells = [_xlsx_cell(value, number, at, limits) for at, value in enumerate(values, start=1)]
        yield number, cells, frozenset(extent.errors.get(number, ()))


def _xlsx_cell(value: object, number: int, column: int, limits: Limits) -> Cell:
    if isinstance(value, str):
        if len(value) > limits.cell_characters:
            raise long_cell(number, column, limits.cell_characters)
        return unguard(value) or None
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    if isinstance(value, (time, timedelta)):
        return str(value)
    return value if isinstance(value, (bool, int, float, date)) else None
