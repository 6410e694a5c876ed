"""The draw: from two seeds to the order of all applications of one school.

All over UTF-8 text, digests in lower-case hex: `commit = H(city_seed)`, `seed = H(city_seed + public_seed)`,
`ticket = H(seed + "|" + school + "|" + application_no)`; ascending, then application number.
A bound group holds one ticket, that of its smallest number.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, get_args

from wutong.platforms.governance.admission.lottery.seating import GroupPolicy, seat, units_in
from wutong.platforms.governance.admission.problems import AdmissionError

DigestName = Literal["sha256", "sm3"]
RunKind = Literal["final", "rehearsal"]
# A rehearsal's tickets are never those of a draw, whatever is later written over its stamp.
REHEARSAL: Final = "rehearsal|"


def digest(text: str | bytes, name: DigestName = "sha256") -> str:
    data = text.encode() if isinstance(text, str) else text
    if name == "sha256":
        return hashlib.sha256(data).hexdigest()
    if name != "sm3":
        raise AdmissionError("digest", f"there is no digest {name!r}: choose sha256 or sm3", digest=name)
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415  only where 商密 is required

    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize().hex()


@dataclass(frozen=True, kw_only=True)
class Seeds:
    """The city's seed is secret until the public one is fixed; only `commit` is shown before."""

    city_seed: str
    public_seed: str
    digest: DigestName = "sha256"
    kind: RunKind = "final"

    def __post_init__(self) -> None:
        if self.digest not in get_args(DigestName):
            digest("", self.digest)
        for name, text in (("city_seed", self.city_seed), ("public_seed", self.public_seed)):
            if not text:
                raise AdmissionError("seed", f"{name} is empty: a draw needs both seeds", seed=name)

    @property
    def commit(self) -> str:
        return digest(self.city_seed, self.digest)

    @property
    def seed(self) -> str:
        stamp = REHEARSAL if self.kind == "rehearsal" else ""
        return digest(stamp + self.city_seed + self.public_seed, self.digest)


@dataclass(frozen=True, kw_only=True)
class Draw:
    """One school, or one school and category ("某某小学·走读"), for which lots are drawn."""

    school: str
    applications: tuple[str, ...]
    seats: int
    groups: tuple[tuple[str, ...], ...] = ()
    group_policy: GroupPolicy = "whole_or_skip"

    def __post_init__(self) -> None:
        if self.seats < 0:
            raise AdmissionError(
                "seats", f"{self.school}: seats is {self.seats}: give 0 or more", school=self.school
            )
        if self.group_policy not in get_args(GroupPolicy):
            known = ", ".join(get_args(GroupPolicy))
            sentence = f"there is no group_policy {self.group_policy!r}: choose one of {known}"
            raise AdmissionError("group_policy", sentence, school=self.school)
        self._each_once(self.applications, "twice", "stands twice among the applications")
        self._each_once(
            [each for group in self.groups for each in group], "bound_twice", "stands twice in the groups"
        )
        known_numbers = set(self.applications)
        for each in (each for group in self.groups for each in group if each not in known_numbers):
            raise AdmissionError(
                "bound_unknown", f"{each!r} is in a group but not among the applications", application_no=each
            )

    def _each_once(self, numbers: list[str] | tuple[str, ...], code: str, what: str) -> None:
        if len(set(numbers)) != len(numbers):
            twice = next(each for each, count in Counter(numbers).items() if count > 1)
            raise AdmissionError(code, f"{twice!r} {what}", school=self.school, application_no=twice)


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """`order` holds every application, also those left without a seat: a freed seat goes to the next."""

    draw: Draw
    tickets: dict[str, str]
    order: tuple[str, ...]
    admitted: tuple[str, ...]


def draw_lots(draw: Draw, seeds: Seeds) -> Drawn:
    """Independent of the order in which applications, groups and their members are given."""
    tickets = _tickets(draw, seeds)
    order = sorted(draw.applications, key=lambda number: (tickets[number], number))
    admitted = seat(units_in(order, draw.groups), draw.seats, draw.group_policy)
    return Drawn(draw=draw, tickets=tickets, order=tuple(order), admitted=tuple(admitted))


def _tickets(draw: Draw, seeds: Seeds) -> dict[str, str]:
    holder = {member: min(group) for group in draw.groups for member in group}
    hashed = _ticket_maker(f"{seeds.seed}|{draw.school}|", seeds.digest)
    return {number: hashed(holder.get(number, number)) for number in draw.applications}


def _ticket_maker(before: str, name: DigestName) -> Callable[[str], str]:
    """What all tickets of a school begin with is hashed once."""
    if name == "sm3":
        return lambda number: digest(before + number, name)
    begun = hashlib.sha256(before.encode())

    def ticket(number: str) -> str:
        state = begun.copy()
        state.update(number.encode())
        return state.hexdigest()

    return ticket
