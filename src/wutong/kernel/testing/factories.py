"""A small town: two districts that must not see each other, two schools in each, two classes in each school."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model

from wutong.kernel.module import REGISTRY
from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Identifier, Organisation, Person
from wutong.kernel.people.numbers import check_digit
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import SYSTEM, Actor

SINCE = date(2020, 9, 1)
PASSWORD = "wutong-test-2026"
# Office, role: the people that every town has, by the name tests call them.
CAST = {
    "city_officer": ("city", "officer"),
    "officer": ("xuhui", "officer"),
    "other_officer": ("chongming", "officer"),
    "auditor": ("city", "auditor"),
    "operator": ("city", "operator"),
    "clerk": ("gaoan", "clerk"),
    "head": ("gaoan", "head"),
    "teacher": ("gaoan", "teacher"),
    "class_teacher": ("first", "class_teacher"),
    "pupil": ("first", "pupil"),
    "classmate": ("first", "pupil"),
    "neighbour": ("second", "pupil"),
    "other_clerk": ("xiangyang", "clerk"),
    "island_clerk": ("island", "clerk"),
    "island_pupil": ("island_first", "pupil"),
}
NAMES = {
    "city_officer": "施市办",
    "officer": "徐区办",
    "other_officer": "崇区办",
    "auditor": "沈计",
    "operator": "余维",
    "clerk": "高教务",
    "head": "高校长",
    "teacher": "陈语文",
    "class_teacher": "林班任",
    "pupil": "李小梅",
    "classmate": "赵一鸣",
    "neighbour": "孙二班",
    "other_clerk": "向教务",
    "island_clerk": "岛教务",
    "island_pupil": "钱岛生",
}


def place(parent: Organisation | None, kind: str, name: str, **values: Any) -> Organisation:
    return people.open_organisation(SYSTEM, parent, kind=kind, name=name, **values)


def person(
    name: str, where: Organisation, role: str, *, since: date = SINCE, until: date | None = None
) -> Person:
    made = people.add_person(SYSTEM, where, name=name)
    people.join(SYSTEM, where, person=made, role=role, valid_from=since, valid_to=until)
    return made


def guardian(name: str, child: Person, relation: str = "52", **values: Any) -> Person:
    made = people.add_person(SYSTEM, None, name=name)
    people.set_guardianship(SYSTEM, child, guardian=made, relation=relation, **values)
    return made


def number(who: Person, kind: str, value: str, **dates: Any) -> Identifier:
    return people.set_identifier(SYSTEM, who, kind=kind, value=value, **dates)


def identity(sequence: int, born: date = date(2015, 3, 8), region: str = "310104") -> str:
    """A well-formed identity number; odd sequences are male."""
    first = f"{region}{born:%Y%m%d}{sequence:03d}"
    return first + check_digit(first)


def account(who: Person, username: str, password: str = PASSWORD) -> Any:
    return get_user_model().objects.create_user(username, password, person=who)


@dataclass
class Town:
    """Organisations and persons by name: `town.place("gaoan")`, `town.actor("officer")`."""

    places: dict[str, Organisation]
    persons: dict[str, Person]

    def place(self, name: str) -> Organisation:
        return self.places[name]

    def person(self, name: str) -> Person:
        return self.persons[name]

    def actor(self, name: str) -> Actor:
        return actor_of(self.persons[name])

    def account(self, name: str) -> Any:
        return get_user_model().objects.get(person=self.persons[name])


def small_town() -> Town:
    """The town in the database, with an account for each of the cast; login is the name in the cast."""
    places = _places()
    persons = {key: person(NAMES[key], places[where], role) for key, (where, role) in CAST.items()}
    persons["guardian"] = guardian("李妈妈", persons["pupil"], primary=True)
    persons["former"] = person("周离任", places["gaoan"], "clerk", until=date(2024, 8, 31))
    persons["stranger"] = people.add_person(SYSTEM, None, name="甘路人")
    for key, who in persons.items():
        account(who, key)
    return Town(places, persons)


def _places() -> dict[str, Organisation]:
    """City and districts may stand already: what the modules prepare is kept."""
    city = _known("city", "") or place(None, "city", "上海市教育委员会")
    districts = {
        key: _known("district", name) or place(city, "district", f"{name}教育局")
        for key, name in (("xuhui", "徐汇区"), ("chongming", "崇明区"))
    }
    found = {"city": city, **districts}
    for key, above, name in (
        ("gaoan", "xuhui", "高安路第一小学"),
        ("xiangyang", "xuhui", "向阳小学"),
        ("island", "chongming", "崇明实验小学"),
        ("harbour", "chongming", "堡镇小学"),
    ):
        found[key] = place(found[above], "school", name)
        for number, suffix in ((1, "first"), (2, "second")):
            class_key = suffix if key == "gaoan" else f"{key}_{suffix}"
            found[class_key] = place(found[key], "class", f"三年级{number}班")
    return found


def _known(kind: str, name: str) -> Organisation | None:
    rows = Organisation.objects.unscoped("what the town is built upon")
    return rows.filter(kind=kind, name__startswith=name).order_by("pk").first()


def prepared_town() -> Town:
    """The town in a house that is set up: code sets, city and all districts stand."""
    for module in REGISTRY:
        if module.prepare:
            module.prepare()
    return small_town()
