"""A Shanghai address taken apart: road, lane (弄), branch lane (支弄), house number (号), room (室)."""

import re
from dataclasses import dataclass, replace
from typing import Final

from wutong.platforms.governance.admission.addresses.spelling import district_first, plain
from wutong.platforms.governance.admission.problems import AdmissionError

_MARK: Final = "甲乙丙丁戊己庚辛"
_VALUE: Final = rf"(?:[临{_MARK}A-Z]?\d+(?:[{_MARK}A-Z]|-\d+|之\d+)?)"
_STREET: Final = r"(?:大道|公路|支路|路|街|巷|滩)"
_TOWN: Final = re.compile(rf"^([^\d]{{1,6}}?(?:街道|镇|乡))(?!{_STREET}|弄|支路|[东西南北中一二三四]路)")
_COMMITTEE: Final = re.compile(
    r"^([^路]{1,14}?)(居民委员会|居民区|居委会|居委|村民委员会|村委会|村委)(?=.|$)"
)
_ROAD: Final = re.compile(rf"^([^\d]{{1,12}}?{_STREET})(?=[临{_MARK}]?\d|$)")
_ROAD_THEN_NAME: Final = re.compile(
    rf"^([^\d]{{1,8}}?{_STREET})(?!新村|[一二三四五六七八九十]+村)(?=[^\d]{{2,}}\d?)"
)
_ESTATE: Final = re.compile(
    rf"^(?![A-Z东南西北中][座幢栋])([^\d]{{2,20}}?)(?=[临{_MARK}]?\d|[东南西北中A-Z][座幢栋]|$)"
)
_GROUP: Final = re.compile(r"^(\d+)([组队])")  # of villagers; production teams of old
_LANE: Final = re.compile(rf"^({_VALUE})弄")
_BRANCH: Final = re.compile(rf"^({_VALUE})支?弄")
_NUMBER: Final = re.compile(
    rf"^({_VALUE})号(?!楼)(?:([{_MARK}A-Z])(?![座幢栋])|-(\d+)(?!\d*室|\d*$)|之(\d+))?"
)
_BUILDING: Final = re.compile(r"^([\dA-Z]+|[东南西北中])(?:号楼|幢|栋|座|楼(?!\d*室))")
_UNIT: Final = re.compile(r"^(\d+)(?:单元)")
_FLOOR: Final = re.compile(r"^(\d+)(?:层|楼)")
_ROOM: Final = re.compile(r"^-?((?:[A-Z]?\d+[A-Z]?)(?:-\d+)?)(?:室|房)?$")


@dataclass(frozen=True, order=True)
class HouseNumber:
    """A number and what parts it from its neighbours: 甲, 临, A, -1. Odd and even go by `value`."""

    value: int
    mark: str = ""

    def __str__(self) -> str:
        return f"临{self.value}" if self.mark == "临" else f"{self.value}{self.mark}"


@dataclass(frozen=True, kw_only=True)
class Address:
    """Parts that were not said are "" or None. `rest` is what could not be read: look at it by hand."""

    district: str = ""
    town: str = ""
    committee: str = ""
    road: str = ""
    lane: HouseNumber | None = None
    branch: HouseNumber | None = None
    estate: str = ""
    group: str = ""
    number: HouseNumber | None = None
    building: str = ""
    unit: str = ""
    room: str = ""
    rest: str = ""

    @property
    def whole(self) -> bool:
        """Enough to find a catchment by, and nothing left unread."""
        return bool((self.road or self.estate) and (self.number or self.lane) and not self.rest)

    @property
    def door(self) -> str:
        """Road to house number. An estate's name beside a lane and a number says nothing more, and is left out."""
        beside = "" if not self.road or (self.lane and self.number) else self.estate
        parts = [
            self.road or self.estate,
            f"{self.lane}弄" if self.lane else "",
            f"{self.branch}支弄" if self.branch else "",
            beside,
            self.group,
            f"{self.number}号" if self.number else "",
        ]
        return "".join(parts)

    @property
    def home(self) -> str:
        """The same for every spelling of one home: 五年一户 compares this. Without town and committee."""
        inside = (f"{self.building}幢" if self.building else "") + (f"{self.unit}单元" if self.unit else "")
        return self.district + self.door + inside + (f"{self.room}室" if self.room else "") + self.rest

    def __str__(self) -> str:
        committee = self.committee
        return self.district + self.town + committee + self.home.removeprefix(self.district)


def read_address(text: str, *, district: str = "") -> Address:
    """`district` is taken where the text names none. Raises AdmissionError for an empty text only."""
    spelled = plain(text)
    if not spelled:
        raise AdmissionError("address_empty", "the address is empty")
    named, rest = district_first(spelled)
    address = Address(district=named or district)
    address, rest = _area(address, rest)
    address, rest = _street(address, rest)
    address, rest = _house(address, rest)
    return replace(address, rest=rest)


def _area(address: Address, text: str) -> tuple[Address, str]:
    if found := _TOWN.match(text):
        address, text = replace(address, town=found[1]), text[found.end() :]
    if found := _COMMITTEE.match(text):
        kind = "村委" if found[2].startswith("村") else "居委"
        address, text = replace(address, committee=found[1] + kind), text[found.end() :]
    return address, text


def _street(address: Address, text: str) -> tuple[Address, str]:
    if found := _ROAD.match(text) or _ROAD_THEN_NAME.match(text):
        address, text = replace(address, road=found[1]), text[found.end() :]
    # A lane is one of a road's: a text that begins with it does not say whose.
    if address.road and (found := _LANE.match(text)):
        address, text = replace(address, lane=_house_number(found[1])), text[found.end() :]
        if found := _BRANCH.match(text):
            address, text = replace(address, branch=_house_number(found[1])), text[found.end() :]
    return address, text


def _house(address: Address, text: str) -> tuple[Address, str]:
    if found := _ESTATE.match(text):
        address, text = replace(address, estate=found[1]), text[found.end() :]
    if not address.lane and (found := _LANE.match(text)):
        address, text = replace(address, lane=_house_number(found[1])), text[found.end() :]
    if found := _GROUP.match(text):
        address, text = replace(address, group=f"{found[1]}组"), text[found.end() :]
    if found := _NUMBER.match(text):
        mark = found[2] or (f"-{found[3] or found[4]}" if found[3] or found[4] else "")
        address, text = replace(address, number=_house_number(found[1], mark)), text[found.end() :]
    return _inside(address, text)


def _inside(address: Address, text: str) -> tuple[Address, str]:
    """House, entrance, storey (which the room's number repeats) and room."""
    if found := _BUILDING.match(text):
        address, text = replace(address, building=found[1]), text[found.end() :]
    if found := _UNIT.match(text):
        address, text = replace(address, unit=found[1]), text[found.end() :]
    text = _FLOOR.sub("", text)
    if found := _ROOM.match(text):
        address, text = replace(address, room=found[1]), text[found.end() :]
    return address, text


def _house_number(text: str, mark: str = "") -> HouseNumber:
    value = re.search(r"\d+", text)
    assert value, text  # noqa: S101  the patterns end in a digit
    around = (text[: value.start()] + text[value.end() :]).replace("之", "-")
    return HouseNumber(int(value[0]), around or mark)
