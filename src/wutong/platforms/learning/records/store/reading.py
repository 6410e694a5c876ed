"""Finding statements. Each way in which one can match is a query that an index answers in the order asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from wutong.platforms.learning.records.store.database import Row, again, row, rows
from wutong.platforms.learning.records.store.terms import (
    ACTIVITY,
    ACTOR,
    AGENT,
    REGISTRATION,
    RELATED_ACTIVITY,
    RELATED_AGENT,
    VERB,
    term,
)
from wutong.platforms.learning.records.xapi.statement import VOIDED

COLUMNS = "s.stored, s.id, s.body, s.actor"


@dataclass(frozen=True)
class Question:
    """`agent` and `authority` are numbers; `since` (not included), `until` (included) and `after` are stamps.

    `after` is where the page before ended, in the direction of the answer.
    """

    tenant: int
    limit: int
    agent: int | None = None
    related_agents: bool = False
    verb: str | None = None
    activity: str | None = None
    related_activities: bool = False
    registration: bytes | None = None
    authority: int | None = None
    since: int | None = None
    until: int | None = None
    after: int | None = None
    ascending: bool = False


@dataclass(frozen=True)
class Way:
    """One way to meet a condition: a column of the statement, or a term beside it (`column` empty)."""

    column: str
    value: Any
    echoed: int


@dataclass(frozen=True)
class Part:
    """A piece of SQL with its values."""

    sql: str
    values: tuple[Any, ...] = ()

    def __add__(self, other: Part) -> Part:
        return Part(f"{self.sql} AND {other.sql}", self.values + other.values)


def find(question: Question) -> list[Row]:
    """At most `limit` + 1 rows (stored, id, body, actor) in order: one more than asked says that there are more."""
    conditions = list(_conditions(question))
    queries = list(_queries(question, conditions))
    together = " UNION ALL ".join(f"SELECT * FROM ({each.sql}) way{n}" for n, each in enumerate(queries))
    # Of a window PostgreSQL should see which days it touches.
    ask = again if question.since is question.until is question.after is None else rows
    found = {each[0]: each for each in ask(together, *chain.from_iterable(each.values for each in queries))}
    ordered = sorted(found, reverse=not question.ascending)
    return [found[stored] for stored in ordered[: question.limit + 1]]


def _conditions(q: Question) -> Iterator[list[Way]]:
    """Each a list of ways; the first, where there is one, leads the search."""
    if q.registration is not None:
        yield [Way("registration", q.registration, term(REGISTRATION, q.tenant, q.registration.hex()))]
    if q.agent is not None:
        yield list(_agent_ways(q, q.agent))
    if q.activity is not None:
        own, related = term(ACTIVITY, q.tenant, q.activity), term(RELATED_ACTIVITY, q.tenant, q.activity)
        ways = [Way("activity", own, own)]
        yield [*ways, Way("", related, related)] if q.related_activities else ways
    if q.verb is not None:
        own = term(VERB, q.tenant, q.verb)
        yield [Way("verb", own, own)]


def _agent_ways(q: Question, agent: int) -> Iterator[Way]:
    yield Way("actor", agent, term(ACTOR, q.tenant, agent))
    direct = term(AGENT, q.tenant, agent)
    yield Way("", direct, direct)
    if q.related_agents:
        related = term(RELATED_AGENT, q.tenant, agent)
        yield Way("", related, related)
        yield Way("authority", agent, related)


def _queries(q: Question, conditions: list[list[Way]]) -> Iterator[Part]:
    if not conditions:
        yield _select("records_statement s", _visible(q) + Part("s.tenant = %s", (q.tenant,)), "s", q)
        return
    leading, rest = conditions[0], conditions[1:]
    other = _visible(q) + Part("+s.tenant = %s", (q.tenant,))
    for way in leading:
        where = _met(rest, "s", other)
        if way.column:
            yield _select("records_statement s", Part(f"s.{way.column} = %s", (way.value,)) + where, "s", q)
        else:
            source = "records_related d JOIN records_statement s ON s.stored = d.stored"
            yield _select(source, Part("d.term = %s", (way.value,)) + where, "d", q)
    yield _echoing(q, leading, rest, other)


def _echoing(q: Question, leading: list[Way], rest: list[list[Way]], other: Part) -> Part:
    """Statements about others that match: it is the other that meets all conditions."""
    terms = sorted({way.echoed for way in leading})
    target = Part(f"d.term IN ({', '.join(['%s'] * len(terms))})", tuple(terms))
    inner = _met(rest, "t", target + _window(q, "d.stored"))
    sub = (
        "s.stored IN (SELECT DISTINCT d.stored FROM records_echo d"
        f" JOIN records_statement t ON t.stored = d.target WHERE {inner.sql}"
        f" ORDER BY d.stored {_direction(q)} LIMIT {q.limit + 1})"
    )
    return _select("records_statement s", Part(sub, inner.values) + other, "s", q)


def _select(source: str, where: Part, order: str, q: Question) -> Part:
    whole = where + _window(q, f"{order}.stored")
    sql = (
        f"SELECT {COLUMNS} FROM {source} WHERE {whole.sql}"
        f" ORDER BY {order}.stored {_direction(q)} LIMIT {q.limit + 1}"
    )
    return Part(sql, whole.values)


def _direction(q: Question) -> str:
    return "ASC" if q.ascending else "DESC"


def _met(conditions: list[list[Way]], alias: str, whole: Part) -> Part:
    """The further conditions. The plus keeps a planner from leading with them."""
    for ways in conditions:
        parts = [
            f"+{alias}.{way.column} = %s"
            if way.column
            else f"EXISTS (SELECT 1 FROM records_related r WHERE r.term = %s AND r.stored = {alias}.stored)"
            for way in ways
        ]
        whole = whole + Part(f"({' OR '.join(parts)})", tuple(way.value for way in ways))
    return whole


def _window(q: Question, column: str) -> Part:
    """Both ends always: an index range, and on PostgreSQL the partitions of some days only."""
    low, high = (q.since or 0) + 1, q.until if q.until is not None else 2**62
    if q.after is not None:
        low, high = (max(low, q.after + 1), high) if q.ascending else (low, min(high, q.after - 1))
    return Part(f"{column} BETWEEN %s AND %s", (low, high))


def _visible(q: Question) -> Part:
    """Not voided; a voiding statement cannot be voided. Who may read only what they sent reads that."""
    visible = Part(
        "(+s.verb = %s OR NOT EXISTS"
        " (SELECT 1 FROM records_voided v WHERE v.tenant = s.tenant AND v.id = s.id))",
        (term(VERB, q.tenant, VOIDED),),
    )
    return visible if q.authority is None else visible + Part("+s.authority = %s", (q.authority,))


def one(tenant: int, id: bytes, *, voided: bool = False, authority: int | None = None) -> Row | None:
    """The statement of this id, if it is (or is not) voided, and of this authority where one is asked for."""
    found = row("SELECT stored FROM records_id WHERE tenant = %s AND id = %s", tenant, id)
    if found is None:
        return None
    kept = row(
        f"SELECT {COLUMNS}, s.verb, s.authority FROM records_statement s WHERE s.stored = %s", found[0]
    )
    if kept is None or (authority is not None and kept[5] != authority):
        return None
    is_voided = kept[4] != term(VERB, tenant, VOIDED) and bool(
        row("SELECT 1 FROM records_voided WHERE tenant = %s AND id = %s", tenant, id)
    )
    return kept[:4] if is_voided == voided else None
