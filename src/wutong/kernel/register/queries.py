"""Reading a register: filtered, found, in order, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import Actor
from wutong.kernel.prepared import Keys, Prepared
from wutong.kernel.register.kinds import CodesOf, Count
from wutong.kernel.register.spec import Column, Register

PAGE = 25
# Nobody reads to row one thousand: counting further would cost more than the page itself.
MOST = 1_000


@dataclass(frozen=True)
class Page:
    rows: list[Any]
    number: int
    total: int
    capped: bool
    query: Mapping[str, str]

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def previous_url(self) -> str:
        return self._url(self.number - 1) if self.number > 1 else ""

    @property
    def next_url(self) -> str:
        return self._url(self.number + 1) if self.last < self.total else ""

    def _url(self, number: int) -> str:
        return "?" + urlencode({**self.query, "page": number})


def path_to(column: Column) -> str:
    return (column.source or column.name).replace(".", "__")


def filtered(register: Register, actor: Actor, chosen: Mapping[str, str]) -> QuerySet:
    """`q` looks into the searched columns, every other name filters a column; unknown names are left out."""
    rows = register.rows(actor)
    for column in register.columns:
        value = chosen.get(column.name)
        if column.filtered and value:
            rows = rows.filter(_matches(column, value))
    words = chosen.get("q", "").split()
    return reduce(lambda found, word: found.filter(_finds(register, word)), words[:5], rows)


def _matches(column: Column, value: str) -> Q:
    if isinstance(column.kind, CodesOf):
        # The list of codes as JSON text: the quoted code is in it on either engine.
        return Q(**{f"{path_to(column)}__icontains": f'"{value}"'})
    if isinstance(column.kind, Count) and not (value.isdecimal() and len(value) < 10):
        return Q(pk__in=())  # an address is written by anybody
    return Q(**{path_to(column): value})


def _finds(register: Register, word: str) -> Q:
    fields = [path_to(column) for column in register.columns if column.searched]
    return reduce(or_, (Q(**{f"{field}__icontains": word[:50]}) for field in fields), Q(pk__in=()))


def page_of(register: Register, actor: Actor, chosen: Mapping[str, str]) -> Page:
    asked = chosen.get("page", "1")[:9]
    number = min(max(int(asked) if asked.isdecimal() else 1, 1), MOST // PAGE)
    query = {name: value for name, value in chosen.items() if name != "page" and value}
    keys = _keys(register, actor, query)
    start = (number - 1) * PAGE
    rows = picked(register, actor, *keys[start : start + PAGE])
    return Page(rows, number, min(len(keys), MOST), len(keys) > MOST, query)


def _keys(register: Register, actor: Actor, query: Mapping[str, str]) -> list[Any]:
    """The keys of the list from its beginning: they count it, and the page is fetched by them."""
    if set(query) & {column.name for column in register.columns} or "q" in query:
        return list(_ordered(register, actor, query))
    return _all_keys(register.name, actor)


def _ordered(register: Register, actor: Actor, query: Mapping[str, str]) -> QuerySet:
    found = filtered(register, actor, query).order_by(*register.order)
    return found.prefetch_related(None).values_list("pk", flat=True)[: MOST + 1]


@Prepared
def _all_keys(name: str, actor: Actor) -> QuerySet:
    return _ordered(REGISTRY.register(name), actor, {})


def picked(register: Register, actor: Actor, *keys: Any) -> list[Any]:
    """The visible rows of these keys, in this order."""
    rows = {row.pk: row for row in _picked(register.name, actor, Keys(keys))}
    return [rows[key] for key in keys if key in rows]


@Prepared
def _picked(name: str, actor: Actor, keys: Keys) -> QuerySet:
    return REGISTRY.register(name).rows(actor).filter(pk__in=keys)


def records(register: Register, actor: Actor, chosen: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Every visible row as a sheet carries it, streamed; sensitive facts masked for all but the system."""
    for row in filtered(register, actor, chosen).order_by(*register.order).iterator(500):
        yield register.record(row, full=actor.is_system)
