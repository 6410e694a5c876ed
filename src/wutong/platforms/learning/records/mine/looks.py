"""Who looked at a person's record: people with their purpose, software by the day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Model, QuerySet
from django.utils import timezone

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.people.models import Organisation, Person
from wutong.platforms.learning.records.browser.searching import search_store
from wutong.platforms.learning.records.mine.record import Record
from wutong.platforms.learning.records.mine.words import name_of
from wutong.platforms.learning.records.persons import open_record, readers
from wutong.platforms.learning.records.store.people import names


@dataclass(frozen=True)
class Look:
    """`why` is what somebody gave as their purpose; software gives none."""

    day: date
    who: str
    why: str = ""


def looks(record: Record, *, most: int) -> list[Look]:
    """The last ones first. They concern the person, whose record it is: ask for the person only."""
    opened = _journal(open_record.name, [record.person.pk], Person).exclude(changes={})
    searched = _journal(search_store.name, record.tenants, Organisation).filter(
        changes__agent__in=list(record.agents)
    )
    rows = [row for found in (opened, searched) for row in found.order_by("-sequence")[:most]]
    people = [
        Look(timezone.localdate(row.at), row.actor_name, row.changes.get("purpose", "")) for row in rows
    ]
    read = readers(record.person)[:most]
    known = names(each.reader for each in read)
    software = [Look(each.day, name_of(known[each.reader])) for each in read]
    return sorted([*people, *software], key=lambda look: look.day, reverse=True)[:most]


def _journal(action: str, subjects: Iterable[int], model: type[Model]) -> QuerySet:
    rows = AuditEntry.objects.unscoped("who looked at one's own record")
    keys = [str(each) for each in subjects]
    return rows.filter(action=action, subject_kind=model._meta.label_lower, subject_id__in=keys)
