"""What a register says of itself; pages, sheets, search and the machine interface follow from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, Q, QuerySet

from wutong.kernel.errors import Sentence
from wutong.kernel.policy import Actor, Predicate, holds
from wutong.kernel.register.kinds import Kind, Text

if TYPE_CHECKING:
    from polars import Expr, Series


@dataclass(frozen=True)
class Column:
    """One fact of a row.

    `source` is the attribute path to read it from (the name if empty); `titles` are other headers that
    sheets use for it. A `sensitive` fact is read masked from `source`, in full from `full`, which only
    the system's own export uses.
    """

    name: str
    title: Sentence
    kind: Kind = field(default_factory=Text)
    source: str = ""
    full: str = ""
    titles: tuple[str, ...] = ()
    required: bool = False
    sensitive: bool = False
    listed: bool = False
    filtered: bool = False
    searched: bool = False
    editable: bool = True
    meter: bool = False
    help: Sentence = ""

    def read(self, row: Any, source: str = "") -> Any:
        value: Any = row
        for part in (source or self.source or self.name).split("."):
            value = value.get(part) if isinstance(value, dict) else getattr(value, part, None)
            if value is None:
                return None
        return value() if callable(value) else value

    def shown(self, row: Any) -> str:
        value = self.read(row)
        return "" if value in (None, "", []) else self.kind.show(value)

    def written(self, row: Any, *, full: bool = False) -> Any:
        """As it stands in a sheet; reading it back gives the same fact."""
        value = self.read(row, self.full if full else "")
        return "" if value in (None, "", []) else self.kind.write(value)


@dataclass
class Entry:
    """What somebody wants a row to say: from a form or a line of a sheet.

    `values` holds only the columns that were given; `warn` tells what was taken with a doubt.
    """

    values: dict[str, Any]
    row: Any = None
    doubts: list[Doubt] = field(default_factory=list)

    def warn(self, column: str, rule: str, message: Sentence, mend: Sentence = "") -> None:
        self.doubts.append(Doubt(column, rule, message, mend))

    def get(self, name: str, default: Any = None) -> Any:
        value = self.values.get(name)
        return default if value in (None, "") else value


@dataclass(frozen=True)
class Doubt:
    column: str
    rule: str
    message: Sentence
    mend: Sentence = ""


@dataclass(frozen=True)
class Section:
    """A part of the detail page below the facts: `context(actor, row)`; None leaves it out."""

    name: str
    template: str
    context: Callable[[Actor, Any], Mapping[str, Any] | None]
    column: str = "main"


@dataclass(frozen=True)
class Register:
    """A table that people keep.

    `rows(actor)` are those the actor may see, in their order; `find(actor, entry)` is the row that an
    entry speaks of, or None; `save(actor, entry, at=…)` calls the actions and returns the row. `save`
    raises Invalid with a sentence per column, NotAllowed, Conflict. `fixed` columns say which row it is and
    stay as they are once it exists. `history` names further models whose
    journal entries carry the same key. `ends` is the column that says on which day a row ended.

    Two matters of who sees much, a district or more: lists show what `area(actor)` says lies below them, and not what
    else is their own; and unless `counted`, nobody looks through a city's rows to say how many are theirs.

    `check(entry)` holds the rules between the columns of one line: it asks no table, and raises Invalid. Large sheets
    take two short cuts: lines for which `sure` (a polars expression over the columns) is true are not asked of `check`,
    and `bulk(actor, lines, at=…)` takes a frame of lines at once. It answers for each `created`, `unchanged`, or null
    for what it leaves to `save`.
    """

    name: str
    title: Sentence
    title_one: Sentence
    model: type[Model]
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    rows: Callable[[Actor], QuerySet]
    find: Callable[[Actor, Entry], Any]
    save: Callable[..., Any]
    icon: str = "file"
    see: Predicate = holds("officer", "clerk", "head", "auditor")
    edit: Predicate = holds("officer", "clerk")
    sections: tuple[Section, ...] = ()
    summary: Sentence = ""
    order: tuple[str, ...] = ("pk",)
    history: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    ends: str = ""
    area: Callable[[Actor], Q] | None = None
    counted: bool = True
    check: Callable[[Entry], None] | None = None
    sure: Callable[[], Expr] | None = None
    bulk: Callable[..., Series] | None = None

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        twice = {name for name in names if names.count(name) > 1}
        unknown = {*self.key, *filter(None, [self.ends])} - set(names)
        if twice or unknown:
            raise ImproperlyConfigured(
                f"register {self.name}: columns {sorted(twice or unknown)} are declared twice or not at all."
            )

    def __str__(self) -> str:
        """What the journal says was exported."""
        return str(self.title)

    @cached_property
    def by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def large(self) -> bool:
        """Whether a city has millions of its rows: its order is then one that an index leads along."""
        return bool(self.area) or not self.counted

    def listed(self) -> list[Column]:
        return sorted((column for column in self.columns if column.listed), key=lambda column: column.meter)

    def record(self, row: Any, *, full: bool = False) -> dict[str, Any]:
        """A row as sheets and the machine interface carry it; sensitive facts masked unless `full`."""
        return {column.name: column.written(row, full=full) for column in self.columns}
