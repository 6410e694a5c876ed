"""The verbs of the master data. Registers, the change application and the demo all go through them."""

from datetime import date, datetime
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master import queries, rules
from wutong.centres.data.master.coordinates import in_shanghai, system_of
from wutong.centres.data.master.models import Institution, SchoolClass
from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Organisation, OrganisationIdentifier
from wutong.kernel.people.queries import root
from wutong.kernel.people.rules import keeps_records
from wutong.kernel.policy import Actor
from wutong.kernel.register.spec import Entry

FACTS = (
    "stages", "form", "nature", "address", "lon", "lat", "coord_system", "coord_check", "confidence", "source",
)  # fmt: skip


@action("master.save_institution", title=_("登记学校信息"), allow=keeps_records)
def save_institution(
    actor: Actor, place: Organisation, *, institution: Institution | None, at: datetime, **values: Any
) -> Institution:
    """`place` is the school itself, or the district (the city for a university) of a new one.

    `values`: name and any of FACTS; what is left out stays as it was.
    """
    facts = {name: values[name] for name in FACTS if name in values}
    if institution is None:
        organisation = people.open_organisation(actor, place, kind="school", name=values["name"], at=at)
        return create(Institution(organisation=organisation, **facts))
    if "name" in values:
        people.change_organisation(actor, institution.organisation, name=values["name"], at=at)
    return change(institution, **facts)


def save_institution_entry(actor: Actor, entry: Entry, *, at: datetime) -> Institution:
    """One line of the register of schools."""
    place = entry.row.organisation if entry.row else _district_of(entry)
    values = {name: _blank(name, entry.values[name]) for name in ("name", *FACTS) if name in entry.values}
    if "coord_system" in values:
        values["coord_system"] = system_of(values["coord_system"]) if values["coord_system"] else ""
    _check_coordinates(entry, values)
    _check_code(entry)
    institution = save_institution(actor, place, institution=entry.row, at=at, **values)
    if entry.get("code"):
        people.set_organisation_code(
            actor,
            institution.organisation,
            system=entry.get("code_system") or "学校代码",
            value=entry.values["code"],
            at=at,
        )
    _check_twins(entry, institution)
    return institution


def _blank(name: str, value: Any) -> Any:
    if value is not None:
        return value
    return {"stages": [], "lon": None, "lat": None}.get(name, "")


def _district_of(entry: Entry) -> Organisation:
    """The district named in the line; a university without one stands directly below the city."""
    name = entry.get("district")
    if name:
        found = queries.district(name)
        if found is None:
            raise Invalid(
                rule="district",
                fields={"district": format_lazy(_("没有“{name}”这个区。"), name=name)},
                mend=_("请填写十六个区的名称或代码，例如“徐汇区”或 310104。"),
            )
        return found
    if rules.UNIVERSITY in (entry.get("stages") or []):
        return root()
    raise Invalid(
        rule="district",
        fields={"district": _("除高校外，学校必须写明所在区。")},
        mend=_("请填写十六个区的名称或代码。"),
    )


def _check_code(entry: Entry) -> None:
    code, system = entry.get("code"), entry.get("code_system") or "学校代码"
    if not code:
        return
    held = OrganisationIdentifier.objects.unscoped("a code has one holder in the whole city")
    taken = (
        held.filter(system=system, value=code, valid_to__isnull=True).select_related("organisation").first()
    )
    if taken and (entry.row is None or taken.organisation_id != entry.row.pk):
        raise Conflict(
            rule="code_taken",
            fields={"code": format_lazy(_("代码已属于“{name}”。"), name=taken.organisation.name)},
            mend=_("若是同一所学校请统一名称；若不是请改正代码。"),
        )


def _check_coordinates(entry: Entry, values: dict[str, Any]) -> None:
    lon, lat = values.get("lon"), values.get("lat")
    if (lon is None) != (lat is None):
        raise Invalid(
            rule="coordinates", fields={"lon" if lon is None else "lat": _("经度和纬度要一起填写。")}, mend=""
        )
    if lon is None or lat is None:
        return
    if not in_shanghai(float(lon), float(lat)):
        raise Invalid(
            rule="coordinates",
            fields={"lon": _("这个位置不在上海市范围内。")},
            mend=_("请核对经度（约 121）和纬度（约 31）是否填反。"),
        )
    if values.get("coord_system") == "unknown":
        entry.warn(
            "coord_system",
            "coordinate_system",
            _("坐标系不明，坐标已保存但不会画在地图上。"),
            _("请注明 WGS-84、GCJ-02 或 BD-09。"),
        )
    if "outside" in (values.get("coord_check") or ""):
        entry.warn(
            "coord_check",
            "coordinate_place",
            _("坐标落在所填的区之外，不会画在地图上。"),
            _("请核对地址、区和坐标。"),
        )


def _check_twins(entry: Entry, institution: Institution) -> None:
    """One school under two names is taken twice, but not silently."""
    name = institution.organisation.name
    twin = next(
        (other for other in queries.names_nearby(institution) if rules.same_school(name, other)), None
    )
    if twin:
        sentence = format_lazy(_("可能与“{name}”是同一所学校。"), name=twin)
        entry.warn("name", "possible_duplicate", sentence, _("若是，请保留一条并统一名称。"))


@action("master.save_class", title=_("登记班级"), allow=keeps_records)
def save_class(
    actor: Actor, place: Organisation, *, school_class: SchoolClass | None, at: datetime, **values: Any
) -> SchoolClass:
    """`place` is the class itself or the school of a new one. A class lives for one school year."""
    if school_class is not None:
        return change(school_class, **values)
    year = values["school_year"]
    organisation = people.open_organisation(
        actor,
        place,
        kind="class",
        name=rules.class_name(values["grade_name"], values["number"]),
        valid_from=date(year, 9, 1),
        valid_to=date(year + 1, 8, 31),
        at=at,
    )
    facts = {name: value for name, value in values.items() if name != "grade_name"}
    return create(SchoolClass(organisation=organisation, **facts))
