"""对口地段 as data: which school an address belongs to, by road and numbers, by estate or by committee."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from wutong.platforms.governance.admission.addresses.address import Address, HouseNumber
from wutong.platforms.governance.admission.problems import AdmissionError

Parity = Literal["all", "odd", "even"]
# 弄 or 号 on the road's one line of numbers, or both.
Counted = Literal["lane", "number", "any"]


@dataclass(frozen=True, kw_only=True)
class RoadRange:
    """`last` None: to the end of the road. With `within` the numbers are 号 inside that lane.

    A number with a mark (12甲) belongs where its number belongs.
    """

    road: str
    first: int = 1
    last: int | None = None
    parity: Parity = "all"
    counted: Counted = "any"
    within: HouseNumber | None = None

    def __post_init__(self) -> None:
        if not self.road or self.first < 0 or (self.last is not None and self.last < self.first):
            sentence = f"{self.road}: from {self.first} to {self.last} holds no house"
            raise AdmissionError("range_empty", sentence, road=self.road, first=self.first, last=self.last)

    def holds(self, address: Address) -> bool:
        if self.road != address.road:
            return False
        number = self._number(address)
        if number is None or number.value < self.first:
            return False
        odd = number.value % 2 == 1
        return (self.last is None or number.value <= self.last) and (
            self.parity == "all" or odd == (self.parity == "odd")
        )

    def _number(self, address: Address) -> HouseNumber | None:
        """The number that this range counts: of an address in a lane the lane's, unless it speaks of that lane."""
        if self.within:
            return address.number if address.lane == self.within else None
        if address.lane:
            return address.lane if self.counted != "number" else None
        return address.number if self.counted != "lane" else None


@dataclass(frozen=True)
class Estate:
    """A whole 小区 or 新村, by its name."""

    name: str

    def holds(self, address: Address) -> bool:
        return self.name == address.estate


@dataclass(frozen=True)
class Committee:
    """A whole 居委 or 村委, by its name in one form (田林十二村居委)."""

    name: str

    def holds(self, address: Address) -> bool:
        return self.name == address.committee


Where = RoadRange | Estate | Committee


@dataclass(frozen=True, kw_only=True)
class Catchment:
    """`first_year` to `last_year`, both included; None: from ever, until it is changed."""

    school: str
    district: str
    where: Where
    first_year: int | None = None
    last_year: int | None = None

    def valid(self, year: int) -> bool:
        return (self.first_year or year) <= year <= (self.last_year or year)

    def holds(self, address: Address) -> bool:
        """An address without a district is taken to lie in this one."""
        return address.district in ("", self.district) and self.where.holds(address)


class CatchmentMap:
    """The catchments of one year, found by road, estate or committee."""

    def __init__(self, catchments: Iterable[Catchment], *, year: int) -> None:
        self.catchments = tuple(each for each in catchments if each.valid(year))
        self._by_name: dict[str, list[Catchment]] = defaultdict(list)
        for each in self.catchments:
            self._by_name[name_of(each.where)].append(each)

    def found(self, address: Address) -> list[Catchment]:
        """All that hold the address: why it belongs to a school, in words that were published."""
        names = dict.fromkeys((address.road, address.estate, address.committee))
        near = [each for name in names if name for each in self._by_name.get(name, ())]
        return [each for each in near if each.holds(address)]

    def schools(self, address: Address) -> tuple[str, ...]:
        """None: in no catchment. Several: meant so, or an overlap; `unsettled` reports both."""
        return tuple(sorted({each.school for each in self.found(address)}))


def name_of(where: Where) -> str:
    return where.road if isinstance(where, RoadRange) else where.name


@dataclass(frozen=True, kw_only=True)
class Unsettled:
    """An address of the register in no catchment (no schools) or in several."""

    address: Address
    schools: tuple[str, ...]


def unsettled(catchments: CatchmentMap, addresses: Iterable[Address]) -> list[Unsettled]:
    """The check against a register of addresses, before the window opens."""
    found = ((address, catchments.schools(address)) for address in addresses)
    return [Unsettled(address=one, schools=schools) for one, schools in found if len(schools) != 1]
