"""Computing indicators: views to Parquet, Ibis to SQL, SQL in DuckDB. For the worker only: pages never load this."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
from django.db import transaction
from django.utils import timezone

from wutong.kernel.indicator import warehouse
from wutong.kernel.indicator.declare import PLACE, Indicator, View
from wutong.kernel.indicator.models import IndicatorRun, IndicatorValue
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.organisations import WIDTH

Step = Callable[..., Any] | None
KEEP = 400  # runs of one indicator, a year and a bit of daily ones


def refresh(progress: Step = None, name: str | None = None, at: datetime | None = None) -> str:
    """Takes one snapshot of the views that are needed, and computes what is due or the one that is named."""
    at = at or timezone.now()
    chosen = [
        each for each in REGISTRY.all("indicators") if name == each.name or (name is None and due(each, at))
    ]
    snapshot = warehouse.snapshot_id(at)
    views = {view.name: view for indicator in chosen for view in indicator.views}
    files = {view.name: warehouse.publish(view, snapshot) for view in views.values()}
    for done, indicator in enumerate(chosen, start=1):
        compute(indicator, files, snapshot, at)
        if progress:
            progress(done, len(chosen), str(indicator.title))
    return str(len(chosen))


def due(indicator: Indicator, at: datetime) -> bool:
    return not IndicatorRun.objects.filter(indicator=indicator.name, at__gt=at - indicator.every).exists()


def compute(indicator: Indicator, files: dict[str, Path], snapshot: str, at: datetime) -> IndicatorRun:
    formula = formula_of(indicator)
    with engine(indicator.views, files) as connection:
        columns = [column[0] for column in connection.execute(formula).description]
        rows = connection.execute(rolled_up(indicator, formula, columns)).fetchall()
    run = IndicatorRun(
        indicator=indicator.name,
        formula=formula,
        snapshot=snapshot,
        at=at,
        formula_version=version_of(formula),
    )
    with transaction.atomic():
        run.save()
        IndicatorValue.objects.bulk_create(values_of(indicator, run, rows), batch_size=1_000)
        forget(indicator)
    return run


def formula_of(indicator: Indicator) -> str:
    """The SQL of the expression alone, as people are shown it."""
    tables = {view.name: ibis.table(dict(view.schema), name=view.name) for view in indicator.views}
    return str(ibis.to_sql(indicator.expression(tables), dialect="duckdb"))


def version_of(formula: str) -> str:
    return hashlib.sha256(formula.encode()).hexdigest()[:12]


@contextmanager
def engine(views: Iterable[View], files: dict[str, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "512MB"})
    try:
        for view in views:
            connection.read_parquet(str(files[view.name])).create_view(view.name)
        yield connection
    finally:
        connection.close()


def rolled_up(indicator: Indicator, formula: str, columns: list[str]) -> str:
    """Adds up for each organisation above, with the dimensions and over them. Names come from declarations."""
    needed = {PLACE, "value", *indicator.dimensions}
    if needed - set(columns):
        raise ValueError(f"{indicator.name}: the expression lacks {sorted(needed - set(columns))}.")
    dims = "".join(f', "{name}"' for name in indicator.dimensions)
    base = "sum(base)" if "base" in columns else "NULL"
    whole = ", (place)" if dims else ""
    grouped = f"grouping({dims[2:]})" if dims else "0"
    return f"""
        WITH measured AS ({formula}),
        levels AS (
            SELECT *, left({PLACE}, unnest(range({WIDTH}, length({PLACE}) + 1, {WIDTH}))) AS place FROM measured
        )
        SELECT place, sum(value), {base}, {grouped}{dims}
        FROM levels GROUP BY GROUPING SETS ((place{dims}){whole}) ORDER BY ALL
    """  # noqa: S608  # SQL compiled by Ibis and column names that modules declare


def values_of(
    indicator: Indicator, run: IndicatorRun, rows: Iterable[tuple[Any, ...]]
) -> list[IndicatorValue]:
    return [
        IndicatorValue(
            run=run,
            organisation_path=place,
            value=number(value),
            base=number(base),
            dimensions={} if whole else dict(zip(indicator.dimensions, map(plain, dims), strict=True)),
        )
        for place, value, base, whole, *dims in rows
    ]


def number(value: Any) -> float | None:
    return None if value is None else float(value)


def plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def forget(indicator: Indicator) -> None:
    runs = IndicatorRun.objects.filter(indicator=indicator.name).order_by("-at", "-pk")
    old = list(runs.values_list("pk", flat=True)[KEEP:])
    IndicatorRun.objects.filter(pk__in=old).delete()
