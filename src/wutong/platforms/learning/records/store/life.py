"""What a person did, in the order in which it happened: over all stores, the last first.

Most statements arrive on the day they speak of, and the stamp of the store is their place. Those brought in later
stand in `records_moment` under the time that they name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wutong.platforms.learning.records.store.database import Row, marks, rows
from wutong.platforms.learning.records.store.reading import COLUMNS
from wutong.platforms.learning.records.store.terms import VERB, term
from wutong.platforms.learning.records.xapi.statement import VOIDED

# Neither voided nor voiding.
STANDS = (
    "+s.verb <> %s AND NOT EXISTS (SELECT 1 FROM records_voided v WHERE v.tenant = s.tenant AND v.id = s.id)"
)
ON_TIME = "NOT EXISTS (SELECT 1 FROM records_moment m WHERE m.stored = s.stored)"

# A place in a life: when it was, and its stamp where two were at once. Both in microseconds since 1970.
Place = tuple[int, int]


@dataclass(frozen=True)
class Deed:
    """A statement in its place; `row` is (stored, id, body, actor) as `reading.find` gives them."""

    at: int
    tenant: int
    row: Row

    @property
    def place(self) -> Place:
        return self.at, self.row[0]


@dataclass(frozen=True)
class Span:
    """From `since` until just before `until`, in microseconds."""

    since: int = -(2**62)
    until: int = 2**62


def find(
    agents: Mapping[int, int], *, limit: int, span: Span, before: Place | None, authority: int | None = None
) -> list[Deed]:
    """At most `limit` + 1, from `before` (not included) backwards. `agents` lead to the stores they are of."""
    found = [
        deed
        for agent, tenant in agents.items()
        for deed in _of_one(agent, tenant, limit, span, before, authority)
    ]
    return sorted(found, key=lambda deed: deed.place, reverse=True)[: limit + 1]


def _of_one(
    agent: int, tenant: int, limit: int, span: Span, before: Place | None, authority: int | None
) -> Iterator[Deed]:
    at, stored = before or (span.until, 0)
    voiding = term(VERB, tenant, VOIDED)
    by, who = (" AND +s.authority = %s", [authority]) if authority is not None else ("", [])
    found = rows(
        f"SELECT s.stored, {COLUMNS} FROM records_statement s"
        f" WHERE s.actor = %s AND s.stored BETWEEN %s AND %s AND {ON_TIME} AND {STANDS}{by}"
        f" ORDER BY s.stored DESC LIMIT {limit + 1}",
        agent, span.since, min(at, span.until) - (stored <= at), voiding, *who,
    )  # fmt: skip
    found += rows(
        f"SELECT m.at, {COLUMNS} FROM records_moment m JOIN records_statement s ON s.stored = m.stored"
        f" WHERE m.actor = %s AND m.at >= %s AND (m.at, m.stored) < (%s, %s) AND {STANDS}{by}"
        f" ORDER BY m.at DESC, m.stored DESC LIMIT {limit + 1}",
        agent, span.since, min(at, span.until), stored, voiding, *who,
    )  # fmt: skip
    return (Deed(row[0], tenant, row[1:]) for row in found)


def count(agents: Mapping[int, int], spans: Sequence[Span]) -> list[int]:
    """How many fall into each span."""
    totals = [0] * len(spans)
    for agent, tenant in agents.items():
        for place, number in _counted(agent, tenant, spans):
            totals[place] += number
    return totals


def _counted(agent: int, tenant: int, spans: Sequence[Span]) -> list[Row]:
    voiding = term(VERB, tenant, VOIDED)
    given = ", ".join(["(%s, %s, %s)"] * len(spans))
    values: list[Any] = [
        value for place, span in enumerate(spans) for value in (place, span.since, span.until)
    ]
    return rows(
        f"WITH span (place, low, high) AS (VALUES {given}) SELECT place,"
        " (SELECT count(*) FROM records_statement s"
        f" WHERE s.actor = %s AND s.stored >= low AND s.stored < high AND {ON_TIME} AND {STANDS})"
        " + (SELECT count(*) FROM records_moment m JOIN records_statement s ON s.stored = m.stored"
        f" WHERE m.actor = %s AND m.at >= low AND m.at < high AND {STANDS}) FROM span",
        *values, agent, voiding, agent, voiding,
    )  # fmt: skip


def first(agents: Collection[int]) -> int | None:
    """When the first of all was."""
    if not agents:
        return None
    these = marks(list(agents))
    found = rows(
        f"SELECT min(at) FROM records_moment WHERE actor IN ({these})"
        f" UNION ALL SELECT min(stored) FROM records_statement WHERE actor IN ({these})",
        *agents, *agents,
    )  # fmt: skip
    return min((at for (at,) in found if at is not None), default=None)
