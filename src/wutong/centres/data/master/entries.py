"""Lines of the registers of people: how a sheet's words become actions."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master import queries
from wutong.centres.data.master.actions import save_class
from wutong.centres.data.master.models import Institution, SchoolClass
from wutong.kernel.codes import queries as codes
from wutong.kernel.errors import Invalid
from wutong.kernel.people import actions as people
from wutong.kernel.people import numbers
from wutong.kernel.people.models import Guardianship, Membership, Organisation, Person
from wutong.kernel.people.queries import guardianship_meant
from wutong.kernel.people.rules import keeps_records
from wutong.kernel.policy import Actor
from wutong.kernel.register.spec import Entry

PERSON_FACTS = ("name", "name_en", "sex", "born", "ethnic_group", "phone", "address")


def find_institution(actor: Actor, entry: Entry) -> Institution | None:
    name, district = entry.get("name"), entry.get("district")
    if not name:
        return None
    return queries.find_school(name, queries.district(district) if district else None)


def find_person(actor: Actor, entry: Entry) -> Person | None:
    """By numbers; without any, by name, birth date and the organisation of the line."""
    given = {name: entry.get(name) for name in queries.NUMBERS if entry.get(name)}
    masked = next((value for value in given.values() if "*" in value), None)
    if masked:
        return queries.person_by_mask(actor, entry.values["name"], masked, column="name")
    if given:
        found = queries.person_by_numbers(given)
        if found is not None:
            return found
    return _without_number(actor, entry)


def _without_number(actor: Actor, entry: Entry) -> Person | None:
    """The one member of the organisation with this name, and this birth date where the line gives one."""
    born, place = entry.get("born"), entry.get("organisation")
    rows = Person.objects.visible_to(actor)
    if place:
        organisation = queries.organisation_named(actor, place, column="organisation")
        rows = Person.objects.unscoped("the same person is not registered twice")
        rows = rows.filter(memberships__organisation=organisation)
    rows = rows.current().filter(name=entry.get("name"))
    matches = list((rows.filter(born=born) if born else rows).distinct()[:2])
    if len(matches) > 1:
        raise Invalid(
            rule="person",
            fields={"name": format_lazy(_("叫“{name}”的不止一人。"), name=entry.get("name"))},
            mend=_("请补上此人的证件号、学籍号、教师号或出生日期。"),
        )
    return next(iter(matches), None)


def check_person(entry: Entry) -> None:
    """The rules of one line by itself: numbers that hold, and say what the line says."""
    _identity(entry)
    for kind, parse in PARSED.items():
        value = entry.get(kind)
        try:
            if value and "*" not in value:
                parse(value, today=timezone.localdate())
        except numbers.NumberError as error:
            raise Invalid(
                rule=f"{kind}_{error.rule}", fields={kind: error.message}, mend=error.mend
            ) from None


def save_person_entry(actor: Actor, entry: Entry, *, at: datetime) -> Person:
    check_person(entry)
    identity = _identity(entry)
    values = {
        name: entry.values[name] or "" for name in PERSON_FACTS if name in entry.values and name != "born"
    }
    if "born" in entry.values or identity:
        values["born"] = entry.get("born") or (identity.born if identity else None)
    if identity and not entry.get("sex"):
        values["sex"] = identity.sex
    if not values.get("sex"):
        values.pop("sex", None)
    person = entry.row
    if person is None:
        person = people.add_person(actor, _place(actor, entry), at=at, **values)
        _join(actor, entry, person, at)
    else:
        _require_own(actor, person)
        people.change_person(actor, person, at=at, **values)
    for kind in queries.NUMBERS:
        value = entry.get(kind)
        if value and "*" not in value:
            people.set_identifier(actor, person, kind=kind, value=value, at=at)
    return person


def _require_own(actor: Actor, person: Person) -> None:
    if not (actor.is_system or keeps_records(actor, person)):
        raise Invalid(
            rule="elsewhere",
            fields={"name": _("此人已由其他单位登记，不能在这里修改。")},
            mend=_("请办理转入，或请登记单位修改。"),
        )


def _place(actor: Actor, entry: Entry) -> Organisation:
    name = entry.get("organisation")
    if not name:
        raise Invalid(
            rule="organisation",
            fields={"organisation": _("新登记的人要写明单位。")},
            mend=_("请填写学校全称；学生写成“学校全称/班级”。"),
        )
    place = queries.organisation_named(actor, name, column="organisation")
    keeps_records.require(actor, place)
    return place


def _join(actor: Actor, entry: Entry, person: Person, at: datetime) -> None:
    role = entry.get("role")
    if role:
        place = _place(actor, entry)
        first = entry.get("valid_from") or timezone.localdate(at)
        people.join(actor, place, person=person, role=role, valid_from=first, at=at)


def _identity(entry: Entry) -> numbers.IdentityNumber | None:
    """The identity number, checked against itself and against what else the line says."""
    text = entry.get("identity")
    if not text or "*" in text:
        return None
    try:
        identity = numbers.IdentityNumber.parse(text, today=timezone.localdate())
    except numbers.NumberError as error:
        raise Invalid(
            rule=f"identity_{error.rule}", fields={"identity": error.message}, mend=error.mend
        ) from None
    entry.values["identity"] = identity.text
    if entry.get("born") and entry.get("born") != identity.born:
        raise Invalid(
            rule="birth_differs",
            fields={
                "born": format_lazy(_("出生日期与身份证不一致（身份证为 {born}）。"), born=identity.born)
            },
            mend=_("请核对户口簿后改正其中一个。"),
        )
    if entry.get("sex") in ("1", "2") and entry.get("sex") != identity.sex:
        raise Invalid(
            rule="sex_differs",
            fields={"sex": _("性别与身份证不一致。")},
            mend=_("请核对户口簿后改正其中一个。"),
        )
    return identity


PARSED = {
    "pupil_national": numbers.PupilNumber.parse,
    "pupil_shanghai_secondary": numbers.SecondaryNumber.parse,
}


def find_class(actor: Actor, entry: Entry) -> SchoolClass | None:
    given = [entry.get(name) for name in ("school", "grade", "number", "school_year")]
    if not all(given):
        return None
    school = queries.organisation_named(actor, given[0], column="school", kinds=("school",))
    rows = SchoolClass.objects.unscoped("the same class is not opened twice").select_related(
        "organisation__parent"
    )
    return rows.filter(
        organisation__parent=school, grade=given[1], number=given[2], school_year=given[3]
    ).first()


def save_class_entry(actor: Actor, entry: Entry, *, at: datetime) -> SchoolClass:
    stage = _stage_of(entry.values["grade"])
    if entry.row is not None:
        entered = entry.get("entered") or entry.row.entered
        return save_class(actor, entry.row.organisation, school_class=entry.row, entered=entered, at=at)
    school = queries.organisation_named(actor, entry.values["school"], column="school", kinds=("school",))
    year = entry.values["school_year"]
    return save_class(
        actor,
        school,
        school_class=None,
        stage=stage,
        grade=entry.values["grade"],
        grade_name=codes.name_zh("stage_grade_local", entry.values["grade"]),
        number=entry.values["number"],
        school_year=year,
        entered=entry.get("entered") or year,
        at=at,
    )


def _stage_of(grade: str) -> str:
    return {"0": "kindergarten", "1": "primary", "2": "junior", "3": "senior"}.get(grade[:1], "")


def find_membership(actor: Actor, entry: Entry) -> Membership | None:
    """The membership of the same person, place, role and first day."""
    if not all(entry.get(name) for name in ("person", "organisation", "role", "valid_from")):
        return None
    person, place = _member(actor, entry)
    rows = Membership.objects.unscoped("the same membership is not written twice")
    return rows.filter(
        person=person, organisation=place, role=entry.values["role"], valid_from=entry.values["valid_from"]
    ).first()


def _member(actor: Actor, entry: Entry) -> tuple[Person, Organisation]:
    person = queries.person_named(
        actor, entry.values["person"], entry.get("number", ""), column="person", number_column="number"
    )
    return person, queries.organisation_named(actor, entry.values["organisation"], column="organisation")


def save_membership_entry(actor: Actor, entry: Entry, *, at: datetime) -> Membership:
    person, place = _member(actor, entry)
    first, last = entry.values["valid_from"], entry.get("valid_to")
    if last and last < first:
        raise Invalid(
            rule="dates", fields={"valid_to": _("结束日期不能早于开始日期。")}, mend=_("请核对两个日期。")
        )
    return people.join(
        actor,
        place,
        person=person,
        role=entry.values["role"],
        valid_from=first,
        valid_to=last,
        post=entry.get("post") or "",
        at=at,
    )


def find_guardianship(actor: Actor, entry: Entry) -> Guardianship | None:
    if not (entry.get("child") and entry.get("guardian")):
        return None
    child, guardian = _pair(actor, entry)
    return guardianship_meant(child, guardian, entry.get("valid_from"), entry.get("valid_to"))


def _pair(actor: Actor, entry: Entry) -> tuple[Person, Person]:
    child, guardian = (
        queries.person_named(
            actor, entry.values[name], entry.get(number, ""), column=name, number_column=number
        )
        for name, number in (("child", "child_number"), ("guardian", "guardian_number"))
    )
    return child, guardian


def save_guardianship_entry(actor: Actor, entry: Entry, *, at: datetime) -> Guardianship:
    child, guardian = _pair(actor, entry)
    facts: dict[str, Any] = {"relation": entry.values["relation"], "primary": bool(entry.get("primary"))}
    facts.update({name: entry.values[name] for name in ("valid_from", "valid_to") if name in entry.values})
    return people.set_guardianship(actor, child, guardian=guardian, at=at, **facts)
