"""Reads of people that more than one room needs."""

from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from wutong.kernel.errors import NotFound
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Guardianship, Identifier, Membership, Organisation, Person
from wutong.kernel.policy import ANONYMOUS, Actor, Role
from wutong.kernel.prepared import Prepared


def actor_of(person: Person | None, on: date | None = None) -> Actor:
    """The person as an actor, with the roles in force on a day (today in Shanghai if not said).

    Whose record was merged acts as the one that stands: that is where the roles went.
    """
    if person is None:
        return ANONYMOUS
    person = survivor(person)
    held = _roles(person.pk, on or timezone.localdate())
    return Actor(person.pk, str(person), tuple(Role(*row) for row in held))


@Prepared
def _roles(person: int, on: date) -> QuerySet:
    rows = Membership.objects.unscoped("the actor's own roles").on(on).filter(person=person).order_by("pk")
    return rows.values_list("role", "organisation_id", "organisation__path", "organisation__kind")


def find_by_number(kind: str, value: str) -> Person | None:
    """The person who holds this number, now or, where nobody does, held it last."""
    rows = Identifier.objects.unscoped("look-up by a number that is known in full")
    found = rows.filter(kind=kind, digest=keyring().digest(value, kind)).select_related("person")
    row = found.order_by("-valid_to").filter(valid_to__isnull=True).first() or found.first()
    return survivor(row.person) if row else None


def survivor(person: Person) -> Person:
    """Follows merges to the record that stands."""
    while person.merged_into_id:
        person = person.merged_into
    return person


def guardianship_meant(
    child: Person, guardian: Person, valid_from: date | None, valid_to: date | None
) -> Guardianship | None:
    """The row that says this already, or that an end is meant for; families part and come together again."""
    rows = Guardianship.objects.unscoped("the same guardianship is not written twice")
    rows = rows.filter(child=child, guardian=guardian).order_by("pk")
    live = rows.filter(valid_to__isnull=True).first()
    if valid_to is None:
        return live
    same = rows.filter(valid_from=valid_from) if valid_from else rows.filter(valid_to=valid_to)
    ended = live if live and not (live.valid_from and valid_from) else None
    return same.first() or ended


def root() -> Organisation:
    """The top of the tree: the city."""
    found = Organisation.objects.unscoped("the one root").filter(parent__isnull=True).order_by("pk").first()
    if found is None:
        raise NotFound
    return found
