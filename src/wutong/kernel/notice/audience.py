"""Whom a notice reaches."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Guardianship, Membership, Organisation, Person
from wutong.kernel.people.persons import live
from wutong.kernel.policy import subtree

GUARDIAN = "guardian"
ROLES = (
    ("pupil", _("学生")),
    (GUARDIAN, _("学生的监护人")),
    ("class_teacher", _("班主任")),
    ("teacher", _("教师")),
    ("clerk", _("学校管理员")),
    ("head", _("校长")),
    ("officer", _("教育行政人员")),
)


def people_of(organisation: Organisation, roles: Iterable[str], on: date) -> QuerySet[Person]:
    """Everybody who holds one of the roles in the subtree on a day, each once."""
    held = Membership._base_manager.filter(live(on=on), subtree(organisation.path, "organisation__path"))
    chosen = Exists(held.filter(role__in=list(roles), person=OuterRef("pk")))
    if GUARDIAN in roles:
        pupils = held.filter(role="pupil", person=OuterRef("child"))
        chosen |= Exists(
            Guardianship._base_manager.filter(live(on=on), Exists(pupils), guardian=OuterRef("pk"))
        )
    people = Person.objects.unscoped("the sender names a group, and reads none of its names")
    return people.current().filter(chosen)
