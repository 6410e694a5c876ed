"""The rules of a year and a district as data: 入学顺序, comparators within a class, 五年一户, 同类排序靠后.

The order of classes and comparators is fixed by each district's 实施细则; nothing here is a rule of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from wutong.platforms.governance.admission.problems import AdmissionError

# What a child brings to be compared by: 入户日期, 产证登记日期, 与户主关系, distance in metres …
Fact = date | int | str
# "first": the smaller or earlier value comes first; "last": the greater or later one; "listed": as `listed` says.
Direction = Literal["first", "last", "listed"]


@dataclass(frozen=True)
class Comparator:
    """A child without this fact comes after all that have it, as does a value that `listed` does not name."""

    fact: str
    direction: Direction = "first"
    listed: tuple[str, ...] = ()

    def rank(self, facts: Mapping[str, Fact]) -> tuple[bool, int]:
        value = facts.get(self.fact)
        if value is None:
            return True, 0
        if self.direction == "listed":
            return (False, self.listed.index(value)) if value in self.listed else (True, 0)
        if isinstance(value, str):
            sentence = f"{self.fact} is text ({value!r}): compare text by a list"
            raise AdmissionError("comparator", sentence, fact=self.fact)
        number = value.toordinal() if isinstance(value, date) else value
        return False, -number if self.direction == "last" else number


@dataclass(frozen=True)
class PriorityClass:
    """`key` is the year's own name for it ("人户一致"); its number is its place in `PlacementRules.classes`."""

    key: str
    comparators: tuple[Comparator, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlacementRules:
    classes: tuple[PriorityClass, ...]
    # 同类排序靠后: within a class, children who first tried 民办 come after those who did not.
    private_side_last: bool = True
    # 五年一户: so many years one address holds one family's seat at a school; 0 where the district has no such rule.
    household_years: int = 0
    # 统筹: the schools to try, nearest first, for the children of a school; after their own wishes.
    overflow: Mapping[str, tuple[str, ...]] | None = None

    def __post_init__(self) -> None:
        keys = [each.key for each in self.classes]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            raise AdmissionError("class_twice", f"the class {twice!r} stands twice in the rules", key=twice)
        for each in self.classes:
            for comparator in each.comparators:
                if (comparator.direction == "listed") != bool(comparator.listed):
                    sentence = f"{each.key}: {comparator.fact} needs either a list or a direction"
                    raise AdmissionError("comparator", sentence, key=each.key, fact=comparator.fact)

    def number_of(self, key: str) -> int:
        """From 1, as it is spoken of."""
        for number, each in enumerate(self.classes, 1):
            if each.key == key:
                return number
        raise AdmissionError("class_unknown", f"the rules have no class {key!r}", key=key)


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """One child in public placement. `school` is the one of the catchment ("" if in none)."""

    application_no: str
    school: str
    priority: str
    facts: Mapping[str, Fact]
    from_private: bool = False
    # The home in one form, `Address.home`, and the family; for 五年一户.
    home: str = ""
    family: str = ""
    # Wishes for 统筹, best first.
    wishes: tuple[str, ...] = ()
    # A drawn ticket, which decides between children whom no comparator parts.
    ticket: str = ""


Order = tuple[int, bool, tuple[tuple[bool, int], ...], str, str]


def order_of(applicant: Applicant, rules: PlacementRules) -> Order:
    """Ascending: class, private side, comparators, ticket, application number."""
    number = rules.number_of(applicant.priority)
    compared = tuple(each.rank(applicant.facts) for each in rules.classes[number - 1].comparators)
    later = rules.private_side_last and applicant.from_private
    return number, later, compared, applicant.ticket, applicant.application_no
