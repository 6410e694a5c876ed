"""Questions compiled once: afterwards only the values in them change.

Building and compiling a scoped query costs Django several times what the database needs to answer it. A
`Prepared` question is built once for each shape of its arguments, with marks in place of the values, and from
then on asked by putting the values where the marks were.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache, partial
from types import SimpleNamespace
from typing import Any

from django.core.exceptions import EmptyResultSet, ImproperlyConfigured
from django.db import connections
from django.db.models import Count, Prefetch, QuerySet, Value

from wutong.kernel.policy import WIDE, Actor, Role, after, area_asked

# Marks are values that no row carries; odd ones, so that what lies right behind a marked path is no mark itself.
NUMBER, DAY, BLOCK, WIDTH = 8_888_888_800_000_001, date(7001, 1, 1), 90_000_001, 8
LETTERS = "\ue000"
SIZES = (1, 8, 25, 100, 500, 1_000)
DISGUISED = (str(NUMBER)[:8], str(BLOCK)[:5], str(DAY)[:3], LETTERS)
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:")


class Keys(tuple[Any, ...]):
    """Keys of rows, one or many, as one argument of a prepared question."""


class Text(str):
    """A text to compare with, as an argument that may differ from call to call."""


def counted(rows: QuerySet) -> QuerySet:
    """How many rows these are, as the one row of a question."""
    numbered = rows.order_by().values(all=Value(1)).annotate(number=Count("pk"))
    return numbered.values_list("number", flat=True)


class Prepared:
    """`Prepared(build)(*arguments)` are the rows of `build(*arguments)`, a list.

    Actors, days, ints, `Keys` and `Text` may differ from call to call; all else among the arguments (plain texts, True,
    None) belongs to the question and must be hashable. `build` may look at an actor's roles and at how their places lie
    to each other, never at a value. ImproperlyConfigured if it does something with a value other than comparing.
    PostgreSQL keeps one plan for all values, unless arguments are `weighed`: where they decide which way is best.
    """

    def __init__(self, build: Callable[..., QuerySet], weighed: Callable[..., Any] = lambda *_: 0) -> None:
        self.build, self.weighed = build, weighed
        self.__doc__ = build.__doc__

    def __call__(self, *arguments: Any) -> list[Any]:
        if any(isinstance(each, Keys) and not each for each in arguments):
            return []
        values: list[Any] = []
        shape = tuple(_shape(each, values) for each in arguments)
        # The day stands in many a scope; with it in the key, yesterday's question is not asked today.
        return _statement(self.build, shape, date.today()).rows(values, lasting=not self.weighed(*arguments))


@dataclass(frozen=True)
class OfKeys:
    size: int


@dataclass(frozen=True)
class OfActor:
    """What of an actor belongs to the question: the roles, and marks that lie as their places lie."""

    kind: str
    nobody: bool
    by_key: bool
    roles: tuple[tuple[str, str, str], ...]
    places: tuple[str, ...]


def _shape(argument: Any, values: list[Any]) -> Any:
    """What of an argument belongs to the question; its values are added to `values`."""
    if isinstance(argument, Actor):
        places = _places(argument)
        values += [argument.person_id, *(role.organisation_id for role in argument.roles), *places]
        roles = tuple((role.name, role.kind, places.get(role.path, "")) for role in argument.roles)
        which = (argument.kind, argument.person_id is None, argument.by_key)
        return OfActor(*which, roles, tuple(places.values()))
    if isinstance(argument, Keys):
        size = next((size for size in SIZES if size >= len(argument)), len(argument))
        values += (*argument, *argument[-1:] * (size - len(argument)))
        return OfKeys(size)
    if type(argument) in (int, date):
        values.append(argument)
        return type(argument)
    if isinstance(argument, Text):
        values.append(str(argument))
        return Text
    return argument


def _places(actor: Actor) -> dict[str, str]:
    """Each place from the root to the actor's organisations, with its mark."""
    marks: dict[str, str] = {}
    ways = {role.path[:end] for role in actor.roles for end in range(WIDTH, len(role.path) + 1, WIDTH)}
    for number, place in enumerate(sorted(ways)):
        marks[place] = marks.get(place[:-WIDTH], "") + str(BLOCK + 2 * number)
    return marks


def _marked(shape: Any, marks: list[Any], first: int = NUMBER) -> Any:
    """The argument of this shape with marks for values, in the order in which `_shape` gives the values."""

    def number() -> int:
        marks.append(first + 2 * len(marks))
        return marks[-1]

    if isinstance(shape, OfActor):
        person = number()
        roles = tuple(Role(name, number(), path, kind) for name, kind, path in shape.roles)
        marks.extend(shape.places)
        return Actor(None if shape.nobody else person, "", roles, shape.kind, shape.by_key)
    if isinstance(shape, OfKeys):
        return Keys(number() for _ in range(shape.size))
    if shape is date:
        marks.append(DAY + timedelta(len(marks)))
        return marks[-1]
    if shape is Text:
        marks.append(f"{LETTERS}{len(marks)}")
        return marks[-1]
    return number() if shape is int else shape


