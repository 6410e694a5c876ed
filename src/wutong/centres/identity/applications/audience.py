"""Whom an application is for."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from wutong.centres.identity.applications.clients import Client
from wutong.centres.identity.applications.models import Application
from wutong.kernel.people.models import Guardianship, Membership, Person
from wutong.kernel.people.persons import live
from wutong.kernel.people.queries import survivor
from wutong.kernel.policy import subtree
from wutong.kernel.prepared import Prepared

Audience = Application.Audience
# Which audience a role belongs to; all other roles work in an office.
AUDIENCES = {"pupil": Audience.PUPIL, "teacher": Audience.TEACHER, "class_teacher": Audience.TEACHER}
WHY = "whom an application is for"


def admits(client: Client, person: Person, at: datetime) -> bool:
    """Whether this person may go in: within its reach, and of those it is for."""
    everywhere = client.reach == Application.Reach.ALL
    if everywhere and not client.audience:
        return True
    person, day = survivor(person), timezone.localdate(at)
    held = _memberships(client, day).filter(person=person).values_list("role", flat=True)
    kinds = {AUDIENCES.get(role, Audience.OFFICE) for role in held}
    if _has_ward_within(client, person, day):
        kinds.add(Audience.GUARDIAN)
    return bool(kinds & set(client.audience or Audience.values))


def _memberships(client: Client, day: date) -> QuerySet:
    rows = Membership.objects.unscoped(WHY).on(day)
    within = client.reach == Application.Reach.ALL
    return rows if within else rows.filter(subtree(client.organisation_path, "organisation__path"))


def _has_ward_within(client: Client, person: Person, day: date) -> bool:
    children = _memberships(client, day).filter(role="pupil", person=OuterRef("child"))
    return Guardianship.objects.unscoped(WHY).filter(live(on=day), Exists(children), guardian=person).exists()


def is_guardian(person: Person, day: date) -> bool:
    return bool(_wards(person.pk, day))


@Prepared
def _wards(guardian: int, day: date) -> QuerySet:
    rows = Guardianship.objects.unscoped(WHY).filter(live(on=day), guardian=guardian)
    return rows.values_list("pk")[:1]
