"""Offices, schools and classes of two school years, and the seats in them that pupils take."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import cast

from wutong.centres.data.master.town.shapes import ClassFacts, OrganisationKind, SchoolFacts, TownOrganisation
from wutong.centres.data.master.town.tables import rows

# As far back as registers reach: founding dates were not at hand.
BEGINNING = date(1949, 10, 1)
DISTRICT = "310104"
CITY = "shanghai"
STAGES = ("幼儿园", "小学", "初中", "高中")
# Of those who begin a stage, how many come from a school of this town.
FROM_TOWN = {"小学": 0.25, "初中": 0.88, "高中": 0.85}
PRIVATE_SMALLER = 3


@dataclass(frozen=True)
class Grade:
    """`step` counts the years since kindergarten began: 0 for 小班, 14 for 高三."""

    code: str
    name: str
    name_en: str
    stage: str
    step: int
    smallest: int
    largest: int


@dataclass(frozen=True)
class Seat:
    """A place in a class and how one came to it. `origins`: a school key, or None, for each stage before."""

    school: str
    klass: str
    grade: Grade
    entered: int
    born: date
    origins: tuple[str | None, ...]
    last_year: str | None


@cache
def grades() -> tuple[Grade, ...]:
    return tuple(
        Grade(
            row["code"], row["name"], row["name_en"], row["stage"],
            int(row["step"]), int(row["smallest"]), int(row["largest"]),
        )
        for row in rows("grades")
    )  # fmt: skip


def first_step(stage: str) -> int:
    return min(grade.step for grade in grades() if grade.stage == stage)


def school_year(today: date) -> int:
    """The year in which the school year of a day began, on 1 September."""
    return today.year if today.month >= 9 else today.year - 1


def offices() -> list[TownOrganisation]:
    """The city, its districts and what is beside the schools, parents first."""
    made = [
        TownOrganisation(
            key=row["key"],
            kind=cast(OrganisationKind, row["kind"]),
            name=row["name"],
            name_en=row["name_en"],
            parent_key=row["parent"] or None,
            valid_from=BEGINNING,
        )
        for row in rows("offices")
    ]
    districts = [
        TownOrganisation(
            key=row["code"],
            kind="district",
            name=f"{row['name']}教育局",
            name_en=f"{row['name_en']} Education Bureau",
            parent_key=CITY,
            valid_from=BEGINNING,
        )
        for row in rows("districts")
    ]
    return [made[0], *districts, *made[1:]]


def schools() -> list[TownOrganisation]:
    return [
        TownOrganisation(
            row["key"], "school", row["name"], row["name_en"], DISTRICT, BEGINNING, facts=_school_facts(row)
        )
        for row in rows("schools")
    ]


def _school_facts(row: dict[str, str]) -> SchoolFacts:
    stages = tuple(row["stages"].split(";"))
    return SchoolFacts(
        stages, row["nature"], row["type"], row["address"], row["code"], row["code_system"], row["number"]
    )


def classes(year: int, *, closed: bool) -> list[TownOrganisation]:
    """The classes of one school year; `closed` for a year that is over."""
    return [
        _class(school, grade, number, year, closed)
        for school in rows("schools")
        for grade in grades()
        if grade.stage in school["stages"].split(";")
        for number in range(1, int(school["classes_per_grade"]) + 1)
    ]


def class_key(school: str, year: int, grade: Grade, number: int) -> str:
    return f"{school}-{year}-{grade.code}-{number}"


def _class(school: dict[str, str], grade: Grade, number: int, year: int, closed: bool) -> TownOrganisation:
    name = (
        f"{grade.name[0]}{'一二三四'[number - 1]}班" if grade.stage == "幼儿园" else f"{grade.name}{number}班"
    )
    return TownOrganisation(
        key=class_key(school["key"], year, grade, number),
        kind="class",
        name=name,
        name_en=f"{grade.name_en}, Class {number}",
        parent_key=school["key"],
        valid_from=date(year, 9, 1),
        valid_to=date(year + 1, 8, 31) if closed else None,
        facts=ClassFacts(grade.stage, grade.code, number, year - grade.step + first_step(grade.stage)),
    )


def seats(rng: Random, now: list[TownOrganisation], before: list[TownOrganisation], year: int) -> list[Seat]:
    """A seat for every pupil of the running classes."""
    private = {row["key"] for row in rows("schools") if row["nature"] == "民办"}
    made = []
    for klass in now:
        grade = grade_of(klass)
        smaller = PRIVATE_SMALLER if klass.parent_key in private else 0
        size = max(24, rng.randint(grade.smallest, grade.largest) - smaller)
        made += [_seat(rng, klass, grade, before, year) for _ in range(size)]
    return made


def school_facts(school: TownOrganisation) -> SchoolFacts:
    if not isinstance(school.facts, SchoolFacts):
        raise TypeError(f"{school.key} is not a school")
    return school.facts


def class_facts(klass: TownOrganisation) -> ClassFacts:
    if not isinstance(klass.facts, ClassFacts):
        raise TypeError(f"{klass.key} is not a class")
    return klass.facts


def grade_of(klass: TownOrganisation) -> Grade:
    return next(grade for grade in grades() if grade.code == class_facts(klass).grade)


def _seat(
    rng: Random, klass: TownOrganisation, grade: Grade, before: list[TownOrganisation], year: int
) -> Seat:
    begun = class_facts(klass).entry_year
    seat = Seat(klass.parent_key or "", klass.key, grade, begun, _born(rng, grade, year), (), None)
    origins = _origins(rng, seat)
    if grade.step == first_step(grade.stage):
        last = _last_class(rng, before, origins, grade)
    else:
        last = _same_cohort(klass, before) if rng.random() < 0.97 else None
    return replace(seat, origins=origins, last_year=last)


def _born(rng: Random, grade: Grade, year: int) -> date:
    """A cohort is born from September to August; one in fifty is a year older."""
    late = 1 if rng.random() < 0.02 else 0
    first = date(year - 4 - grade.step - late, 9, 1)
    return first + timedelta(days=rng.randrange(365))


def _origins(rng: Random, seat: Seat) -> tuple[str | None, ...]:
    """A school for each stage before the present one; most stay where a school has both."""
    made: list[str | None] = []
    following = seat.school
    for stage in reversed(STAGES[: STAGES.index(seat.grade.stage)]):
        after = STAGES[STAGES.index(stage) + 1]
        here = following in schools_with(stage) and rng.random() < 0.8
        known = rng.random() < FROM_TOWN[after]
        origin = following if here else rng.choice(schools_with(stage)) if known else None
        made.insert(0, origin)
        following = origin or ""
    return tuple(made)


@cache
def schools_with(stage: str) -> tuple[str, ...]:
    """As often as there are classes, so that larger schools send more pupils on."""
    return tuple(
        row["key"]
        for row in rows("schools")
        if stage in row["stages"].split(";")
        for _ in range(int(row["classes_per_grade"]))
    )


def _last_class(
    rng: Random, before: list[TownOrganisation], origins: tuple[str | None, ...], grade: Grade
) -> str | None:
    if not origins or origins[-1] is None:
        return None
    step = grade.step - 1
    sent = [each for each in before if each.parent_key == origins[-1]]
    return rng.choice([each.key for each in sent if grade_of(each).step == step])


def _same_cohort(klass: TownOrganisation, before: list[TownOrganisation]) -> str:
    facts = class_facts(klass)
    found = (
        each.key
        for each in before
        if each.parent_key == klass.parent_key and replace(class_facts(each), grade=facts.grade) == facts
    )
    return next(found)
