"""The kinds of facts a column may hold: each reads a cell, shows itself, and has its field in a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms
from django.utils import formats, translation
from django.utils.translation import gettext as _

from wutong.kernel.codes import queries as codes
from wutong.kernel.sheet import cells
from wutong.kernel.sheet.cells import Cell, Choices, DateOrder


@dataclass(frozen=True)
class Kind:
    """`parse` raises CellProblem; `write` gives what `parse` reads back as the same value."""

    def parse(self, cell: Cell, order: DateOrder) -> Any:
        return cells.text(cell)

    def show(self, value: Any) -> str:
        return str(value)

    def write(self, value: Any) -> Any:
        return str(value)

    def field(self, **options: Any) -> forms.Field:
        return forms.CharField(**options)

    def options(self) -> list[tuple[str, str]]:
        """What a filter offers; nothing where free text stands."""
        return []


@dataclass(frozen=True)
class Text(Kind):
    longest: int = 100
    half_width: bool = False

    def parse(self, cell: Cell, order: DateOrder) -> str | None:
        return cells.text(cell, longest=self.longest, half_width=self.half_width)

    def field(self, **options: Any) -> forms.Field:
        return forms.CharField(max_length=self.longest, **options)


@dataclass(frozen=True)
class Number(Text):
    """A number that is a name, not a quantity: kept as text with its zeros."""

    longest: int = 40

    def parse(self, cell: Cell, order: DateOrder) -> str | None:
        return cells.code(cell)


@dataclass(frozen=True)
class Count(Kind):
    minimum: int = 0
    maximum: int = 1_000_000

    def parse(self, cell: Cell, order: DateOrder) -> int | None:
        return cells.integer(cell, minimum=self.minimum, maximum=self.maximum)

    def write(self, value: int) -> int:
        return value

    def field(self, **options: Any) -> forms.Field:
        return forms.IntegerField(min_value=self.minimum, max_value=self.maximum, **options)


@dataclass(frozen=True)
class Measure(Kind):
    """`places` digits behind the point; more are rounded off."""

    minimum: int = -1_000_000
    maximum: int = 1_000_000
    places: int = 6

    def parse(self, cell: Cell, order: DateOrder) -> Decimal | None:
        found = cells.decimal(cell, minimum=self.minimum, maximum=self.maximum)
        return None if found is None else round(found, self.places)

    def show(self, value: Decimal) -> str:
        return f"{value.normalize():f}"

    def write(self, value: Decimal) -> str:
        return self.show(value)

    def field(self, **options: Any) -> forms.Field:
        limits = {"min_value": self.minimum, "max_value": self.maximum, "decimal_places": self.places}
        return forms.DecimalField(**limits, **options)


@dataclass(frozen=True)
class Day(Kind):
    def parse(self, cell: Cell, order: DateOrder) -> date | None:
        return cells.date(cell, order=order)

    def show(self, value: date) -> str:
        return formats.date_format(value, "SHORT_DATE_FORMAT")

    def write(self, value: date) -> str:
        return value.isoformat()

    def field(self, **options: Any) -> forms.Field:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        return forms.DateField(widget=widget, **options)


@dataclass(frozen=True)
class YesNo(Kind):
    def parse(self, cell: Cell, order: DateOrder) -> bool | None:
        return cells.boolean(cell)

    def show(self, value: bool) -> str:
        return _("是") if value else _("否")

    def write(self, value: bool) -> str:
        return "是" if value else "否"

    def field(self, **options: Any) -> forms.Field:
        return forms.BooleanField(**{**options, "required": False})


@lru_cache(maxsize=64)
def _choices(
    lines: tuple[tuple[str, str, str, bool], ...], also: tuple[tuple[str, str], ...] = ()
) -> Choices:
    """Built once for a list, not for each cell; a list that is loaded anew is another list."""
    words = {code: [word for word, meant in also if meant == code] for code, *_names in lines}
    return Choices({code: [n for n in (zh, en, *words[code]) if n] for code, zh, en, live in lines if live})


@dataclass(frozen=True)
class CodeOf(Kind):
    """One code of a code set; sheets may say the code, its name in either language, or a word in `also`."""

    set_name: str
    also: tuple[tuple[str, str], ...] = ()

    def choices(self) -> Choices:
        return _choices(codes.lines(self.set_name, date.today()), self.also)

    def parse(self, cell: Cell, order: DateOrder) -> Any:
        return self.choices().one(cell)

    def show(self, value: Any) -> str:
        return codes.label(self.set_name, value)

    def write(self, value: Any) -> str:
        return codes.name_zh(self.set_name, value)

    def options(self) -> list[tuple[str, str]]:
        return codes.choices(self.set_name)

    def field(self, **options: Any) -> forms.Field:
        return forms.ChoiceField(choices=lambda: [("", "—"), *self.options()], **options)


@dataclass(frozen=True)
class CodesOf(CodeOf):
    """Several codes of a set, in the order of the set."""

    def parse(self, cell: Cell, order: DateOrder) -> Any:
        found = self.choices().many(cell)
        return None if found is None else self.ordered(found)

    def ordered(self, values: Any) -> list[str]:
        place = {line[0]: position for position, line in enumerate(codes.lines(self.set_name, date.today()))}
        return sorted(values, key=lambda code: place.get(code, len(place)))

    def show(self, value: Any) -> str:
        return _("、").join(codes.label(self.set_name, code) for code in value)

    def write(self, value: Any) -> str:
        return ";".join(codes.name_zh(self.set_name, code) for code in value)

    def field(self, **options: Any) -> forms.Field:
        return forms.MultipleChoiceField(choices=self.options, widget=forms.CheckboxSelectMultiple, **options)


@lru_cache(maxsize=64)
def one_of(pairs: tuple[tuple[str, Any], ...]) -> Choices:
    return Choices({value: [in_chinese(label), in_english(label)] for value, label in pairs})


def in_chinese(label: Any) -> str:
    with translation.override("zh-hans"):
        return str(label)


def in_english(label: Any) -> str:
    with translation.override("en"):
        return str(label)


@dataclass(frozen=True)
class OneOf(Kind):
    """One of a model's own choices: (value, label) pairs."""

    pairs: tuple[tuple[str, Any], ...]

    def parse(self, cell: Cell, order: DateOrder) -> str | None:
        return one_of(self.pairs).one(cell)

    def show(self, value: str) -> str:
        return str(dict(self.pairs).get(value, value))

    def write(self, value: str) -> str:
        return in_chinese(dict(self.pairs).get(value, value))

    def options(self) -> list[tuple[str, str]]:
        return [(value, str(label)) for value, label in self.pairs]

    def field(self, **options: Any) -> forms.Field:
        return forms.ChoiceField(choices=lambda: [("", "—"), *self.options()], **options)
