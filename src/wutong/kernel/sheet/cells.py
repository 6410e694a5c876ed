"""One cell of a spreadsheet to one typed value, or a `CellProblem` that says how to mend the cell.

Every parser gives None for a blank cell; whether a column may be blank is the column's own rule.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date as Date
from datetime import datetime, timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import Enum

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

Cell = str | Date | float | int | bool | None

_EDGES = "".join(
    chr(code)
    for code in (
        *range(0x09, 0x0E), *range(0x1C, 0x21), 0x85, 0xA0, 0xAD, 0x1680, 0x180E, *range(0x2000, 0x2010),
        0x2028, 0x2029, 0x202F, 0x205F, 0x2060, 0x3000, 0xFEFF,
    )
)  # fmt: skip
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_NARROW = {wide: thin for wide, thin in _FULL_WIDTH.items() if chr(thin).isalnum() or thin == 0x20}
# Controls, directions that reorder what a person sees, halves of surrogates and non-characters.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# With its plus sign, as spreadsheet programs write it: 12E5 may well be somebody's code.
_SCIENTIFIC = re.compile(r"\d+(\.\d+)?[eE]\+\d+", re.ASCII)
_EXCEL_DIGITS = 15
_MAX_DIGITS = 40


class CellProblem(Exception):
    """`rule` is a stable short code for programs; `message` and `mend` are sentences for people."""

    def __init__(self, rule: str, message: str | Promise, mend: str | Promise) -> None:
        self.rule, self.message, self.mend = rule, message, mend
        super().__init__(rule)

    def __str__(self) -> str:
        return f"{self.message}{self.mend}"


def shorten(value: object, length: int = 20) -> str:
    """What a person sees of the value in a sentence: never long, never invisible."""
    shown = _CONTROL.sub("\ufffd", str(value)[: length + 1]).replace("\n", " ").replace("\t", " ")
    return shown if len(shown) <= length else shown[:length] + "…"


def problem(
    rule: str, message: str | Promise, mend: str | Promise, value: object, **also: object
) -> CellProblem:
    shown = {"value": shorten(value), **also}
    return CellProblem(rule, format_lazy(message, **shown), format_lazy(mend, **shown))


def trim(value: str) -> str:
    """Without white space at both ends, the ideographic and the zero-width kinds included."""
    return value.strip(_EDGES)


def narrow(value: str) -> str:
    """Full-width digits, letters and space as ASCII; punctuation stays as it was written."""
    return value.translate(_NARROW)


def blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not trim(value))


def required(value: Cell) -> None:
    if blank(value):
        raise CellProblem("required", _("这一格不能空着。"), _("请填写后重新导入。"))


def text(
    value: Cell, *, half_width: bool = False, lines: bool = False, longest: int | None = None
) -> str | None:
    """`lines` lets a cell hold line breaks; `half_width` narrows digits, letters and spaces."""
    if blank(value):
        return None
    found = trim(_plain(value)).replace("\r\n", "\n")
    found = narrow(found) if half_width else found
    _visible(found, lines=lines)
    if longest is not None and len(found) > longest:
        raise problem(
            "length", _("“{value}”太长，有 {length} 个字。"), _("请缩短到 {longest} 个字以内。"),
            found, length=len(found), longest=longest,
        )  # fmt: skip
    return found


def _plain(value: Cell) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**_EXCEL_DIGITS:
        return str(int(value))
    return str(value)


def _visible(found: str, *, lines: bool) -> None:
    if "\ufffd" in found:
        raise problem("garbled", _("“{value}”里有乱码。"), _("请重新填写这一格。"), found)
    if _CONTROL.search(found):
        raise problem("control", _("“{value}”里有看不见的控制字符。"), _("请删去后手工重新输入。"), found)
    if not lines and ("\n" in found or "\t" in found):
        raise problem("lines", _("“{value}”里有换行或制表符。"), _("请改成一行。"), found)


def code(value: Cell) -> str | None:
    """Digits kept as text. What Excel has already destroyed is refused, never repaired by guessing."""
    if isinstance(value, Date):
        raise problem(
            "code_date", _("Excel 已把这个代码变成日期“{value}”。"),
            _("请把这一列设为“文本”格式后重新输入。"), value,
        )  # fmt: skip
    if isinstance(value, bool):
        raise problem("code", _("“{value}”不是代码。"), _("请填写代码。"), _plain(value))
    if isinstance(value, (int, float)) and abs(value) >= 10**_EXCEL_DIGITS:
        raise _destroyed(value)
    found = text(value, half_width=True)
    if found and _SCIENTIFIC.fullmatch(found):
        raise _destroyed(value)
    return found


def _destroyed(value: object) -> CellProblem:
    return problem(
        "code_destroyed", _("Excel 已把这个号码变成科学计数“{value}”，后面的数字丢失了。"),
        _("请把这一列设为“文本”格式，再重新输入完整号码。"),
        value if isinstance(value, str) else f"{value:.3G}",
    )  # fmt: skip


def integer(value: Cell, *, minimum: int | None = None, maximum: int | None = None) -> int | None:
    found = _number(value)
    if found is None:
        return None
    if found != found.to_integral_value():
        raise problem("integer", _("“{value}”不是整数。"), _("请填写整数，例如 12。"), value)
    _within(found, minimum, maximum)
    return int(found)


def decimal(
    value: Cell,
    *,
    minimum: Decimal | int | None = None,
    maximum: Decimal | int | None = None,
    places: int | None = None,
) -> Decimal | None:
    found = _number(value)
    if found is None:
        return None
    if places is not None and len(f"{found:f}".partition(".")[2].rstrip("0")) > places:
        raise problem(
            "places", _("“{value}”的小数位数太多。"), _("请最多保留 {places} 位小数。"), value, places=places
        )
    _within(found, minimum, maximum)
    return found


_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?([eE][+-]?\d{1,2})?", re.ASCII)


def _number(value: Cell) -> Decimal | None:
    if blank(value):
        return None
    shown = repr(value) if isinstance(value, float) else str(value)
    written = trim(shown).translate(_FULL_WIDTH).replace("\u2212", "-")
    fits = not isinstance(value, (bool, Date)) and len(written) <= _MAX_DIGITS
    if not fits or not _NUMBER.fullmatch(written):
        raise problem("number", _("“{value}”不是数字。"), _("请只填写数字，例如 12.5，不带单位。"), value)
    found = Decimal(written.replace(",", ""))
    if abs(found) >= Decimal(10) ** 20:
        raise problem("bounds", _("“{value}”太大了。"), _("请核对后重新填写。"), value)
    return found


def _within(found: Decimal, minimum: Decimal | int | None, maximum: Decimal | int | None) -> None:
    if minimum is not None and found < minimum:
        raise problem("bounds", _("{value} 太小。"), _("请填写不小于 {bound} 的数。"), found, bound=minimum)
    if maximum is not None and found > maximum:
        raise problem("bounds", _("{value} 太大。"), _("请填写不大于 {bound} 的数。"), found, bound=maximum)


_CLOCK = r"(?:[T ]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(
    rf"(\d{{4}})(?:([-/.])(\d{{1,2}})\2(\d{{1,2}})|(\d{{2}})(\d{{2}})){_CLOCK}", re.ASCII
)
_CHINESE = re.compile(rf"(\d{{4}}) *年 *(\d{{1,2}}) *月 *(\d{{1,2}}) *[日号]{_CLOCK}", re.ASCII)
_YEAR_LAST = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}){_CLOCK}", re.ASCII)
_SERIAL = re.compile(r"[2-7]\d{4}", re.ASCII)


class DateOrder(Enum):
    """How a column writes dates with the year last; `infer` looks for days over 12 that give it away."""

    DAY_FIRST = "d/m/y"
    MONTH_FIRST = "m/d/y"
    UNKNOWN = "?"

    @classmethod
    def infer(cls, sample: Iterable[Cell]) -> "DateOrder":
        found = [match for value in sample if (match := _YEAR_LAST.fullmatch(_written(value)))]
        day_first = any(int(match[1]) > 12 for match in found)
        month_first = any(int(match[3]) > 12 for match in found)
        if day_first == month_first:  # nothing gives it away, or the column contradicts itself
            return cls.UNKNOWN
        return cls.DAY_FIRST if day_first else cls.MONTH_FIRST


def _written(value: Cell) -> str:
    return trim(value[:64]).translate(_FULL_WIDTH) if isinstance(value, str) else ""


def date(
    value: Cell,
    *,
    order: DateOrder = DateOrder.UNKNOWN,
    earliest: Date = Date(1900, 1, 1),
    latest: Date = Date(2199, 12, 31),
) -> Date | None:
    """A day in the proleptic Gregorian calendar; a time of day beside it is dropped."""
    if blank(value):
        return None
    found = _day(value, order)
    if not earliest <= found <= latest:
        raise problem(
            "date_bounds", _("日期“{value}”不在合理的范围内。"), _("请填写 {earliest} 到 {latest} 之间的日期。"),
            value, earliest=earliest, latest=latest,
        )  # fmt: skip
    return found


def _day(value: Cell, order: DateOrder) -> Date:
    if isinstance(value, Date):
        return value.date() if isinstance(value, datetime) else value
    written = _whole(value) if isinstance(value, (int, float)) else _written(value)
    if _SERIAL.fullmatch(written) or (isinstance(value, (int, float)) and len(written) < 7):
        return _from_serial(int(written))
    try:
        return Date(*_parts(written, value, order))
    except ValueError:
        raise _not_a_date(value) from None


def _whole(value: float) -> str:
    if isinstance(value, bool) or not 1 <= value < 10**8:
        raise _not_a_date(value)
    return str(int(value))


def _from_serial(days: int) -> Date:
    # Excel believes that 1900 was a leap year: its day 60 never was, and those before it are one off.
    return Date(1899, 12, 30) + timedelta(days=days if days > 60 else days + 1)


def _parts(written: str, value: Cell, order: DateOrder) -> tuple[int, int, int]:
    if match := _YEAR_FIRST.fullmatch(written):
        return int(match[1]), int(match[3] or match[5]), int(match[4] or match[6])
    if match := _CHINESE.fullmatch(written):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _YEAR_LAST.fullmatch(written):
        return int(match[4]), *_month_and_day(int(match[1]), int(match[3]), value, order)
    raise _not_a_date(value)


def _month_and_day(first: int, second: int, value: Cell, order: DateOrder) -> tuple[int, int]:
    if first > 12 or first == second:
        return second, first
    if second > 12:
        return first, second
    if order is DateOrder.UNKNOWN:
        raise problem(
            "date_ambiguous", _("看不出日期“{value}”里哪个是月、哪个是日。"),
            _("请写成“年-月-日”，例如 2026-09-01。"), value,
        )  # fmt: skip
    return (second, first) if order is DateOrder.DAY_FIRST else (first, second)


def _not_a_date(value: Cell) -> CellProblem:
    return problem("date", _("“{value}”不是日期。"), _("请写成“年-月-日”，例如 2026-09-01。"), value)


_YES = frozenset({"是", "y", "yes", "1", "true", "t", "真", "对", "√", "✓"})
_NO = frozenset({"否", "n", "no", "0", "false", "f", "假", "错", "×", "✗"})


def boolean(value: Cell) -> bool | None:
    if blank(value) or isinstance(value, bool):
        return value if isinstance(value, bool) else None
    written = _key(_plain(value))
    if written in _YES or written in _NO:
        return written in _YES
    raise problem("boolean", _("“{value}”不是“是”或“否”。"), _("请填写“是”或“否”。"), value)


def _key(value: str) -> str:
    return trim(value).translate(_FULL_WIDTH).casefold()


class Choices:
    """Codes with their names in any language; built once for a column, then asked for every cell."""

    _SEPARATORS = re.compile(r"[;；、,，/\n]")
    # A file of a million wrong cells must not search a long list of names a million times.
    _SUGGESTIONS = 200

    def __init__(self, options: Mapping[str, Sequence[str]]) -> None:
        self._codes: dict[str, set[str]] = {}
        self._shown: dict[str, str] = {}
        self._suggested: dict[str, tuple[str, ...]] = {}
        for option, names in options.items():
            for name in (option, *names):
                self._codes.setdefault(_key(name), set()).add(option)
                self._shown.setdefault(_key(name), name)
        self._own = {_key(option): option for option in options}
        self._numbers: dict[int, set[str]] = {}
        for option in options:
            if _short_number(option):
                self._numbers.setdefault(int(option), set()).add(option)

    @property
    def known(self) -> dict[str, str]:
        """The usual spellings, each with the code it means; others may mean one too."""
        written = [*self._own.values(), *self._shown.values()]
        own = {option: option for option in self._own.values()}
        return {name: own.get(name) or self.one(name) or "" for name in written if self._certain(name)}

    def _certain(self, name: str) -> bool:
        key = _key(name)
        return key in self._own or len(self._codes.get(key, ())) == 1

    def one(self, value: Cell) -> str | None:
        if blank(value):
            return None
        key = _key(_plain(value))
        if key in self._own:
            return self._own[key]
        found = self._codes.get(key) or self._without_zeros(key)
        if len(found) == 1:
            return next(iter(found))
        raise self._several(value, found) if found else self._unknown(value, key)

    def many(self, value: Cell) -> tuple[str, ...] | None:
        """Without repeats, in the order written. A name that itself holds a separator is one choice."""
        if blank(value):
            return None
        written = _plain(value)
        if _key(written) in self._codes:
            found = [self.one(written)]
        else:
            found = [self.one(part) for part in self._SEPARATORS.split(written)]
        return tuple(dict.fromkeys(code for code in found if code is not None)) or None

    def _without_zeros(self, key: str) -> set[str]:
        """Excel makes 1 of 01: taken back when only one code can have been meant."""
        return self._numbers.get(int(key), set()) if _short_number(key) else set()

    def _several(self, value: Cell, found: set[str]) -> CellProblem:
        return problem(
            "choice_ambiguous", _("“{value}”可以指多个选项。"), _("请填写代码：{codes}。"),
            value, codes="、".join(sorted(found)[:5]),
        )  # fmt: skip

    def _unknown(self, value: Cell, key: str) -> CellProblem:
        near = self._nearest(key)
        if near:
            return problem(
                "choice", _("没有“{value}”这个选项。"), _("是不是“{near}”？"), value, near="”或“".join(near)
            )
        some = "、".join(shorten(name) for name in list(self._shown.values())[:6])
        return problem("choice", _("没有“{value}”这个选项。"), _("可以填写：{some}等。"), value, some=some)

    def _nearest(self, key: str) -> tuple[str, ...]:
        if key in self._suggested:
            return self._suggested[key]
        if len(self._suggested) >= self._SUGGESTIONS or len(key) > 64:
            return ()
        near = get_close_matches(key, self._codes, n=2, cutoff=0.5)
        self._suggested[key] = tuple(self._shown[name] for name in near)
        return self._suggested[key]


def _short_number(written: str) -> bool:
    return written.isascii() and written.isdecimal() and len(written) <= 18


def choice(value: Cell, choices: Choices) -> str | None:
    return choices.one(value)


def multi_choice(value: Cell, choices: Choices) -> tuple[str, ...] | None:
    return choices.many(value)
