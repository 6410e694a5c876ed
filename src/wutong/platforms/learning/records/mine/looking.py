"""Whose record may be opened here: one's own at once, another's after saying why, for half an hour."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet
from django.http import HttpRequest

from wutong.kernel.errors import NotFound
from wutong.kernel.people.models import Guardianship, Membership, Person
from wutong.kernel.policy import Actor
from wutong.platforms.learning.records import openings
from wutong.platforms.learning.records.mine.actions import owns_record
from wutong.platforms.learning.records.persons import open_record, reads_record

TEACHING = ("class_teacher", "teacher")


def readable(actor: Actor, pk: int) -> Person:
    """Who may not read it is told the same as for nobody there."""
    person = Person.objects.seen(actor, pk=pk)
    if not reads_record(actor, person):
        raise NotFound
    return person


def owned(actor: Actor, pk: int) -> Person:
    person = readable(actor, pk)
    if not owns_record(actor, person):
        raise NotFound
    return person


def is_open(request: HttpRequest, person: Person) -> bool:
    own = request.actor.person_id == person.pk
    return own or openings.kept(request, f"person {person.pk}") is not None


def open_up(request: HttpRequest, person: Person, *, purpose: str) -> None:
    """The look is journalled before anything is shown."""
    open_record(request.actor, person, purpose=purpose, limit=1)
    openings.keep(request, f"person {person.pk}")


def wards(actor: Actor, on: date) -> list[Person]:
    rows = Guardianship.objects.visible_to(actor).on(on).filter(guardian_id=actor.person_id)
    return [row.child for row in rows.select_related("child").order_by("-child__born", "child")]


def pupils(actor: Actor, on: date) -> QuerySet:
    """Memberships of the pupils in the classes that the actor teaches."""
    classes = [role.organisation_id for role in actor.roles if role.name in TEACHING and role.kind == "class"]
    rows = Membership.objects.visible_to(actor).on(on).filter(organisation__in=classes, role="pupil")
    return rows.select_related("person", "organisation__parent").order_by(
        "organisation__name", "person__name", "person"
    )