@lru_cache(maxsize=2048)
def _statement(build: Callable[..., QuerySet], shape: tuple[Any, ...], day: date) -> Statement:
    found, small = _with_marks(build, shape, NUMBER), _with_marks(build, shape, 1)
    if found.compiled is None and small.compiled is not None:
        raise ImproperlyConfigured(
            f"{build.__qualname__}: a number is compared with a column of less than 8 bytes"
        )
    return found


def _with_marks(build: Callable[..., QuerySet], shape: tuple[Any, ...], first: int) -> Statement:
    marks: list[Any] = []
    return Statement(build(*(_marked(each, marks, first) for each in shape)), marks)


@dataclass(frozen=True)
class Slot:
    """Where a value goes among the parameters, in a form that the database knows."""

    number: int
    form: Callable[[Any], Any]


@dataclass
class Statement:
    """A question with the marks that stand in it for the values it will be asked with."""

    query: QuerySet
    marks: Sequence[Any]
    branches: dict[Any, Statement] = field(default_factory=dict)

    @cached_property
    def compiled(self) -> tuple[Any, str, list[Any]] | None:
        """Compiler, text and parameters with their slots; None where there can be no answer."""
        getattr(self.query, "_require_scope", lambda: None)()
        compiler = self.query.query.get_compiler(self.query.db)
        try:
            text, parameters = compiler.as_sql()
        except EmptyResultSet:
            return None
        slots = dict(self._slots(compiler.connection.ops))
        return compiler, text, [_slot(each, slots) for each in parameters]

    def _slots(self, ops: Any) -> Iterator[tuple[Any, Slot]]:
        # PostgreSQL takes the same number of another width for another question.
        whole = partial(ops.adapt_integerfield_value, internal_type="BigIntegerField")
        for number, mark in enumerate(self.marks):
            if isinstance(mark, int):
                yield mark, Slot(number, whole)
                yield str(mark), Slot(number, str)
                continue
            yield mark, Slot(number, lambda value: value)
            if isinstance(mark, date):
                yield ops.adapt_datefield_value(mark), Slot(number, ops.adapt_datefield_value)
            elif not mark.startswith(LETTERS):
                yield after(mark), Slot(number, after)
                yield int(mark[-WIDTH:]), Slot(number, lambda value: whole(int(value[-WIDTH:])))
                if len(mark) >= WIDE:
                    yield area_asked(mark), Slot(number, lambda value: whole(area_asked(value)))

    def rows(self, values: Sequence[Any], lasting: bool = True) -> list[Any]:
        if self.compiled is None:
            return []
        first, text, parameters = self.compiled
        given = tuple(
            each.form(values[each.number]) if isinstance(each, Slot) else each for each in parameters
        )
        compiler, query = copy(first), copy(self.query.query)
        compiler.connection = connection = connections[self.query.db]
        compiler.as_sql = lambda *_, **__: (text, given)
        query.get_compiler = lambda *_, **__: compiler
        asked = SimpleNamespace(
            query=query, db=self.query.db, _known_related_objects={}, _fields=self.query._fields
        )
        with getattr(connection, "lasting", nullcontext)() if lasting else nullcontext():
            found = list(self.query._iterable_class(asked))
        for lookup in self.query._prefetch_related_lookups:
            self._fetch(lookup, found, values)
        return found

    def _fetch(self, lookup: Prefetch, rows: list[Any], values: Sequence[Any]) -> None:
        """The rows that point to these, as Django's `prefetch_related` would put them there."""
        *way, last = lookup.prefetch_through.split("__")
        for part in way:
            rows = [getattr(row, part) for row in rows]
        owners = {row.pk: row for row in rows}
        if not owners:
            return
        key = rows[0]._meta.get_field(last).field
        more: list[Any] = []
        size = _shape(Keys(owners), more)
        if (lookup, size) not in self.branches:
            marks = list(self.marks)
            among = {f"{key.name}__in": _marked(size, marks)}
            self.branches[lookup, size] = Statement(lookup.queryset.filter(**among), marks)
        found = defaultdict(list)
        for row in self.branches[lookup, size].rows([*values, *more]):
            found[getattr(row, key.attname)].append(row)
        for row in rows:
            setattr(row, lookup.to_attr, found[row.pk])


def _slot(parameter: Any, slots: dict[Any, Slot]) -> Slot | Any:
    """The slot of a parameter, or the parameter itself where it is the same at every call."""
    if parameter not in slots and _differs(parameter):
        raise ImproperlyConfigured(
            f"A prepared question compares with its arguments as they are, not with {parameter!r}."
        )
    return slots.get(parameter, parameter)


def _differs(parameter: Any) -> bool:
    """Whether this is a mark in disguise, or the moment at which the question was first asked."""
    if isinstance(parameter, str):
        return bool(MOMENT.match(parameter)) or any(mark in parameter for mark in DISGUISED)
    if isinstance(parameter, date):
        return isinstance(parameter, datetime) or parameter.year > DAY.year - 100
    return isinstance(parameter, int) and (parameter >= NUMBER or BLOCK <= parameter < BLOCK + 10_000)
