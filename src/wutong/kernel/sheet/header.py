"""Where the header of a file is, and which column of a register each of its names means.

Nothing is guessed silently, and nothing is guessed where two readings are possible.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Protocol

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Invalid, Sentence
from wutong.kernel.sheet.cells import Cell, CellProblem, blank, shorten, trim


def letters(column: int) -> str:
    """What Excel calls a column, from 1; the library is loaded by those alone who read and write its files."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415  # see above

    return get_column_letter(column)


class SheetError(Invalid):
    """The whole file is refused."""

    code = "sheet"


def refuse(message: Sentence, **shown: object) -> SheetError:
    return SheetError(format_lazy(message, **shown) if shown else message)


@dataclass(frozen=True)
class Row:
    """`number` is what Excel shows at the left; `values` are as many as the header has columns."""

    number: int
    values: tuple[Cell, ...]
    problems: tuple[CellProblem, ...] = ()


# A row as read: its number, its cells, and the columns (from 0) where a formula failed.
Record = tuple[int, list[Cell], frozenset[int]]


def find_header(first: Sequence[tuple[int, list[Cell]]], most: int) -> tuple[int, tuple[str, ...]]:
    """Which of the first rows (number as a person sees it, cells) is the header, and its names.

    A title stands alone in its row; where everything stands alone the table has one column.
    """
    at = next((at for at, (_number, cells) in enumerate(first) if _filled(cells) > 1), 0)
    number, cells = first[at]
    names = ["" if cell is None else trim(str(cell)) for cell in cells]
    while names and not names[-1]:
        names.pop()
    check_columns(len(names), number, most)
    seen: set[str] = set()
    for name in names:
        if name and name in seen:
            raise refuse(
                _("第 {row} 行的表头里有两个“{name}”，请改成不同的名称或删去一列。"),
                row=number,
                name=shorten(name),
            )
        seen.add(name)
    return at, tuple(names)


def _filled(cells: Iterable[Cell]) -> int:
    return sum(not blank(cell) for cell in cells)


def check_columns(count: int, number: int, most: int) -> None:
    if count > most:
        raise refuse(
            _("第 {row} 行有 {count} 列，最多只能有 {most} 列，请删去多余的列。"),
            row=number,
            count=count,
            most=most,
        )


def long_cell(number: int, column: int, most: int) -> SheetError:
    """`column` from 1."""
    return refuse(
        _(
            "第 {row} 行第 {column} 列（{letter} 列）的内容超过了 {most} 个字，请缩短；如是 CSV，请检查引号是否成对。"
        ),
        row=number,
        column=column,
        letter=letters(min(column, 18_278)),
        most=most,
    )


def rows_under(header: tuple[str, ...], records: Iterable[Record], most: int) -> Iterator[Row]:
    width = len(header)
    for count, (number, cells, errors) in enumerate(records, start=1):
        if count > most:
            raise refuse(_("数据超过了 {most} 行，请拆分成几个文件后分别导入。"), most=most)
        values = (*cells[:width], *(None,) * (width - len(cells)))
        yield Row(number, values, tuple(_problems(number, cells, errors, width)))


def _problems(number: int, cells: list[Cell], errors: frozenset[int], width: int) -> Iterator[CellProblem]:
    for column in sorted(errors):
        if column < width:
            yield _failed_formula(number, column)
    beyond = next((cell for cell in cells[width:] if not blank(cell)), None)
    if beyond is not None:
        yield CellProblem(
            "too_long",
            format_lazy(_("这一行比表头多出内容“{value}”。"), value=shorten(beyond)),
            format_lazy(_("请删去第 {width} 列以后的内容，或检查是否有多余的分隔符。"), width=width),
        )


def _failed_formula(number: int, column: int) -> CellProblem:
    return CellProblem(
        "formula",
        format_lazy(_("{cell} 是一个出错的公式。"), cell=f"{letters(column + 1)}{number}"),
        _("请改正公式，或直接填写结果。"),
    )


class ColumnLike(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def titles(self) -> tuple[str, ...]:
        """The title and its aliases, in every language."""

    @property
    def required(self) -> bool: ...


@dataclass(frozen=True)
class HeaderMatch:
    """`indexes`: column name to position in the row; `guessed`: header as written to column name."""

    indexes: dict[str, int]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]
    guessed: dict[str, str]


_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|<[^<>]*>|〔[^〔〕]*〕")
_NOISE = re.compile(r"[\s_\-:*•·\u200b-\u200f\u2060\ufeff]+")
_LONGEST = 40
_LATIN_CUTOFF = 0.75
# One character apart and yet another thing: 父亲姓名 and 母亲姓名, 第一学期 and 第二学期, 入校 and 离校.
_TELLING = frozenset("一二三四五六七八九十父母男女上下左右前后起止始终开结入出进离省市区县年月日时是否甲乙")


