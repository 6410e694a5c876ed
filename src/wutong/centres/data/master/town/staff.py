"""Who teaches what to whom, and who holds which office."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from random import Random
from typing import cast

from wutong.centres.data.master.town.people import People
from wutong.centres.data.master.town.schools import class_facts, school_facts, school_year
from wutong.centres.data.master.town.shapes import (
    MembershipRole,
    Sex,
    TownAccount,
    TownIdentifier,
    TownMembership,
    TownOrganisation,
    TownPerson,
)
from wutong.centres.data.master.town.tables import rows

DEMO_SCHOOL = "erchu"
CLASS_TEACHERS = ("保教", "语文", "数学", "英语")
HEAD = ("周敏", "Zhou Min")
CLERK = ("顾晓岚", "Gu Xiaolan")
DEMO_TEACHER = ("许文静", "Xu Wenjing")


@dataclass(frozen=True)
class Teacher:
    person: TownPerson
    subject: str
    since: date


class Staff:
    """Grows school by school; rows out."""

    def __init__(self, people: People, today: date) -> None:
        self.people, self.today, self.year = people, today, school_year(today)
        self.memberships: list[TownMembership] = []
        self.accounts: list[TownAccount] = []
        self._numbered = 0

    @property
    def rng(self) -> Random:
        return self.people.rng

    def fill_offices(self) -> None:
        for row in rows("posts"):
            sex: Sex = "1" if row["sex"] == "1" else "2"
            person = self.people.grown_up(
                sex, self._birthday(int(row["born_year"])), row["name"], row["name_en"]
            )
            role = cast(MembershipRole, row["role"])
            self._appoint(person, row["organisation"], role, row["post"], self._earlier(person))
            if row["account"]:
                self.accounts.append(TownAccount(row["account"], person.key))

    def fill_school(self, school: TownOrganisation, classes: list[TownOrganisation]) -> None:
        """`classes`: those of this and the last school year."""
        self._lead(school)
        for stage in school_facts(school).stages:
            subjects = [row for row in rows("subjects") if row["stage"] == stage]
            here = [each for each in classes if class_facts(each).stage == stage]
            self._teach(school, here, subjects)

    def _lead(self, school: TownOrganisation) -> None:
        demo = school.key == DEMO_SCHOOL
        kindergarten = school_facts(school).stages == ("幼儿园",)
        posts: tuple[tuple[MembershipRole, str, tuple[str, str], float], ...] = (
            ("head", "园长" if kindergarten else "校长", HEAD, 0.95 if kindergarten else 0.5),
            ("clerk", "信息管理员" if kindergarten else "学籍管理员", CLERK, 0.7),
        )
        for role, post, known, women in posts:
            sex: Sex = "2" if demo or self.rng.random() < women else "1"
            born = self._birthday(self.rng.randint(1968, 1984))
            person = self.people.grown_up(sex, born, *(known if demo else ()))
            since = self._earlier(person)
            self._appoint(person, school.key, role, post, since)
            self._number(person, since)
            if demo and role == "clerk":
                self.accounts.append(TownAccount("school", person.key))

    def _teach(
        self, school: TownOrganisation, classes: list[TownOrganisation], subjects: list[dict[str, str]]
    ) -> None:
        """Teachers go up with their classes; who brought one to the end takes the new ones."""
        teams: dict[str, list[Teacher]] = {}
        for year in (self.year, self.year - 1):
            taught = [each for each in classes if each.valid_from.year == year]
            grades = len({class_facts(each).grade for each in taught})
            taught.sort(key=partial(self._turn, grades=grades))
            led: list[str] = []
            for row in subjects:
                self._hire(school, teams, row, len(taught))
            for at, klass in enumerate(taught):
                lessons = [teams[row["subject"]][at // int(row["classes_each"])] for row in subjects]
                self._schedule(klass, lessons, led)

    def _turn(self, klass: TownOrganisation, grades: int) -> tuple[int, int]:
        """The same for a class in every year, and for the class that follows one that left; zero for the demo class."""
        facts = class_facts(klass)
        return (facts.entry_year - self.year + 1) % grades, facts.number

    def _hire(
        self, school: TownOrganisation, teams: dict[str, list[Teacher]], row: dict[str, str], classes: int
    ) -> None:
        team = teams.setdefault(row["subject"], [])
        while len(team) * int(row["classes_each"]) < classes:
            team.append(self._teacher(school, row, first=not team))

    def _teacher(self, school: TownOrganisation, row: dict[str, str], *, first: bool) -> Teacher:
        """Only those who lead no class may have come this year."""
        known = DEMO_TEACHER if school.key == DEMO_SCHOOL and row["subject"] == "语文" and first else ()
        sex: Sex = "2" if known or self.rng.random() < float(row["women"]) else "1"
        new = not known and row["subject"] not in CLASS_TEACHERS and self.rng.random() < 0.08
        youngest = self.year - (24 if new else 26)
        born = self._birthday(1987 if known else self.rng.randint(youngest - 2 if new else 1968, youngest))
        person = self.people.grown_up(sex, born, *known)
        since = date(self.year if new else self.rng.randint(born.year + 24, self.year - 1), 9, 1)
        self._appoint(person, school.key, "teacher", row["subject"], since)
        self._number(person, since)
        if known:
            self.accounts.append(TownAccount("teacher", person.key))
        return Teacher(person, row["subject"], since)

    def _schedule(self, klass: TownOrganisation, lessons: list[Teacher], led: list[str]) -> None:
        leaders = [each for each in lessons if each.subject in CLASS_TEACHERS and each.person.key not in led]
        leader = leaders[0].person.key
        led.append(leader)
        for teacher in lessons:
            if teacher.since > klass.valid_from:
                continue
            leads = teacher.person.key == leader
            roles: tuple[MembershipRole, ...] = ("class_teacher", "teacher") if leads else ("teacher",)
            for role in roles:
                self._appoint(
                    teacher.person, klass.key, role, teacher.subject, klass.valid_from, klass.valid_to
                )

    def _appoint(
        self, person: TownPerson, organisation: str, role: MembershipRole, post: str,
        since: date, until: date | None = None,
    ) -> None:  # fmt: skip
        self.memberships.append(TownMembership(person.key, organisation, role, post, since, until))

    def _number(self, person: TownPerson, since: date) -> None:
        """The form of staff numbers is ours: 3104 and a running number."""
        self._numbered += 1
        number = TownIdentifier(person.key, "staff", f"3104{self._numbered:06d}", since)
        self.people.identifiers.append(number)

    def _birthday(self, year: int) -> date:
        return self.people.day(date(year, 1, 1), date(year, 12, 31))

    def _earlier(self, person: TownPerson) -> date:
        """Some first of September between the age of 28 and last year."""
        return date(self.rng.randint(min(person.born.year + 28, self.year - 1), self.year - 1), 9, 1)
