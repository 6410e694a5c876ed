"""初中入学 in its four modes: 一贯制直升, 学籍对口, 地段对口, 电脑派位.

Each pupil has one route; which one a district or a group of schools uses is data of the year. Routes by priority
(through, feeder, catchment) are placed by `place`; a pool by lots: in the order of tickets each pupil takes the first
school of her list that has a seat.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from wutong.platforms.governance.admission.lottery.draw import Draw, Seeds, draw_lots
from wutong.platforms.governance.admission.lottery.seating import units_in
from wutong.platforms.governance.admission.problems import AdmissionError

Mode = Literal["through", "feeder", "catchment", "pool"]


@dataclass(frozen=True, kw_only=True)
class Pool:
    """A group of junior schools for which the pupils of a group of primary schools draw lots."""

    name: str
    primaries: frozenset[str]
    juniors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class JuniorRules:
    """`through` and `feeders` lead from a primary to a junior school; a primary stands in one pool at most."""

    through: Mapping[str, str] = field(default_factory=dict)
    feeders: Mapping[str, str] = field(default_factory=dict)
    pools: tuple[Pool, ...] = ()
    # Whether a pupil of none of these goes by the address of her home.
    by_catchment: bool = False

    def __post_init__(self) -> None:
        """A primary in two modes would let the order of questions decide."""
        seen: dict[str, str] = {}
        modes = [("feeder", name) for name in self.feeders]
        modes += [(pool.name, name) for pool in self.pools for name in pool.primaries]
        for mode, primary in modes:
            if primary in seen:
                sentence = f"{primary} stands in {seen[primary]} and in {mode}: a primary school has one way"
                raise AdmissionError("two_modes", sentence, primary=primary)
            seen[primary] = mode


@dataclass(frozen=True, kw_only=True)
class Pupil:
    """`stays`: asked for 直升. `catchment`: the junior school of the home's address, "" if in none."""

    application_no: str
    primary: str
    stays: bool = False
    catchment: str = ""
    wishes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Route:
    """`school` is the one to place the pupil at; of a pool it is known only after the draw."""

    mode: Mode
    school: str = ""
    pool: str = ""


def route_of(pupil: Pupil, rules: JuniorRules) -> Route | None:
    """None: no way leads on; the child is for 统筹 and must not be forgotten."""
    if pupil.stays and pupil.primary in rules.through:
        return Route(mode="through", school=rules.through[pupil.primary])
    if pupil.primary in rules.feeders:
        return Route(mode="feeder", school=rules.feeders[pupil.primary])
    for pool in rules.pools:
        if pupil.primary in pool.primaries:
            return Route(mode="pool", pool=pool.name)
    if rules.by_catchment and pupil.catchment:
        return Route(mode="catchment", school=pupil.catchment)
    return None


@dataclass(frozen=True, kw_only=True)
class PoolDrawn:
    """`given` holds every pupil: the school, or None when all seats of the pool are taken."""

    tickets: dict[str, str]
    order: tuple[str, ...]
    given: dict[str, str | None]


def draw_pool(
    pool: Pool,
    pupils: Iterable[Pupil],
    seats: Mapping[str, int],
    seeds: Seeds,
    *,
    groups: tuple[tuple[str, ...], ...] = (),
) -> PoolDrawn:
    """Lots as in `draw_lots` with the pool's name for the school; wishes first, then the pool's schools in turn.

    Bound twins hold one ticket and take the first school, by the wishes of the smaller number, that has room for
    both; where none has, each takes what is left.
    """
    wishes = {pupil.application_no: pupil.wishes for pupil in pupils}
    left = {school: seats.get(school, 0) for school in pool.juniors}
    lots = Draw(school=pool.name, applications=tuple(wishes), seats=sum(left.values()), groups=groups)
    drawn = draw_lots(lots, seeds)
    given: dict[str, str | None] = dict.fromkeys(sorted(drawn.order))
    for unit in units_in(drawn.order, groups):
        whole = _first_with_room((*wishes[unit[0]], *pool.juniors), left, len(unit))
        for number in unit:
            school = whole or _first_with_room((*wishes[number], *pool.juniors), left, 1)
            given[number] = school
            if school:
                left[school] -= 1
    return PoolDrawn(tickets=drawn.tickets, order=drawn.order, given=given)


def _first_with_room(schools: Iterable[str], left: Mapping[str, int], number: int) -> str | None:
    return next((school for school in schools if left.get(school, 0) >= number), None)
