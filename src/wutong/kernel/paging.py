"""A page of an ordered list, and how the next one is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

PAGE = 25


@dataclass(frozen=True)
class Page:
    """`total` is None where nobody counts; the next page is then asked for as the one behind the last row."""

    rows: list[Any]
    number: int
    total: int | None
    capped: bool
    query: Mapping[str, str]
    more: bool = False

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0

    @property
    def previous_url(self) -> str:
        return self._url(self.number - 1, "before", 0) if self.number > 1 else ""

    @property
    def next_url(self) -> str:
        more = self.more if self.total is None else self.last < self.total
        return self._url(self.number + 1, "after", -1) if more else ""

    def _url(self, number: int, way: str, end: int) -> str:
        beside = {way: self.rows[end].pk} if self.total is None and self.rows else {}
        return "?" + urlencode({**self.query, "page": number, **beside})


def beyond(order: Sequence[str], place: Sequence[Any], way: str) -> Q:
    """Rows after a place or before it; the first column bounds them alone as well, so that an index leads there."""
    found = Q()
    for field, value in zip(reversed(order), reversed(place), strict=True):
        name, side = field.lstrip("-"), "gt" if (way == "after") != field.startswith("-") else "lt"
        found = Q(**{f"{name}__{side}": value}) | (Q(**{name: value}) & found if found else found)
    return Q(**{f"{name}__{side}e": place[0]}) & found if len(place) > 1 else found
