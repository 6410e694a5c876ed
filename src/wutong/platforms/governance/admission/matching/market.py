"""A market: students' wishes, schools' priorities, seats; and the compact form that the methods work on.

A pair is acceptable only if both list each other.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from wutong.platforms.governance.admission.problems import AdmissionError

Matching = dict[str, str | None]


@dataclass(frozen=True)
class Market:
    """Lists are best first. `order` is used by serial dictatorship alone: who chooses first."""

    students: Mapping[str, Sequence[str]]
    schools: Mapping[str, Sequence[str]]
    seats: Mapping[str, int]
    order: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for owner, kind, lists in (("student", "school", self.students), ("school", "student", self.schools)):
            for name, wishes in lists.items():
                if len(set(wishes)) != len(wishes):
                    twice = next(each for each in wishes if list(wishes).count(each) > 1)
                    sentence = f"{owner} {name!r} lists {kind} {twice!r} twice"
                    raise AdmissionError("twice", sentence, owner=name, listed=twice)
        for school in self.schools:
            if school not in self.seats:
                raise AdmissionError("seats", f"school {school!r} has no number of seats", school=school)
        for school, number in self.seats.items():
            if number < 0:
                sentence = f"school {school!r} has {number} seats: give 0 or more"
                raise AdmissionError("seats", sentence, school=school)
        if self.order is not None and sorted(self.order) != sorted(self.students):
            raise AdmissionError("order", "order must name every student once and nobody else")


ABSENT: Final = -1


class Grid:
    """A market in flat arrays, by numbers: students and schools in the order of their ids.

    `school[w]` and `rank[w]` say of wish w which school it is for and where that school has the student; the
    acceptable wishes of student s are those from `start[s]` to `start[s + 1]`. `listed[c]` is school c's own list.
    """

    def __init__(self, market: Market) -> None:
        self.students, self.schools = sorted(market.students), sorted(market.schools)
        self.seats = [market.seats[name] for name in self.schools]
        student_no = {name: number for number, name in enumerate(self.students)}
        school_no = {name: number for number, name in enumerate(self.schools)}
        self.listed = [_numbers(market.schools[name], student_no) for name in self.schools]
        wished = [_numbers(market.students[name], school_no) for name in self.students]
        self.start, self.school, self.rank = _acceptable(wished, self.listed)

    def named(self, seat_of: Sequence[int]) -> Matching:
        """`seat_of[s]` is a school's number or ABSENT."""
        return {
            student: None if seat_of[number] == ABSENT else self.schools[seat_of[number]]
            for number, student in enumerate(self.students)
        }


def _numbers(names: Sequence[str], known: Mapping[str, int]) -> array[int]:
    """Names that are in no list of the other side are nobody's partner."""
    return array("i", [known[name] for name in names if name in known])


def _acceptable(
    wished: Sequence[array[int]], listed: Sequence[array[int]]
) -> tuple[array[int], array[int], array[int]]:
    """Wishes whose school lists the student too, with the student's rank there."""
    all_ranks = _ranks(wished, listed)
    start, school, rank = array("i", [0]), array("i"), array("i")
    wish = 0
    for wishes in wished:
        for each in wishes:
            if all_ranks[wish] != ABSENT:
                school.append(each)
                rank.append(all_ranks[wish])
            wish += 1
        start.append(len(school))
    return start, school, rank


def _ranks(wished: Sequence[array[int]], listed: Sequence[array[int]]) -> array[int]:
    """Looked up school by school, in one array over all students that each school uses in turn."""
    askers: list[list[tuple[int, int]]] = [[] for _school in listed]
    wish = 0
    for student, wishes in enumerate(wished):
        for school in wishes:
            askers[school].append((wish, student))
            wish += 1
    ranks = array("i", [ABSENT]) * wish
    place = array("i", [ABSENT]) * len(wished)
    for school, students in enumerate(listed):
        for number, student in enumerate(students):
            place[student] = number
        for wish, student in askers[school]:
            ranks[wish] = place[student]
        for student in students:
            place[student] = ABSENT
    return ranks
