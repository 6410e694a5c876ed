"""What the home page asks of the house."""

from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from wutong.kernel.people.models import Guardianship, Membership, Person
from wutong.kernel.policy import Actor

STAFF = ("officer", "clerk", "head", "auditor", "operator", "teacher", "class_teacher", "provider")


@dataclass(frozen=True)
class Learner:
    """A child as the family sees it."""

    name: str
    url: str
    school: str
    group: str
    teachers: tuple[tuple[str, str], ...]
    me: bool


def greeting(at: datetime) -> str:
    hour = timezone.localtime(at).hour
    for until, words in ((5, _("夜深了")), (11, _("早上好")), (13, _("中午好")), (18, _("下午好"))):
        if hour < until:
            return words
    return _("晚上好")


def is_staff(actor: Actor) -> bool:
    return actor.holds(*STAFF)


def learners(actor: Actor, on: date) -> list[Learner]:
    """One's children, or oneself as a pupil."""
    wards = Guardianship.objects.visible_to(actor).on(on).filter(guardian_id=actor.person_id)
    children = [row.child for row in wards.select_related("child").order_by("-child__born")]
    if actor.holds("pupil"):
        children = [*Person.objects.visible_to(actor).filter(pk=actor.person_id), *children]
    return [_learner(actor, child, on) for child in children]


def _learner(actor: Actor, child: Person, on: date) -> Learner:
    rows = (
        Membership.objects.unscoped("the class of one's own child").on(on).filter(person=child, role="pupil")
    )
    place = rows.select_related("organisation__parent").first()
    return Learner(
        name=str(child),
        url=reverse("register:detail", args=["persons", child.pk]),
        school=str(place.organisation.parent or "") if place else "",
        group=str(place.organisation) if place else "",
        teachers=_teachers(place, on) if place else (),
        me=child.pk == actor.person_id,
    )


def _teachers(place: Membership, on: date) -> tuple[tuple[str, str], ...]:
    """Who teaches the class, the class teacher first; one line a teacher."""
    rows = Membership.objects.unscoped("who teaches one's own child").on(on)
    found = rows.filter(organisation=place.organisation_id, role__in=("class_teacher", "teacher"))
    lines: dict[int, tuple[str, str]] = {}
    for row in found.select_related("person").order_by("role", "pk"):
        lines.setdefault(row.person_id, (str(row.person), row.post or row.get_role_display()))
    return tuple(lines.values())
