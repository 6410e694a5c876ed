"""Pupils become children of families: brothers and sisters, parents, grandparents, and who answers for whom."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from wutong.centres.data.master.town.names import HAN, MINORITIES, Name, adult_name, child_name
from wutong.centres.data.master.town.people import People, Place
from wutong.centres.data.master.town.schools import Seat
from wutong.centres.data.master.town.shapes import Sex, TownGuardianship, TownPerson

FATHER, MOTHER = "51", "52"
GRANDPARENTS: dict[tuple[str, Sex], str] = {
    (FATHER, "1"): "61", (FATHER, "2"): "62", (MOTHER, "1"): "63", (MOTHER, "2"): "64",
}  # fmt: skip
# Who answers for a family's children, and how many families in a hundred.
FORMS = {
    (FATHER, MOTHER): 83, (MOTHER,): 7, (FATHER,): 2,
    (MOTHER, "grandmother"): 3, (FATHER, "grandmother"): 2, ("grandmother", "grandfather"): 3,
}  # fmt: skip

SIBLING_AT_SCHOOL, SIBLING_AT_HOME, TWINS = 0.115, 0.045, 0.004
BOYS = 1.07 / 2.07
FROM_ELSEWHERE = 0.31
MINORITY = 0.028
BETWEEN_BIRTHS = timedelta(days=500)
YEAR = 365.25


@dataclass(frozen=True)
class Family:
    """Brothers and sisters with those who answer for them; a child at home has no seat."""

    children: tuple[tuple[TownPerson, Seat | None], ...]
    guardians: tuple[tuple[TownPerson, str], ...]


@dataclass(frozen=True)
class Couple:
    """The parents as they are known before it is settled who is on the register."""

    names: dict[str, Name]
    born: dict[str, date]
    ethnic: dict[str, str]
    place: Place
    address: str


def families(people: People, seats: list[Seat], today: date) -> list[Family]:
    """One family after another, until every seat is taken."""
    rng = people.rng
    waiting = rng.sample(seats, len(seats))
    made = []
    while waiting:
        group, ages = _brood(rng, waiting, today)
        made.append(_family(people, list(zip(group, ages, strict=True))))
    return made


def guardianships(found: list[Family], today: date) -> list[TownGuardianship]:
    """Parents from birth; grandparents since a later day, when they took a child in."""
    return [
        TownGuardianship(
            guardian.key, child.key, relation, at == 0, _since(relation, child, today)
        )
        for family in found
        for child, _seat in family.children
        for at, (guardian, relation) in enumerate(family.guardians)
    ]  # fmt: skip


def _since(relation: str, child: TownPerson, today: date) -> date:
    if relation in (FATHER, MOTHER):
        return child.born
    return child.born + (today - child.born) // 2


def _brood(rng: Random, waiting: list[Seat], today: date) -> tuple[list[Seat | None], list[date]]:
    """Takes from `waiting` the seats of one family's children; beside each its child's birthday."""
    first, draw = waiting.pop(), rng.random()
    if draw < TWINS:
        second = _take(waiting, lambda seat: (seat.school, seat.grade) == (first.school, first.grade))
        return ([first, second], [first.born] * 2) if second else ([first], [first.born])
    if draw < TWINS + SIBLING_AT_SCHOOL:
        second = _take(waiting, lambda seat: _may_be_siblings(first, seat))
        return ([first, second], [first.born, second.born]) if second else ([first], [first.born])
    earliest = max(first.born + BETWEEN_BIRTHS, today.replace(day=1, year=today.year - 3))
    if draw < TWINS + SIBLING_AT_SCHOOL + SIBLING_AT_HOME and first.born.year > today.year - 12:
        span = (today - timedelta(days=40) - earliest).days
        return [first, None], [first.born, earliest + timedelta(days=rng.randint(0, max(1, span)))]
    return [first], [first.born]


def _take(waiting: list[Seat], fits: Callable[[Seat], bool]) -> Seat | None:
    at = next((at for at in range(len(waiting) - 1, -1, -1) if fits(waiting[at])), None)
    return None if at is None else waiting.pop(at)


def _may_be_siblings(first: Seat, second: Seat) -> bool:
    """Two to eight years apart; at the same school if at the same stage."""
    apart = abs((first.born - second.born).days)
    together = first.school == second.school or first.grade.stage != second.grade.stage
    return together and BETWEEN_BIRTHS.days <= apart <= 8 * YEAR


def _family(people: People, brood: list[tuple[Seat | None, date]]) -> Family:
    rng = people.rng
    couple = _couple(people, min(born for _, born in brood), max(born for _, born in brood))
    place: Place = "elsewhere" if rng.random() < FROM_ELSEWHERE else "shanghai"
    children: list[tuple[TownPerson, Seat | None]] = []
    for seat, born in brood:
        taken = [child.name for child, _ in children]
        children.append((_child(people, couple, born, place, taken), seat))
    couple = replace(couple, place="elsewhere" if place == "elsewhere" or rng.random() < 0.3 else "shanghai")
    return Family(tuple(children), tuple(_guardians(people, couple)))


def _couple(people: People, eldest: date, youngest: date) -> Couple:
    """Of mothers the eldest was born at about 29, the youngest at 44 or before."""
    rng = people.rng
    age = min(max(rng.gauss(29, 3.6), 21), 41)
    mother = max(eldest - timedelta(days=age * YEAR), youngest - timedelta(days=44 * YEAR))
    mother = min(mother, eldest - timedelta(days=21 * YEAR))
    father = min(mother - timedelta(days=rng.gauss(1.9, 2.4) * YEAR), eldest - timedelta(days=22 * YEAR))
    born = {FATHER: father, MOTHER: mother}
    ethnic = _ethnic(rng)
    names = {
        FATHER: adult_name(rng, "1", father, ethnic[FATHER]),
        MOTHER: adult_name(rng, "2", mother, ethnic[MOTHER]),
    }
    return Couple(names, born, ethnic, "shanghai", people.address())


def _ethnic(rng: Random) -> dict[str, str]:
    def minority() -> str:
        return rng.choices(list(MINORITIES), list(MINORITIES.values()))[0]

    father = minority() if rng.random() < MINORITY else HAN
    like_him = rng.random() < 0.5
    if father != HAN:
        return {FATHER: father, MOTHER: father if like_him else HAN}
    return {FATHER: HAN, MOTHER: minority() if rng.random() < 0.012 else HAN}


def _child(people: People, couple: Couple, born: date, place: Place, taken: list[str]) -> TownPerson:
    rng = people.rng
    sex: Sex = "1" if rng.random() < BOYS else "2"
    ethnic = couple.ethnic[FATHER]
    name = child_name(rng, sex, born, couple.names[FATHER], couple.names[MOTHER], ethnic)
    while str(name) in taken:
        name = child_name(rng, sex, born, couple.names[FATHER], couple.names[MOTHER], ethnic)
    return people.add(
        name, sex, born, place=place, address=couple.address, ethnic=ethnic, phone=False
    )  # fmt: skip


def _guardians(people: People, couple: Couple) -> list[tuple[TownPerson, str]]:
    """The first is the one the school calls; of two parents mostly the mother."""
    rng = people.rng
    form = rng.choices(list(FORMS), list(FORMS.values()))[0]
    if form == (FATHER, MOTHER) and rng.random() < 0.64:
        form = (MOTHER, FATHER)
    side = rng.choice((FATHER, MOTHER))
    return [_guardian(people, couple, who, side) for who in form]


def _guardian(people: People, couple: Couple, who: str, side: str) -> tuple[TownPerson, str]:
    if who in (FATHER, MOTHER):
        sex: Sex = "1" if who == FATHER else "2"
        return _settle(people, couple, couple.names[who], sex, couple.born[who], couple.ethnic[who]), who
    sex = "2" if who == "grandmother" else "1"
    born = couple.born[side] - timedelta(days=people.rng.uniform(22, 31) * YEAR)
    name = adult_name(people.rng, sex, born, couple.ethnic[side])
    if sex == "1" and name.surname:
        name = replace(name, surname=couple.names[side].surname)
    return _settle(people, couple, name, sex, born, couple.ethnic[side]), GRANDPARENTS[side, sex]


def _settle(people: People, couple: Couple, name: Name, sex: Sex, born: date, ethnic: str) -> TownPerson:
    return people.add(name, sex, born, place=couple.place, address=couple.address, ethnic=ethnic)
