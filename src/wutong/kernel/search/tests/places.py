"""A small city for tests: two districts, three schools, two classes, and people who must not see each other."""

from dataclasses import dataclass, replace
from datetime import date

from wutong.kernel.module import REGISTRY, Module
from wutong.kernel.people.actions import add_person, join, open_organisation
from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import SYSTEM, Actor


def place(parent: Organisation | None, kind: str, name: str) -> Organisation:
    if parent is None:
        root = Organisation(kind=kind, name=name)
        root.save()
        return root
    return open_organisation(SYSTEM, parent, kind=kind, name=name)


def person(name: str, where: Organisation, role: str) -> Person:
    made = add_person(SYSTEM, where, name=name)
    join(SYSTEM, where, person=made, role=role, valid_from=date(2020, 9, 1))
    return made


@dataclass(frozen=True)
class Places:
    city: Organisation
    xuhui: Organisation
    chongming: Organisation
    gaoan: Organisation
    xiangyang: Organisation
    island: Organisation
    first: Organisation
    second: Organisation

    def actor(self, where: str, role: str, name: str = "王办事") -> Actor:
        return actor_of(person(name, getattr(self, where), role))


def build() -> Places:
    city = place(None, "city", "上海市")
    xuhui, chongming = place(city, "district", "徐汇区"), place(city, "district", "崇明区")
    gaoan, xiangyang = place(xuhui, "school", "高安路第一小学"), place(xuhui, "school", "向阳小学")
    island = place(chongming, "school", "崇明实验小学")
    first, second = place(gaoan, "class", "一年级1班"), place(gaoan, "class", "一年级2班")
    return Places(city, xuhui, chongming, gaoan, xiangyang, island, first, second)


def alone(module: Module) -> tuple[Module, ...]:
    """The house as it is, so that its addresses stay, with only this module at work."""
    silent = [replace(each, searches=(), receivers=(), indicators=(), jobs=()) for each in REGISTRY]
    return (*silent, module)
