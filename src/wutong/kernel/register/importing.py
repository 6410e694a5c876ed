"""A sheet into a register: every row is taken, left as it was, or refused with its reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from itertools import chain, islice
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import outcomes
from wutong.kernel.errors import Invalid, Sentence, WutongError
from wutong.kernel.policy import Actor
from wutong.kernel.register.kinds import Day
from wutong.kernel.register.spec import Column, Entry, Register
from wutong.kernel.sheet.cells import CellProblem, DateOrder, blank, shorten
from wutong.kernel.sheet.delimited import USUAL, Limits
from wutong.kernel.sheet.header import HeaderMatch, Row, match_header
from wutong.kernel.sheet.reading import Sheet, open_sheet

BATCH = 100
SAMPLE = 1_000
LARGE = 20_000  # lines from which a CSV takes the bulk path by itself
MOST_TOLD = 10_000
COUNTS = ("rows", "created", "updated", "unchanged", "rejected")


@dataclass(frozen=True)
class Trouble:
    """One thing about one cell. `refused`: the row was not taken because of it."""

    row: int
    column: str
    value: str
    rule: str
    message: Sentence
    mend: Sentence = ""
    refused: bool = True


@dataclass(frozen=True)
class HeaderColumn:
    """A column as `match_header` wants it: with its titles in both languages."""

    name: str
    titles: tuple[str, ...]
    required: bool


@dataclass
class Report:
    """What became of a sheet. `counts` has rows, created, updated, unchanged, rejected.

    `rules` counts all troubles by rule, column and whether the row was refused, also those that nobody was told of.
    """

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    header: HeaderMatch | None = None
    blank_rows: int = 0
    doubts: int = 0
    rules: Counter[tuple[str, str, bool]] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        return self.counts["rejected"] == 0


Tell = Callable[[Trouble], None]
Step = Callable[[int, int], None]


class Undone(Exception):
    """Ends a dry run: what was done to find out is undone."""


class Importer:
    """Reads `file` into `register` as `actor`. `tell` receives each trouble, `step` how far it is."""

    def __init__(
        self,
        actor: Actor,
        register: Register,
        file: BinaryIO,
        *,
        filename: str,
        tell: Tell,
        at: datetime,
        mapping: dict[str, str] | None = None,
        step: Step | None = None,
        sheet: Sheet | None = None,
        limits: Limits = USUAL,
    ) -> None:
        self.actor, self.register, self.told, self.at = actor, register, tell, at
        self.step = step or (lambda done, total: None)
        self.file, self.limits = file, limits
        self.report = Report()
        self.sheet: Sheet = sheet or open_sheet(file, filename=filename, limits=limits)
        self.report.header = self.match = match_header(self.sheet.header, header_columns(register), mapping)
        self.seen: dict[tuple[Any, ...], tuple[int, dict[str, Any]]] = {}
        self.orders: dict[str, DateOrder] = {}

    def load(self) -> Report:
        """In batches, each on disk before the next: a killed run is finished by running it again."""
        for batch in self._batches():
            with transaction.atomic():
                self._take_all(batch)
            self.step(self.report.counts["rows"], self.sheet.total)
        return self._finish()

    def check(self) -> Report:
        """The same, undone at the end: what loading would do, to the row."""
        try:
            with transaction.atomic():
                for batch in self._batches():
                    self._take_all(batch)
                    self.step(self.report.counts["rows"], self.sheet.total)
                raise Undone
        except Undone:
            return self._finish()

    def tell(self, trouble: Trouble) -> None:
        self.report.rules[trouble.rule, trouble.column, trouble.refused] += 1
        self.told(trouble)

    def _finish(self) -> Report:
        self.report.blank_rows = self.sheet.blank_rows
        return self.report

    def require_header(self) -> None:
        if self.match.missing:
            titles = "、".join(str(self.register.by_name[name].title) for name in self.match.missing)
            raise Invalid(format_lazy(_("表头缺少必填的列：{titles}。请补上后再导入。"), titles=titles))

    def _batches(self) -> Iterator[list[Row]]:
        self.require_header()
        rows = iter(self.sheet.rows)
        head = list(islice(rows, SAMPLE))
        self.orders = self._date_orders(head)
        rows = chain(head, rows)
        while batch := list(islice(rows, BATCH)):
            yield batch

    def _date_orders(self, head: list[Row]) -> dict[str, DateOrder]:
        days = [name for name in self.match.indexes if isinstance(self.register.by_name[name].kind, Day)]
        return {name: DateOrder.infer(row.values[self.match.indexes[name]] for row in head) for name in days}

    def _take_all(self, batch: list[Row]) -> None:
        for row in batch:
            self.report.counts["rows"] += 1
            self.report.counts[self._take(row)] += 1

    def _take(self, row: Row) -> str:
        entry = Entry({})
        troubles = [_of_row(row, problem) for problem in row.problems]
        troubles += list(self._read(row, entry))
        if not troubles:
            troubles = self._repeated(row, entry)
        outcome = "rejected" if troubles else self.save(row, entry, troubles)
        for trouble in troubles:
            self.tell(trouble)
        return outcome

    def _read(self, row: Row, entry: Entry) -> Iterator[Trouble]:
        for name, index in self.match.indexes.items():
            column, cell = self.register.by_name[name], row.values[index]
            try:
                if column.required and blank(cell):
                    raise CellProblem("required", _("这一格不能空着。"), _("请填写后重新导入。"))
                entry.values[name] = column.kind.parse(cell, self.orders.get(name, DateOrder.UNKNOWN))
            except CellProblem as problem:
                yield Trouble(
                    row.number,
                    title(column),
                    shown(column, cell),
                    problem.rule,
                    problem.message,
                    problem.mend,
                )

    def _repeated(self, row: Row, entry: Entry) -> list[Trouble]:
        """A second row about the same thing would overwrite the first on every run."""
        key = tuple(plain_key(entry.values.get(name)) for name in self.register.key)
        before = self.seen.setdefault(key, (row.number, dict(entry.values)))  # the rules may still tidy them
        if before[0] == row.number or before[1] == entry.values or not any(key):
            return []
        column = self.register.by_name[self.register.key[0]]
        return [repeated(column, row.number, before[0], entry.values.get(column.name))]

    def save(self, row: Row, entry: Entry, troubles: list[Trouble]) -> str:
        try:
            with transaction.atomic(), outcomes() as seen:
                if self.register.check:
                    self.register.check(entry)
                entry.row = self.register.find(self.actor, entry)
                self.register.save(self.actor, entry, at=self.at)
        except WutongError as error:
            troubles.extend(self.refusals(row.number, entry, error))
            return "rejected"
        self._doubt(row, entry)
        return outcome_of(seen, existed=entry.row is not None)

    def refusals(self, row: int, entry: Entry, error: WutongError) -> Iterator[Trouble]:
        if not error.fields:
            yield Trouble(row, "", "", error.rule, error.message, error.mend)
        for name, sentence in error.fields.items():
            column = self.register.by_name.get(name)
            value = shown(column, entry.values.get(name)) if column else ""
            yield Trouble(row, title(column) if column else name, value, error.rule, sentence, error.mend)

    def _doubt(self, row: Row, entry: Entry) -> None:
        for doubt in entry.doubts:
            self.report.doubts += 1
            column = self.register.by_name[doubt.column]
            value = shown(column, entry.values.get(doubt.column))
            self.tell(
                Trouble(
                    row.number, title(column), value, doubt.rule, doubt.message, doubt.mend, refused=False
                )
            )


def title(column: Column) -> str:
    return str(column.title)


def shown(column: Column, value: Any) -> str:
    """What a list of faults repeats of a cell: of numbers that are sealed nothing, row and column are enough."""
    return "" if column.sensitive else shorten(value or "")


def repeated(column: Column, row: int, before: int, value: Any) -> Trouble:
    message = format_lazy(_("与第 {row} 行说的是同一项，内容却不同。"), row=before)
    return Trouble(row, title(column), shown(column, value), "repeated", message, _("请合并成一行。"))


def plain_key(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def outcome_of(seen: list[str], *, existed: bool) -> str:
    """A row is written by several verbs: what became of it as a whole."""
    if not {"created", "updated"} & set(seen):
        return "unchanged"
    return "updated" if existed else "created"


def header_columns(register: Register) -> list[HeaderColumn]:
    return [
        HeaderColumn(column.name, (*both_languages(column), column.name, *column.titles), column.required)
        for column in register.columns
        if column.editable
    ]


def both_languages(column: Column) -> tuple[str, ...]:
    found = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            found.append(str(column.title))
    return tuple(dict.fromkeys(found))


def _of_row(row: Row, problem: CellProblem) -> Trouble:
    return Trouble(row.number, "", "", problem.rule, problem.message, problem.mend)


def importer_of(
    actor: Actor, register: Register, file: BinaryIO, *, filename: str, limits: Limits = USUAL, **options: Any
) -> Importer:
    """The importer that suits the sheet: a CSV of `LARGE` lines or more takes the bulk path."""
    sheet = open_sheet(file, filename=filename, limits=limits)
    large = sheet.kind == "csv" and sheet.total >= LARGE
    # The engine of columns is loaded when it is needed, so that pages never carry it.
    suited = import_module("wutong.kernel.register.bulk").BulkImporter if large else Importer
    return suited(actor, register, file, filename=filename, sheet=sheet, limits=limits, **options)
