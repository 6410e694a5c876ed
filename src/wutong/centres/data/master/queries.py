"""Reads of the master data used by its registers."""

from datetime import date

from django.db.models import Prefetch, Q, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master.models import Institution, SchoolClass
from wutong.kernel.errors import Invalid
from wutong.kernel.people.models import (
    Guardianship,
    Identifier,
    Membership,
    Organisation,
    OrganisationIdentifier,
    Person,
)
from wutong.kernel.people.organisations import Kind
from wutong.kernel.people.queries import find_by_number, survivor
from wutong.kernel.policy import Actor

DISTRICT_SYSTEM = "GB/T 2260"
NUMBERS = ("identity", "pupil_national", "pupil_shanghai_secondary", "staff")


def institutions(actor: Actor) -> QuerySet:
    codes = OrganisationIdentifier.objects.unscoped("codes of visible schools")
    live = codes.filter(valid_to__isnull=True).order_by("system")
    # Of this kind they are anyway; said, it leads past the classes that stand between schools.
    rows = Institution.objects.visible_to(actor).filter(organisation__kind=Kind.SCHOOL)
    rows = rows.select_related("organisation__parent")
    return rows.prefetch_related(Prefetch("organisation__identifiers", live, to_attr="live_codes"))


def classes(actor: Actor) -> QuerySet:
    return SchoolClass.objects.visible_to(actor).select_related("organisation__parent")


def persons(actor: Actor) -> QuerySet:
    places = Membership.objects.visible_to(actor).on(date.today()).select_related("organisation__parent")
    live = Prefetch("memberships", places.order_by("pk"), to_attr="live_memberships")
    return Person.objects.visible_to(actor).current().prefetch_related(numbers_of("identifiers"), live)


def numbers_of(path: str) -> Prefetch:
    held = Identifier.objects.unscoped("masked numbers of visible persons").on(date.today())
    return Prefetch(path, held.order_by("pk"), to_attr="live_numbers")


def memberships(actor: Actor) -> QuerySet:
    rows = Membership.objects.visible_to(actor)
    return rows.select_related("person", "organisation__parent").prefetch_related(
        numbers_of("person__identifiers")
    )


def guardianships(actor: Actor) -> QuerySet:
    # What stays with a child that was merged into another is a twin of what that one has: one fact is shown once.
    rows = Guardianship.objects.visible_to(actor).filter(child__merged_into=None)
    rows = rows.select_related("child", "guardian")
    return rows.prefetch_related(numbers_of("child__identifiers"), numbers_of("guardian__identifiers"))


def district(name: str) -> Organisation | None:
    """The district whose name or GB/T 2260 code this is: 徐汇区, 徐汇, 310104."""
    rows = Organisation.objects.unscoped("the sixteen districts are public").filter(kind="district")
    short = name.removesuffix("区")
    by_name = Q(name__in=(name, f"{name}教育局", f"{short}区教育局", f"{short}新区教育局"))
    by_code = Q(identifiers__system=DISTRICT_SYSTEM, identifiers__value=name)
    return rows.filter(by_name | by_code).first()


def find_school(name: str, parent: Organisation | None) -> Institution | None:
    rows = Institution.objects.unscoped("who a name belongs to must be known before it is given again")
    found = rows.select_related("organisation__parent").filter(organisation__name=name)
    if parent is not None:
        found = found.filter(organisation__parent=parent)
    return found.first()


def organisation_named(actor: Actor, text: str, *, column: str, kinds: tuple[str, ...] = ()) -> Organisation:
    """The one visible organisation of this name, or with this code; Invalid with the column otherwise.

    A class is named with its school: “徐汇中学/六年级1班”.
    """
    rows = Organisation.objects.visible_to(actor).filter(valid_to__isnull=True)
    *above, name = [part.strip() for part in text.replace("／", "/").split("/")]
    found = rows.filter(
        Q(name=name) | Q(identifiers__value=name, identifiers__valid_to__isnull=True)
    ).distinct()
    if kinds:
        found = found.filter(kind__in=kinds)
    if above:
        found = found.filter(parent__name=above[-1])
    matches = list(found[:2])
    if len(matches) == 1:
        return matches[0]
    sentence = _("没有找到机构“{name}”。") if not matches else _("叫“{name}”的机构不止一个。")
    mend = _("请填写机构全称或代码；班级写成“学校全称/班级”。")
    raise Invalid(rule="organisation", fields={column: format_lazy(sentence, name=text[:40])}, mend=mend)


def person_by_numbers(values: dict[str, str]) -> Person | None:
    """The person all given numbers lead to; Invalid when they lead to different ones."""
    found = {name: find_by_number(name, value) for name, value in values.items() if value}
    persons = {person.pk: person for person in found.values() if person is not None}
    if len(persons) > 1:
        names = {name: _("这些号码分属不同的人。") for name, person in found.items() if person}
        raise Invalid(rule="numbers_conflict", fields=names, mend=_("请核对号码；若确是同一人，请申请合并。"))
    return next(iter(persons.values()), None)


def person_named(actor: Actor, name: str, number: str, *, column: str, number_column: str) -> Person:
    """The person a line speaks of: by any number first, else by the name if only one visible has it."""
    if "*" in number:
        return person_by_mask(actor, name, number, column=column)
    if number:
        found = next((p for kind in NUMBERS if (p := find_by_number(kind, number))), None)
        if found is None:
            raise Invalid(
                rule="person",
                fields={number_column: _("没有登记过这个号码。")},
                mend=_("请先在人员台账登记此人。"),
            )
        if name and found.name != name:
            raise Invalid(
                rule="person",
                fields={column: _("姓名与这个号码登记的不一致。")},
                mend=_("请核对姓名和号码。"),
            )
        return found
    matches = list(Person.objects.visible_to(actor).current().filter(name=name)[:2])
    if len(matches) == 1:
        return survivor(matches[0])
    sentence = _("没有找到“{name}”。") if not matches else _("叫“{name}”的不止一人。")
    raise Invalid(
        rule="person",
        fields={column: format_lazy(sentence, name=name)},
        mend=_("请补上此人的证件号、学籍号或教师号。"),
    )


def names_nearby(institution: Institution) -> list[str]:
    """Names of the other schools of the same district."""
    parent = institution.organisation.parent
    rows = Organisation.objects.unscoped("likeness within one district").filter(parent=parent, kind="school")
    return list(rows.exclude(pk=institution.pk).values_list("name", flat=True))


def person_by_mask(actor: Actor, name: str, shown: str, *, column: str) -> Person:
    """A masked number, as our own export writes it, together with the name."""
    held = Identifier.objects.visible_to(actor).filter(shown=shown, person__name=name)
    found = {row.person_id: row.person for row in held.select_related("person")[:3]}
    if len(found) != 1:
        raise Invalid(
            rule="person", fields={column: _("隐去的号码认不出是哪一人。")}, mend=_("请填写完整号码。")
        )
    return next(iter(found.values()))
