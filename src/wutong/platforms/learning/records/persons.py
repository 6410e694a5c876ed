"""The record of a person of this house: found over all stores, read with a reason, taken away when asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, note
from wutong.kernel.people.models import Person
from wutong.kernel.people.rules import is_guardian, is_self, keeps_records
from wutong.kernel.policy import Actor, over
from wutong.platforms.learning.records.mine.models import Hiding, Share
from wutong.platforms.learning.records.store import people, reading, rendering, usage
from wutong.platforms.learning.records.store.database import Row
from wutong.platforms.learning.records.store.erasing import agents_of_person, erase
from wutong.platforms.learning.records.store.reading import Question
from wutong.platforms.learning.records.xapi.agents import JsonObject

# Oneself, one's guardian, and those who teach or lead where the person learns.
reads_record = is_self | is_guardian | over("class_teacher", "teacher", "head", "officer")
erases_record = is_self | keeps_records


def numbers(person: Person) -> list[int]:
    """Pseudonyms under which a person is spoken of, those of records merged into this one too."""
    merged = Person.objects.unscoped("the person's own merged records").filter(merged_into=person)
    return agents_of_person([person.pk, *merged.values_list("pk", flat=True)])


@dataclass(frozen=True)
class Page:
    """Statements, the last stored first; `after` continues, None at the end."""

    statements: list[JsonObject]
    after: int | None


def page(agents: Sequence[int], *, limit: int, after: int | None = None, **filters: object) -> Page:
    """One person's statements of every store as one list. `filters` are those of `Question`."""
    found: dict[int, Row] = {}
    for agent in agents:
        question = Question(tenant=people.tenant_of(agent), agent=agent, limit=limit, after=after)
        found.update((row[0], row) for row in reading.find(replace(question, **filters)))  # type: ignore[arg-type]  # names of Question
    ordered = [found[stored] for stored in sorted(found, reverse=True)]
    more = ordered[limit - 1][0] if len(ordered) > limit else None
    return Page(rendering.statements(ordered[:limit]), more)


@action("records.open_record", title=_("查看学习档案"), allow=reads_record)
def open_record(
    actor: Actor, person: Person, *, purpose: str, at: datetime, limit: int = 50, after: int | None = None
) -> Page:
    """For anybody but the person: the look and its purpose are journalled."""
    if actor.person_id != person.pk:
        note(purpose=purpose)
    return page(numbers(person), limit=limit, after=after)


def whole_record(person: Person) -> Iterator[JsonObject]:
    """Every statement about a person, the oldest first: what they take away, and another store accepts."""
    for agent in numbers(person):
        after = None
        while True:
            question = Question(people.tenant_of(agent), limit=500, agent=agent, after=after, ascending=True)
            found = reading.find(question)
            yield from rendering.statements(found[:500])
            if len(found) <= 500:
                break
            after = found[499][0]


@action("records.erase_record", title=_("清除学习档案中的身份"), allow=erases_record)
def erase_record(actor: Actor, person: Person, *, reason: str, at: datetime) -> int:
    """Destroys what leads from statements to this person, documents and links; what was counted stays counted.

    Returns how many documents went. There is no way back.
    """
    agents = numbers(person)
    documents = erase(agents)
    for decided in (Hiding, Share):
        decided.objects.unscoped("they go with the record they are about").filter(person=person).delete()
    note(reason=reason, identities=len(agents), documents=documents)
    return documents


def readers(person: Person) -> list[usage.Look]:
    """Which software read this person's record, on which day."""
    return usage.looks(numbers(person))
