"""What one search finds in a store. It is journalled with its purpose, and then open for half an hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, note
from wutong.kernel.people.models import Organisation
from wutong.kernel.people.rules import keeps_records
from wutong.kernel.policy import Actor
from wutong.platforms.learning.records import openings
from wutong.platforms.learning.records.mine.words import Entry, name_of, told
from wutong.platforms.learning.records.store import people, reading, rendering
from wutong.platforms.learning.records.store.reading import Question
from wutong.platforms.learning.records.store.rendering import stamp
from wutong.platforms.learning.records.xapi.agents import JsonObject

PAGE = 25

# As they lie in the session: JSON only. The address of the page tells nobody's name.
Search = Mapping[str, Any]


@action("records.search", title=_("浏览学习记录"), allow=keeps_records)
def search_store(
    actor: Actor, organisation: Organisation, *, purpose: str, search: Search, at: datetime
) -> None:
    """For the journal: why, and what was asked for. Of a person only the number: the journal forgets nobody."""
    agent = {"agent": people.find(organisation.pk, search["agent"])} if "agent" in search else {}
    note(purpose=purpose, **{**search, **agent})


def remember(request: HttpRequest, organisation: Organisation, search: Search) -> None:
    openings.keep(request, f"store {organisation.pk}", dict(search))


def remembered(request: HttpRequest, organisation: Organisation) -> Search | None:
    return openings.kept(request, f"store {organisation.pk}")


@dataclass(frozen=True)
class Line:
    actor: str
    entry: Entry
    stored: datetime


@dataclass(frozen=True)
class Found:
    """Statements, the last stored first; `after` continues, None at the end."""

    lines: list[Line]
    after: int | None

    @property
    def older_url(self) -> str:
        return f"?after={self.after}" if self.after else ""


def find(tenant: int, search: Search, *, after: int | None) -> Found:
    rows = reading.find(_question(tenant, search, after))
    kept = rows[:PAGE]
    lines = [_line(tenant, each) for each in rendering.statements(kept)]
    return Found(lines, kept[-1][0] if len(rows) > PAGE else None)


def _question(tenant: int, search: Search, after: int | None) -> Question:
    agent, registration = search.get("agent"), search.get("registration")
    return Question(
        tenant=tenant,
        limit=PAGE,
        agent=people.find(tenant, agent) if agent else None,
        verb=search.get("verb"),
        activity=search.get("activity"),
        registration=UUID(registration).bytes if registration else None,
        since=_stamp(search.get("since")),
        until=_stamp(search.get("until")),
        after=after,
    )


def _stamp(text: str | None) -> int | None:
    return stamp(datetime.fromisoformat(text)) if text else None


def _line(tenant: int, statement: JsonObject) -> Line:
    entry = told(statement, {}, tenant=tenant, hidden=False)
    return Line(name_of(statement["actor"]), entry, datetime.fromisoformat(statement["stored"]))
