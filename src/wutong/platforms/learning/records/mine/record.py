"""A person's record as pages show it: by month, filtered, without what is hidden."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from wutong.kernel.people.models import Person
from wutong.platforms.learning.records.door.credentials import caller_of
from wutong.platforms.learning.records.mine.models import Hiding
from wutong.platforms.learning.records.mine.words import Entry, told
from wutong.platforms.learning.records.models import Key
from wutong.platforms.learning.records.persons import numbers
from wutong.platforms.learning.records.store import life, people, reading, rendering
from wutong.platforms.learning.records.store.life import Deed, Place, Span
from wutong.platforms.learning.records.store.preparing import as_uuid
from wutong.platforms.learning.records.store.rendering import EPOCH, stamp

PAGE = 30
# Statements looked through for one page: a filter that matches little does not read a whole life at once.
LOOKED_AT = 3_000
YEARS = 12
WHY = "the person's own decisions, asked for by who may read the record"


@dataclass(frozen=True)
class Filters:
    """Which part of a record; empty means all. `key` is the key of the software that wrote."""

    year: int | None = None
    kind: str = ""
    key: int | None = None

    @property
    def span(self) -> Span:
        return year_span(self.year) if self.year else Span()


@dataclass(frozen=True)
class Part:
    """Entries, the last first; `older` continues the search, empty at the end."""

    entries: list[Entry]
    older: str


class Record:
    """What one person's statements say, over all stores. `agents` are the person's numbers, each with its store."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.agents = people.tenants_of(numbers(person))

    @property
    def tenants(self) -> list[int]:
        return sorted(set(self.agents.values()))

    @cached_property
    def hidden(self) -> frozenset[str]:
        own = Q(person=self.person) | Q(person__merged_into=self.person)
        rows = Hiding.objects.unscoped(WHY).filter(own)
        return frozenset(str(each) for each in rows.values_list("statement", flat=True))

    def part(self, filters: Filters, older: str = "", *, most: int = PAGE) -> Part:
        found: list[tuple[Deed, Entry]] = []
        before, looked = _place(older), 0
        agents, authority = self._written_by(filters.key)
        step = LOOKED_AT // 10 if filters.kind else most
        while True:
            deeds = life.find(agents, limit=step, span=filters.span, before=before, authority=authority)
            kept, more = deeds[:step], len(deeds) > step
            looked += len(kept)
            found += [
                (deed, entry)
                for deed, entry in zip(kept, self._told(kept), strict=True)
                if not entry.hidden and filters.kind in ("", entry.kind)
            ]
            if len(found) >= most:
                rest = more or len(found) > most
                return Part(_entries(found[:most]), _text(found[most - 1][0].place) if rest else "")
            if not more or looked >= LOOKED_AT:
                return Part(_entries(found), _text(kept[-1].place) if more else "")
            before = kept[-1].place

    def concealed(self) -> list[Entry]:
        """The hidden ones that are still in a store, the last first."""
        found = [
            Deed(0, tenant, row)
            for tenant in self.tenants
            for id in self.hidden
            if (row := reading.one(tenant, UUID(id).bytes)) and row[3] in self.agents
        ]
        return sorted(self._told(found), key=lambda entry: entry.at, reverse=True)

    def entry(self, id: UUID) -> Entry | None:
        """One statement of this person's, hidden or not."""
        for tenant in self.tenants:
            row = reading.one(tenant, id.bytes)
            if row and row[3] in self.agents:
                return self._told([Deed(0, tenant, row)])[0]
        return None

    def _told(self, deeds: Sequence[Deed]) -> list[Entry]:
        statements = rendering.statements([deed.row for deed in deeds])
        known = {
            tenant: rendering.canonical_activities(tenant, _nameless(statements))
            for tenant in {deed.tenant for deed in deeds}
        }
        return [
            told(each, known[deed.tenant], tenant=deed.tenant, hidden=as_uuid(bytes(deed.row[1])) in self.hidden)
            for deed, each in zip(deeds, statements, strict=True)
        ]  # fmt: skip

    def _written_by(self, key: int | None) -> tuple[dict[int, int], int | None]:
        """The person's agents in that key's store, and the key's own; nobody's where there is no such key."""
        if key is None:
            return self.agents, None
        chosen = next((each for each in self.software() if each.pk == key), None)
        if chosen is None:
            return {}, None
        caller = caller_of(chosen)
        here = {agent: tenant for agent, tenant in self.agents.items() if tenant == caller.tenant}
        return here, people.find(caller.tenant, caller.authority)

    def software(self) -> list[Key]:
        """Software that has written into, or may write into, the stores where the person learned."""
        rows = Key.objects.unscoped("names of the software that tells of this person")
        return list(
            rows.filter(organisation__in=self.tenants).select_related("organisation").order_by("name", "pk")
        )

    def years(self, now: datetime) -> list[tuple[int, int]]:
        """How many entries each year has, the first year first; at most the last twelve. Hidden ones count."""
        begun = life.first(self.agents)
        if begun is None:
            return []
        last = timezone.localtime(now).year
        first = timezone.localtime(EPOCH + timedelta(microseconds=begun)).year
        years = list(range(max(first, last - YEARS + 1), last + 1))
        return list(zip(years, life.count(self.agents, [year_span(year) for year in years]), strict=True))


def _entries(found: Sequence[tuple[Deed, Entry]]) -> list[Entry]:
    return [entry for _deed, entry in found]


def year_span(year: int) -> Span:
    zone = timezone.get_current_timezone()
    return Span(*(stamp(datetime(each, 1, 1, tzinfo=zone)) for each in (year, year + 1)))


def _nameless(statements: Iterable[dict]) -> set[str]:
    """Addresses of activities of which the statement itself does not say enough to be read."""
    things = [each["object"] for each in statements]
    for each in statements:
        grouped = (each.get("context") or {}).get("contextActivities") or {}
        things += (grouped.get("parent") or ())[:1]
    plain = [each for each in things if each.get("objectType", "Activity") == "Activity"]
    return {each["id"] for each in plain if not {"name", "type"} <= (each.get("definition") or {}).keys()}


def _place(text: str) -> Place | None:
    """A cursor that somebody made up begins anew."""
    found = re.fullmatch(r"(-?\d{1,18})\.(\d{1,18})", text)
    return (int(found[1]), int(found[2])) if found else None


def _text(place: Place) -> str:
    return f"{place[0]}.{place[1]}"
