"""Builds the demo town: pure, no tables; the same seed and day give the same town."""

from dataclasses import replace
from datetime import date
from random import Random

from wutong.centres.data.master.town import pupils, schools
from wutong.centres.data.master.town.families import MOTHER, Family, families, guardianships
from wutong.centres.data.master.town.names import HAN
from wutong.centres.data.master.town.people import People
from wutong.centres.data.master.town.schools import DISTRICT, school_year
from wutong.centres.data.master.town.shapes import Town, TownAccount, TownMembership, TownPerson
from wutong.centres.data.master.town.staff import DEMO_SCHOOL, Staff

TODAY = date(2026, 11, 23)
DEMO_GRADE, DEMO_CLASS = "22", 1
PUPIL = ("林一诺", "Lin Yinuo")
SIBLING = ("林初一", "Lin Chuyi")
MOTHER_NAME = ("沈静怡", "Shen Jingyi")
FATHER_NAME = ("林志远", "Lin Zhiyuan")


def build_town(seed: int = 2026, today: date = TODAY) -> Town:
    """Some 6,000 persons of one district: offices, schools, classes of two years, pupils, teachers, families."""
    rng = Random(seed)  # noqa: S311  # invented people, no secrets
    people, year = People(rng), school_year(today)
    now, before = schools.classes(year, closed=False), schools.classes(year - 1, closed=True)
    staff = Staff(people, today)
    staff.fill_offices()
    for school in schools.schools():
        staff.fill_school(school, [each for each in before + now if each.parent_key == school.key])
    found = families(people, schools.seats(rng, now, before, year), today)
    numbers = pupils.Numbers(rng, today)
    identifiers = [row for person, seat in pupils.seated(found) for row in numbers.of(person, seat)]
    home = f"{DEMO_SCHOOL}-{year}-{DEMO_GRADE}-{DEMO_CLASS}"
    family = _demo_family(found, home)
    found = [family if each.children == family.children else each for each in found]
    cast, accounts = _cast(family, home)
    citizen = people.grown_up("2", date(1996, 4, 18), "宋雨薇", "Song Yuwei")
    accounts += [*staff.accounts, TownAccount("citizen", citizen.key)]
    return Town(
        organisations=(*schools.offices(), *schools.schools(), *before, *now),
        persons=tuple(cast.get(person.key, person) for person in people.persons),
        memberships=(*staff.memberships, _second_desk(staff), *pupils.memberships(found, year)),
        guardianships=tuple(guardianships(found, today)),
        identifiers=(*people.identifiers, *identifiers),
        accounts=tuple(accounts),
    )


def _second_desk(staff: Staff) -> TownMembership:
    """The district's officer speaks for the whole district and sits in one of its sections."""
    key = next(account.person_key for account in staff.accounts if account.login == "district")
    mine = next(row for row in staff.memberships if (row.person_key, row.organisation_key) == (key, DISTRICT))
    return replace(mine, organisation_key="xuhui-basic")


def _demo_family(found: list[Family], home: str) -> Family:
    """Its mother is the one the school calls."""
    family = max((each for each in found if _lives_in(each, home)), key=_fitness)
    return replace(family, guardians=tuple(sorted(family.guardians, key=lambda each: each[1] != MOTHER)))


def _cast(family: Family, home: str) -> tuple[dict[str, TownPerson], list[TownAccount]]:
    """The names that guides and tests know, by person key."""
    pupil = next(person for person, seat in family.children if seat and seat.klass == home)
    (mother, _), (father, _) = family.guardians
    names = {mother.key: MOTHER_NAME, father.key: FATHER_NAME}
    names |= {child.key: PUPIL if child is pupil else SIBLING for child, _ in family.children}
    everyone = [mother, father, *(child for child, _ in family.children)]
    renamed = {
        each.key: replace(each, name=names[each.key][0], name_en=names[each.key][1]) for each in everyone
    }
    return renamed, [TownAccount("pupil", pupil.key), TownAccount("guardian", mother.key)]


def _lives_in(family: Family, home: str) -> bool:
    """A mother and a father, Han: the fixed names suit them."""
    people = [person for person, _ in family.children + family.guardians]
    known = {relation for _, relation in family.guardians} == {"51", "52"}
    return (
        known
        and all(each.ethnic_group == HAN for each in people)
        and any(seat and seat.klass == home for _, seat in family.children)
    )


def _fitness(family: Family) -> tuple[bool, ...]:
    """Best with a younger child at primary school, both children known here before."""
    seats = [seat for _, seat in family.children if seat]
    return (
        [seat.grade.stage for seat in seats] == ["初中", "小学"],
        all(seat.last_year for seat in seats),
        all(seat.origins[1:] != (None,) for seat in seats),
    )
