"""公办 placement: the schools of the catchments in the order of the rules, then the overflow (统筹).

Classes and comparators are the same at all schools of a district, so the overflow is one order of children of whom
each takes the first school of her list that has a seat: no child can point at a seat given to a later one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from wutong.platforms.governance.admission.placement.households import Households, Occupancy
from wutong.platforms.governance.admission.placement.rules import (
    Applicant,
    Fact,
    Order,
    PlacementRules,
    order_of,
)
from wutong.platforms.governance.admission.problems import AdmissionError

# 对口录取, 统筹录取, and no seat in the district: an alarm, never silence.
Outcome = Literal["own_school", "overflow", "unplaced"]
# Why not the own school: over the plan, 五年一户, or in no catchment.
Reason = Literal["", "full", "household", "no_catchment"]


@dataclass(frozen=True, kw_only=True)
class LastAdmitted:
    """The child that took a school's last seat: whom the next ones ask about. No name, no number."""

    class_number: int
    from_private: bool
    facts: Mapping[str, Fact]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a child stands and why: "class 1, rank 131 of 120 seats; the last admitted moved in 2014-03"."""

    application_no: str
    outcome: Outcome
    school: str | None
    reason: Reason
    own_school: str
    class_number: int
    # From 1, among all whose own school this is.
    rank: int
    rank_in_class: int
    seats: int
    # Set where children of the catchment were refused.
    last_admitted: LastAdmitted | None = None
    # Of a refused child: in what it came after the last admitted ("class", "private", a fact, "ticket").
    decided_by: str = ""
    own_value: Fact | None = None


@dataclass(frozen=True, kw_only=True)
class Placement:
    standings: dict[str, Standing]
    left: dict[str, int]

    @property
    def unplaced(self) -> list[str]:
        return [each.application_no for each in self.standings.values() if each.outcome == "unplaced"]


@dataclass(kw_only=True)
class _Board:
    """The placement while it is under way."""

    rules: PlacementRules
    left: dict[str, int]
    households: Households
    school: dict[str, str] = field(default_factory=dict)
    reason: dict[str, Reason] = field(default_factory=dict)

    def take(self, child: Applicant, school: str) -> bool:
        if self.left.get(school, 0) <= 0:
            return False
        self.left[school] -= 1
        self.school[child.application_no] = school
        self.households.occupy(school, child.home, child.family)
        return True


def place(
    applicants: Iterable[Applicant],
    seats: Mapping[str, int],
    rules: PlacementRules,
    *,
    year: int = 0,
    occupied: Iterable[Occupancy] = (),
) -> Placement:
    """Every applicant has a standing; seats never exceed the plan. The order of the input does not matter."""
    children = list(applicants)
    order = {child.application_no: order_of(child, rules) for child in children}
    if len(order) != len(children):
        raise AdmissionError("twice", "an application number stands twice among the applicants")
    _plan_is_sound(seats)
    children.sort(key=lambda child: order[child.application_no])
    households = Households(occupied, year=year, years=rules.household_years)
    board = _Board(rules=rules, left=dict(sorted(seats.items())), households=households)
    _own_schools(children, board)
    _overflow(children, board)
    return Placement(standings=_standings(children, order, seats, board), left=board.left)


def _plan_is_sound(seats: Mapping[str, int]) -> None:
    for school, number in seats.items():
        if number < 0:
            raise AdmissionError("seats", f"{school}: {number} seats: give 0 or more", school=school)


def _own_schools(children: Sequence[Applicant], board: _Board) -> None:
    for child in children:
        board.reason[child.application_no] = _own_school(child, board)


def _own_school(child: Applicant, board: _Board) -> Reason:
    if not child.school:
        return "no_catchment"
    if board.households.against(child.school, child.home, child.family):
        return "household"
    return "" if board.take(child, child.school) else "full"


def _overflow(children: Sequence[Applicant], board: _Board) -> None:
    lists = board.rules.overflow or {}
    for child in children:
        if child.application_no in board.school:
            continue
        for school in dict.fromkeys(chain(child.wishes, lists.get(child.school, ()))):
            if not board.households.against(school, child.home, child.family) and board.take(child, school):
                break


def _standings(
    children: Sequence[Applicant], order: Mapping[str, Order], seats: Mapping[str, int], board: _Board
) -> dict[str, Standing]:
    last = _last_seated(children, board)
    refusing = {child.school for child in children if board.reason[child.application_no] == "full"}
    counted: dict[tuple[str, int], int] = {}
    standings = {}
    for child in children:
        number = order[child.application_no][0]
        for key in ((child.school, 0), (child.school, number)):
            counted[key] = counted.get(key, 0) + 1
        standings[child.application_no] = _standing(
            child,
            board,
            order,
            last=last.get(child.school) if child.school in refusing else None,
            seats=seats.get(child.school, 0),
            ranks=(counted[child.school, 0], counted[child.school, number]),
        )
    return dict(sorted(standings.items()))


def _last_seated(children: Sequence[Applicant], board: _Board) -> dict[str, Applicant]:
    """By school, the last in order who was seated at her own school."""
    return {child.school: child for child in children if board.reason[child.application_no] == ""}


def _standing(
    child: Applicant,
    board: _Board,
    order: Mapping[str, Order],
    *,
    last: Applicant | None,
    seats: int,
    ranks: tuple[int, int],
) -> Standing:
    school, reason = board.school.get(child.application_no), board.reason[child.application_no]
    outcome: Outcome = "unplaced" if school is None else "overflow" if reason else "own_school"
    by, value = _decided(child, last, board.rules, order) if reason == "full" and last else ("", None)
    return Standing(
        application_no=child.application_no,
        outcome=outcome,
        school=school,
        reason=reason,
        own_school=child.school,
        class_number=order[child.application_no][0],
        rank=ranks[0],
        rank_in_class=ranks[1],
        seats=seats,
        last_admitted=_shown(last, order) if last else None,
        decided_by=by,
        own_value=value,
    )


def _shown(child: Applicant, order: Mapping[str, Order]) -> LastAdmitted:
    return LastAdmitted(
        class_number=order[child.application_no][0], from_private=child.from_private, facts=child.facts
    )


def _decided(
    child: Applicant, last: Applicant, rules: PlacementRules, order: Mapping[str, Order]
) -> tuple[str, Fact | None]:
    """The first thing in which the child comes after the last admitted."""
    mine, theirs = order[child.application_no], order[last.application_no]
    if mine[0] != theirs[0]:
        return "class", mine[0]
    if mine[1] != theirs[1]:
        return "private", None
    comparators = rules.classes[mine[0] - 1].comparators
    for comparator, own, other in zip(comparators, mine[2], theirs[2], strict=True):
        if own != other:
            return comparator.fact, child.facts.get(comparator.fact)
    return ("ticket", child.ticket) if mine[3] != theirs[3] else ("application_no", child.application_no)
