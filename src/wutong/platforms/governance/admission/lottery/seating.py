"""Who is seated, going down a recorded order; at the draw and each time a seat becomes free."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from wutong.platforms.governance.admission.problems import AdmissionError

# Fewer seats than the next bound group has children: leave it waiting and go on, seat it over the plan, or part it.
GroupPolicy = Literal["whole_or_skip", "over_plan", "split"]


def units_in(order: Sequence[str], groups: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Groups and single applications as they follow in `order`, members by number."""
    group_of = {member: tuple(sorted(group)) for group in groups for member in group}
    return list(dict.fromkeys(group_of.get(number, (number,)) for number in order))


def seat(
    units: Iterable[tuple[str, ...]],
    seats: int,
    policy: GroupPolicy,
    *,
    held: Collection[str] = (),
    gone: Collection[str] = (),
) -> list[str]:
    """Who is newly seated, in order. `held` have a seat already, `gone` want none any more."""
    free, seated = seats - len(held), []
    for unit in units:
        if free <= 0:
            break
        waiting = [number for number in unit if number not in held and number not in gone]
        if len(waiting) > free and policy == "whole_or_skip":
            continue
        taken = waiting[:free] if policy == "split" else waiting
        seated += taken
        free -= len(taken)
    return seated


@dataclass(frozen=True)
class Step:
    """`freed` gave up a seat or the place in the waiting order; `given` moved up for it, in order."""

    freed: str
    given: tuple[str, ...]


def successions(
    order: Sequence[str],
    groups: Iterable[Sequence[str]],
    *,
    seats: int,
    policy: GroupPolicy,
    freed: Iterable[str],
) -> list[Step]:
    """What each withdrawal leads to, one after the other, beginning from the draw's own result.

    Recomputed from the recorded order alone, so that the same withdrawals always lead to the same children.
    """
    units, gone, steps = units_in(order, groups), set[str](), list[Step]()
    held = set(seat(units, seats, policy))
    known = set(order)
    for number in freed:
        if number not in known or number in gone:
            what = "has withdrawn already" if number in gone else "did not take part in this draw"
            raise AdmissionError("freed", f"{number!r} {what}", application_no=number)
        gone.add(number)
        held.discard(number)
        given = seat(units, seats, policy, held=held, gone=gone)
        held.update(given)
        steps.append(Step(number, tuple(given)))
    return steps
