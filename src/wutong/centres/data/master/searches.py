"""How schools, classes and persons are found."""

from datetime import date

from django.db.models import Prefetch, QuerySet
from django.urls import reverse

from wutong.centres.data.master.documents import at, of_children, person_documents
from wutong.centres.data.master.models import Institution, SchoolClass
from wutong.kernel.codes.queries import name_zh
from wutong.kernel.people.models import Guardianship, Membership, OrganisationIdentifier, Person
from wutong.kernel.people.persons import live
from wutong.kernel.search.source import Document, SearchSource

WHY = "the index holds everybody; who finds what is part of each document"


def institution_rows() -> QuerySet:
    codes = OrganisationIdentifier.objects.unscoped(WHY).filter(valid_to__isnull=True).order_by("system")
    rows = Institution.objects.unscoped(WHY).select_related("organisation__parent")
    return rows.prefetch_related(Prefetch("organisation__identifiers", codes, to_attr="live_codes"))


def institution_document(row: Institution) -> Document:
    organisation = row.organisation
    stages = "、".join(name_zh("stage", stage) for stage in row.stages)
    return Document(
        title=organisation.name,
        subtitle=" · ".join(part for part in (row.district_name, stages, row.address) if part),
        url=reverse("register:detail", args=["organisations", row.pk]),
        names=tuple(each.value for each in organisation.live_codes)
        + ((organisation.name_en,) if organisation.name_en else ()),
        paths=(organisation.path,),
    )


def class_rows() -> QuerySet:
    return SchoolClass.objects.unscoped(WHY).select_related("organisation__parent")


def class_document(row: SchoolClass) -> Document | None:
    organisation = row.organisation
    if organisation.valid_to and organisation.valid_to < date.today():
        return None
    return Document(
        title=organisation.name,
        subtitle=f"{organisation.parent.name} · {row.school_year}",
        url=reverse("register:detail", args=["classes", row.pk]),
        names=(organisation.full_name.replace("/", ""),),
        paths=(organisation.path,),
    )


def person_rows() -> QuerySet:
    places = (
        Membership.objects.unscoped(WHY).select_related("organisation__parent").order_by("-valid_from", "pk")
    )
    wards = (
        Guardianship.objects.unscoped(WHY)
        .filter(live())
        .prefetch_related(Prefetch("child__memberships", places.filter(role="pupil"), to_attr="schooling"))
    )
    guardians = Guardianship.objects.unscoped(WHY).filter(live())
    return Person.objects.unscoped(WHY).prefetch_related(
        Prefetch("memberships", places, to_attr="places"),
        Prefetch("wardships", wards.select_related("child"), to_attr="wards"),
        Prefetch("guardianships", guardians, to_attr="guards"),
    )


def person_document(row: Person) -> Document | None:
    """Found by those above any place one belongs or belonged to, or one's children do; and by the family."""
    if row.merged_into_id:
        return None
    schooling = [place for ward in row.wards for place in ward.child.schooling]
    paths = {place.organisation.path for place in (*row.places, *schooling)}
    return Document(
        title=row.name,
        subtitle=_subtitle(row),
        url=reverse("register:detail", args=["persons", row.pk]),
        names=(row.name_en,) if row.name_en else (),
        person=True,
        paths=tuple(sorted(paths)),
        owners=(row.pk, *(guard.guardian_id for guard in row.guards)),
    )


def _subtitle(row: Person) -> str:
    if row.places:
        return at(row.places[0].role, row.places[0].organisation.full_name)
    return of_children([ward.child.name for ward in row.wards])


SEARCHES = (
    SearchSource(
        "organisation",
        Institution._meta.verbose_name,
        Institution,
        institution_document,
        institution_rows,
        feeds={
            "people.organisation": "institution__pk",
            "people.organisationidentifier": "organisation__institution__pk",
        },
    ),
    SearchSource(
        "class", SchoolClass._meta.verbose_name, SchoolClass, class_document, class_rows,
        feeds={"people.organisation": "school_class__pk"},
    ),
    SearchSource(
        "person",
        Person._meta.verbose_name,
        Person,
        person_document,
        person_rows,
        feeds={"people.membership": "person_id", "people.guardianship": "guardian_id"},
        many=person_documents,
    ),
)  # fmt: skip
