"""Who looked at a person's record: people with their purpose, software by the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.people.models import Person
from wutong.platforms.learning.records.mine.words import name_of
from wutong.platforms.learning.records.persons import open_record, readers
from wutong.platforms.learning.records.store.people import names


@dataclass(frozen=True)
class Look:
    """`why` is what somebody gave as their purpose; software gives none."""

    day: date
    who: str
    why: str = ""


def looks(person: Person, *, most: int) -> list[Look]:
    """The last ones first. They concern the person, whose record it is: ask for the person only."""
    rows = AuditEntry.objects.unscoped("who looked at one's own record").filter(
        action=open_record.name, subject_kind=Person._meta.label_lower, subject_id=str(person.pk)
    )
    people = [
        Look(timezone.localdate(row.at), row.actor_name, row.changes.get("purpose", ""))
        for row in rows.exclude(changes={}).order_by("-sequence")[:most]
    ]
    read = readers(person)[:most]
    known = names(each.reader for each in read)
    software = [Look(each.day, name_of(known[each.reader])) for each in read]
    return sorted([*people, *software], key=lambda look: look.day, reverse=True)[:most]