def _tidy(written: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", written[:200]).casefold())


def _bare(written: str) -> str:
    """Without what stands in brackets, as in 姓名（必填）; a header that is all brackets stays."""
    normal = unicodedata.normalize("NFKC", written[:200])
    return _tidy(_BRACKETS.sub("", normal)) or _tidy(normal)


class _Matching:
    def __init__(self, header: Sequence[str], columns: Sequence[ColumnLike]) -> None:
        self.header, self.columns = header, columns
        self.indexes: dict[str, int] = {}
        self.ignored: set[int] = set()
        self.guessed: dict[str, str] = {}

    def open_headers(self) -> list[int]:
        taken = self.ignored | set(self.indexes.values())
        return [index for index, written in enumerate(self.header) if written and index not in taken]

    def told(self, mapping: Mapping[str, str]) -> None:
        """What the person said; a header mapped to nothing is left out on purpose."""
        names = {column.name for column in self.columns}
        for index, written in enumerate(self.header):
            name = mapping.get(written)
            if name is None:
                continue
            if not name:
                self.ignored.add(index)
            elif name not in names:
                raise refuse(_("列对照里的“{name}”不是本表的列，请改正对照。"), name=name)
            elif name in self.indexes:
                raise refuse(_("列对照把两个表头都指向“{name}”，请只留一个。"), name=name)
            else:
                self.indexes[name] = index

    def same(self, key: Callable[[str], str]) -> None:
        """Takes what agrees under `key` and agrees only once on either side."""
        self._take(
            {
                index: self._named(key, key(self.header[index])) - set(self.indexes)
                for index in self.open_headers()
            }
        )

    def misspelt(self) -> None:
        before = set(self.indexes)
        near = {index: self._near(_bare(self.header[index])) for index in self.open_headers()}
        # Near to a column that is already there: more likely a different thing than a slip of the pen.
        self._take({index: found for index, found in near.items() if not found & before})
        for name in set(self.indexes) - before:
            self.guessed[self.header[self.indexes[name]]] = name

    def _take(self, found: Mapping[int, set[str]]) -> None:
        claims: dict[str, list[int]] = {}
        for index, names in found.items():
            for name in names:
                claims.setdefault(name, []).append(index)
        for index, names in found.items():
            if len(names) == 1 and claims[name := next(iter(names))] == [index]:
                self.indexes[name] = index

    def _named(self, key: Callable[[str], str], written: str) -> set[str]:
        return {column.name for column in self.columns if written in {key(name) for name in _names(column)}}

    def _near(self, written: str) -> set[str]:
        return {
            column.name
            for column in self.columns
            if any(misspelling(written, _bare(name)) for name in _names(column))
        }


def _names(column: ColumnLike) -> tuple[str, ...]:
    return (column.name, *column.titles)


def match_header(
    header: Sequence[str], columns: Sequence[ColumnLike], mapping: Mapping[str, str] | None = None
) -> HeaderMatch:
    matching = _Matching(header, columns)
    matching.told(mapping or {})
    for key in (str, _tidy, _bare):
        matching.same(key)
    matching.misspelt()
    return HeaderMatch(
        indexes=matching.indexes,
        unknown=tuple(_unknown(header, set(matching.indexes.values()) | matching.ignored)),
        missing=tuple(
            column.name for column in columns if column.required and column.name not in matching.indexes
        ),
        guessed=matching.guessed,
    )


def _unknown(header: Sequence[str], taken: set[int]) -> Iterable[str]:
    for index, written in enumerate(header):
        if index not in taken:
            yield written or str(format_lazy(_("（第 {number} 列没有表头）"), number=index + 1))


def misspelling(written: str, meant: str) -> bool:
    """One slip: a close ratio for Latin words, one edit for Chinese of three characters or more."""
    if min(len(written), len(meant)) < 3 or max(len(written), len(meant)) > _LONGEST:
        return False
    if re.findall(r"\d+", written) != re.findall(r"\d+", meant):
        return False
    if written.isascii() and meant.isascii():
        matcher = SequenceMatcher(None, written, meant)
        return matcher.quick_ratio() >= _LATIN_CUTOFF and matcher.ratio() >= _LATIN_CUTOFF
    return _one_edit(written, meant)


def _one_edit(one: str, other: str) -> bool:
    """Whether one character is added, left out, replaced or changed places with its neighbour."""
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    left, right = one[start:], other[start:]
    while left and right and left[-1] == right[-1]:
        left, right = left[:-1], right[:-1]
    if {left, right} <= _TELLING | {""}:
        return False
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])
