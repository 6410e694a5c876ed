"""What a module declares to measure something. Knows no engine: those are loaded by the worker alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wutong.kernel.errors import Sentence

if TYPE_CHECKING:
    import polars
    from ibis.expr.types import Table

PLACE = "organisation_path"


@dataclass(frozen=True)
class View:
    """A published table of the warehouse. `schema` names types as Ibis does: {"organisation_path": "string"}.

    `rows()` gives tuples in the order of the schema, or a polars frame.
    """

    name: str
    title: Sentence
    schema: Mapping[str, str]
    rows: Callable[[], Iterable[tuple[Any, ...]] | polars.DataFrame]


@dataclass(frozen=True)
class Indicator:
    """`expression(views)` gives a row for each organisation: `organisation_path`, the dimensions, `value`, `base`.

    `value` and `base` are sums that may be added up: the runner adds them for each organisation above and over
    the dimensions. With `base` the indicator is value ÷ base, as a percentage if the unit is "%". A cell counting
    fewer than five is not shown; `counts=False` says that it counts no people, so that nothing has to be hidden.
    """

    name: str
    title: Sentence
    definition: Sentence
    unit: Sentence
    owner: Sentence
    views: tuple[View, ...]
    expression: Callable[[Mapping[str, Table]], Table]
    dimensions: tuple[str, ...] = ()
    of: Sentence = ""
    counts: bool = True
    every: timedelta = timedelta(days=1)
