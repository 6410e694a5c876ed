"""What the detail pages show below the facts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master import queries
from wutong.centres.data.master.coordinates import to_wgs84
from wutong.centres.data.master.models import Institution, SchoolClass
from wutong.kernel.codes import queries as codes
from wutong.kernel.people.models import (
    Guardianship,
    Identifier,
    Membership,
    OrganisationIdentifier,
    Person,
    PersonMerge,
)
from wutong.kernel.people.rules import may_see_numbers_of, oversees
from wutong.kernel.policy import Actor
from wutong.kernel.prepared import Keys, Prepared
from wutong.kernel.register.spec import Section

Context = Mapping[str, Any] | None
STAFF_ROLES = ("head", "clerk", "class_teacher", "teacher")


def codes_of(actor: Actor, institution: Institution) -> Context:
    held = OrganisationIdentifier.objects.unscoped("codes of a visible school")
    rows = held.filter(organisation=institution.pk).order_by("system", "-valid_from")
    return {"title": _("代码"), "rows": rows} if rows else None


def classes_of(actor: Actor, institution: Institution) -> Context:
    rows = queries.classes(actor).filter(organisation__parent=institution.pk)
    years = list(rows.values_list("school_year", flat=True).distinct().order_by("-school_year"))
    if not years:
        return None
    current = [
        {
            "name": row.organisation.name,
            "href": reverse("register:detail", args=["classes", row.pk]),
            "grade": row.grade,
            "pupils": pupils,
        }
        for row, pupils in _with_pupils(actor, rows.filter(school_year=years[0]))
    ]
    total = sum(each["pupils"] for each in current)
    return {"title": _("班级"), "year": years[0], "classes": current, "total": total}


def _with_pupils(actor: Actor, rows: Any) -> list[tuple[SchoolClass, int]]:
    found = list(rows.order_by("grade", "number"))
    pupils = Membership.objects.visible_to(actor).on(date.today()).filter(role="pupil")
    keys = list(
        pupils.filter(organisation__in=[row.pk for row in found]).values_list("organisation_id", flat=True)
    )
    return [(row, keys.count(row.pk)) for row in found]


def staff_of(actor: Actor, institution: Institution) -> Context:
    rows = Membership.objects.visible_to(actor).on(date.today()).select_related("person")
    staff = rows.filter(organisation=institution.pk, role__in=STAFF_ROLES).order_by("role", "person__name")
    return {"title": _("教职工"), "people": [_member(row) for row in staff[:60]], "count": staff.count()}


def _member(row: Membership) -> dict[str, Any]:
    return {
        "name": str(row.person),
        "href": reverse("register:detail", args=["persons", row.person_id]),
        "role": row.get_role_display(),
        "post": row.post,
        "membership": row,
    }


def place_of(actor: Actor, institution: Institution) -> Context:
    """Where it stands in WGS-84, if the point may be trusted."""
    if (
        institution.lon is None
        or institution.coord_system == "unknown"
        or "outside" in institution.coord_check
    ):
        return None
    point = to_wgs84(float(institution.lon), float(institution.lat), institution.coord_system)
    return {"title": _("位置"), "lon": f"{point.lon:.6f}", "lat": f"{point.lat:.6f}", "system": "WGS-84"}


def numbers_of(actor: Actor, person: Person) -> Context:
    rows = _numbers(person.pk)
    # The right is about the person: asked once, not for each number.
    reveal = bool(rows) and may_see_numbers_of(actor, person)
    return {"title": _("号码"), "rows": rows, "reveal": reveal} if rows else None


@Prepared
def _numbers(person: int) -> QuerySet:
    held = Identifier.objects.unscoped("who sees the person sees the masked numbers")
    return held.filter(person=person).order_by("kind", "-valid_from")


def merges_of(actor: Actor, person: Person) -> Context:
    if not oversees(actor, person):
        return None
    return {"title": _("重复记录"), "rows": _merges(actor, person.pk), "person": person}


@Prepared
def _merges(actor: Actor, person: int) -> QuerySet:
    rows = PersonMerge.objects.visible_to(actor).filter(winner=person)
    return rows.select_related("loser").order_by("-pk")


def memberships_of(actor: Actor, person: Person) -> Context:
    rows = _memberships(actor.with_keys(), person.pk)
    return {"title": _("就读与任职"), "rows": rows, "today": date.today()} if rows else None


@Prepared
def _memberships(actor: Actor, person: int) -> QuerySet:
    rows = Membership.objects.visible_to(actor).filter(person=person)
    return rows.select_related("organisation__parent").order_by("-valid_from", "pk")


def family_of(actor: Actor, person: Person) -> Context:
    actor = actor.with_keys()
    rows = _family(actor, person.pk)
    above = [row for row in rows if row.child_id == person.pk]
    below = [row for row in rows if row.guardian_id == person.pk]
    relatives = [row.guardian_id for row in above] + [row.child_id for row in below]
    open_to = set(_open_to(actor, Keys(relatives)))
    guardians = [_relative(row, row.guardian, open_to) for row in above]
    children = [_relative(row, row.child, open_to) for row in below]
    if not (guardians or children):
        return None
    return {"title": _("家庭"), "guardians": guardians, "children": children}


@Prepared
def _family(actor: Actor, person: int) -> QuerySet:
    rows = Guardianship.objects.visible_to(actor).on(date.today()).select_related("child", "guardian")
    return rows.filter(Q(child=person) | Q(guardian=person)).order_by("-primary", "pk")


@Prepared
def _open_to(actor: Actor, relatives: Keys) -> QuerySet:
    return Person.objects.visible_to(actor).filter(pk__in=relatives).values_list("pk", flat=True)


def _relative(row: Guardianship, other: Person, open_to: set[int]) -> dict[str, Any]:
    """With a link where the reader may follow it."""
    return {
        "name": str(other),
        "href": reverse("register:detail", args=["persons", other.pk]) if other.pk in open_to else "",
        "relation": codes.label("family_relation", row.relation),
        "phone": other.phone,
        "primary": row.primary,
    }


def pupils_of(actor: Actor, school_class: SchoolClass) -> Context:
    rows = Membership.objects.visible_to(actor).select_related("person").filter(organisation=school_class.pk)
    pupils = [_member(row) for row in rows.filter(role="pupil").order_by("person__name", "pk")]
    return {"title": _("学生"), "people": pupils, "count": len(pupils)}


def teachers_of(actor: Actor, school_class: SchoolClass) -> Context:
    rows = Membership.objects.visible_to(actor).select_related("person").filter(organisation=school_class.pk)
    teachers = [_member(row) for row in rows.exclude(role="pupil").order_by("role", "pk")]
    return {"title": _("任课教师"), "people": teachers, "count": len(teachers)} if teachers else None


INSTITUTION_SECTIONS = (
    Section("classes", "master/classes.html", classes_of),
    Section("staff", "master/people.html", staff_of),
    Section("codes", "master/codes.html", codes_of, column="aside"),
    Section("place", "master/place.html", place_of, column="aside"),
)
PERSON_SECTIONS = (
    Section("memberships", "master/memberships.html", memberships_of),
    Section("family", "master/family.html", family_of),
    Section("numbers", "master/numbers.html", numbers_of, column="aside"),
    Section("merges", "master/merges.html", merges_of, column="aside"),
)
CLASS_SECTIONS = (
    Section("pupils", "master/people.html", pupils_of),
    Section("teachers", "master/people.html", teachers_of, column="aside"),
)
