"""A market: students' wishes, schools' priorities, seats.

A pair is acceptable only if both list each other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wutong.platforms.governance.admission.problems import AdmissionError

Matching = dict[str, str | None]
Ranks = dict[str, dict[str, int]]


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
                    twice = next(each for each, count in Counter(wishes).items() if count > 1)
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

    def ranks(self) -> Ranks:
        """Of each school: the place of each student on its list, from 0."""
        return {
            school: dict(zip(listed, range(len(listed)), strict=True))
            for school, listed in self.schools.items()
        }

    def acceptable(self, student: str, ranks: Ranks) -> list[str]:
        return [school for school in self.students[student] if student in ranks.get(school, ())]
