"""Reading a register: filtered, found, in order, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial, reduce
from operator import or_
from typing import Any

from django.db.models import Q, QuerySet

from wutong.kernel.module import REGISTRY
from wutong.kernel.paging import PAGE, Page, beyond
from wutong.kernel.policy import Actor
from wutong.kernel.prepared import Keys, Prepared, Text
from wutong.kernel.register.kinds import CodesOf, Count
from wutong.kernel.register.spec import Column, Register

# Nobody reads to row one thousand: counting further would cost more than the page itself.
MOST = 1_000
PLACE = frozenset({"page", "after", "before"})
Query = Mapping[str, str]
Order = tuple[str, ...]


def path_to(column: Column) -> str:
    return (column.source or column.name).replace(".", "__")


def filtered(register: Register, actor: Actor, chosen: Mapping[str, str]) -> QuerySet:
    """`q` looks into the searched columns, every other name filters a column; unknown names are left out."""
    rows = register.rows(actor)
    if register.area and actor.sees_much:
        rows = rows.filter(register.area(actor))
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


def counts(register: Register, actor: Actor) -> bool:
    """Whether the reader is told how many rows there are."""
    return register.counted or not actor.sees_much


def page_of(register: Register, actor: Actor, chosen: Mapping[str, str]) -> Page:
    asked = chosen.get("page", "1")[:9]
    number = max(int(asked) if asked.isdecimal() else 1, 1)
    query = {name: value for name, value in chosen.items() if name not in PLACE and value}
    if not counts(register, actor):
        return _page_beside(register, actor, chosen, query, number)
    number = min(number, MOST // PAGE)
    keys = keys_of(register, actor, query, register.order, MOST + 1)
    start = (number - 1) * PAGE
    rows = picked(register, actor, *keys[start : start + PAGE])
    return Page(rows, number, min(len(keys), MOST), len(keys) > MOST, query)


def _page_beside(
    register: Register, actor: Actor, chosen: Mapping[str, str], query: Mapping[str, str], number: int
) -> Page:
    """The page behind the row `after` or in front of the row `before`; where there is no such row, by its number."""
    way = "before" if "before" in chosen else "after"
    place = _place(register, actor, chosen.get(way, "")) if number > 1 else ()
    if not place:
        way, number = "after", min(number, MOST // PAGE)
    passed = 0 if place else (number - 1) * PAGE
    keys = keys_of(register, actor, query, register.order, passed + PAGE + 1, way, *place)[passed:]
    rows = picked(register, actor, *keys[:PAGE][:: 1 if way == "after" else -1])
    return Page(rows, number, None, False, query, more=way == "before" or len(keys) > PAGE)


def _place(register: Register, actor: Actor, key: str) -> tuple[Any, ...]:
    """What the list is ordered by, of one visible row."""
    found = _order_of(register.name, actor, int(key)) if key.isdecimal() and len(key) < 19 else []
    return tuple(value for row in found for value in row)


@Prepared
def _order_of(name: str, actor: Actor, key: int) -> QuerySet:
    register = REGISTRY.register(name)
    rows = register.rows(actor).filter(pk=key).prefetch_related(None)
    return rows.values_list(*(field.lstrip("-") for field in register.order))


def keys_of(
    register: Register, actor: Actor, query: Query, order: Order, most: int, way: str = "after", *place: Any
) -> list[Any]:
    """Keys of rows in an order that no two share, from its beginning or from a place (a value of each) on or back."""
    if set(query) & {column.name for column in register.columns} or "q" in query:
        return list(_ordered(register, actor, query, order, most, way, *place))
    values = (Text(value) if isinstance(value, str) else value for value in place)
    return _all_keys(register.name, actor, order, str(most), way, *values)


def _ordered(
    register: Register, actor: Actor, query: Query, order: Order, most: int, way: str, *place: Any
) -> QuerySet:
    found = filtered(register, actor, query).order_by(*order)
    if place:
        found = found.filter(beyond(order, place, way))
    elif order == register.order and not counts(register, actor):
        # True of every name: SQLite then walks along the names, instead of sorting those of the city.
        found = found.filter(**{f"{order[0]}__gte": ""})
    found = found if way == "after" else found.reverse()
    return found.prefetch_related(None).values_list("pk", flat=True)[:most]


@partial(Prepared, weighed=lambda name, *_: REGISTRY.register(name).large)
def _all_keys(name: str, actor: Actor, order: Order, most: str, way: str, *place: Any) -> QuerySet:
    return _ordered(REGISTRY.register(name), actor, {}, order, int(most), way, *place)


def picked(register: Register, actor: Actor, *keys: Any) -> list[Any]:
    """The visible rows of these keys, in this order."""
    rows = {row.pk: row for row in _picked(register.name, actor.with_keys(), Keys(keys))}
    return [rows[key] for key in keys if key in rows]


@Prepared
def _picked(name: str, actor: Actor, keys: Keys) -> QuerySet:
    return REGISTRY.register(name).rows(actor).filter(pk__in=keys)


def records(register: Register, actor: Actor, chosen: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Every visible row as a sheet carries it, streamed; sensitive facts masked for all but the system."""
    for row in filtered(register, actor, chosen).order_by(*register.order).iterator(500):
        yield register.record(row, full=actor.is_system)
