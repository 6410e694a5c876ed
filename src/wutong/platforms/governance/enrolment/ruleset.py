"""The rules of one window as data, and what contradicts itself in them. Pure: no tables."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal, Self

import msgspec
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Sentence

OWNER, SEPARATED, COLLECTIVE, MIGRANT, INCOMPLETE = (
    "owner", "separated", "collective", "migrant", "incomplete",
)  # fmt: skip
CLASS_TITLES: dict[str, Sentence] = {
    OWNER: _("人户一致"),
    SEPARATED: _("人户分离"),
    COLLECTIVE: _("集体户、公租廉租等"),
    MIGRANT: _("随迁子女"),
    INCOMPLETE: _("材料不全或错过时间"),
}
COMPARATOR_TITLES: dict[str, Sentence] = {
    "household_since": _("入户日期在前"),
    "property_since": _("产证登记日期在前"),
    "lineal": _("户主为直系亲属"),
}
SHORT_TITLES: dict[str, Sentence] = {
    "whole_or_skip": _("名额不够整组录取时，整组不录"),
    "over_plan": _("名额不够整组录取时，经批准增加名额"),
    "split": _("名额不够整组录取时，按名额录取其中一部分"),
}
SEPARATED_TITLES: dict[str, Sentence] = {
    "residence": _("只在居住地入学"),
    "household": _("只在户籍地入学"),
    "both": _("由家长选择居住地或户籍地"),
}


@dataclass(frozen=True)
class Calendar:
    """When each part of the year begins and ends; in the order in which they must follow one another."""

    registration_opens: datetime
    registration_closes: datetime
    apply_opens: datetime
    apply_closes: datetime
    draw: datetime
    first_results: datetime
    second_results: datetime
    letters: datetime
    first_day: date


DATES: dict[str, Sentence] = {
    "registration_opens": _("信息登记开始"),
    "registration_closes": _("信息登记截止"),
    "apply_opens": _("报名开始"),
    "apply_closes": _("报名截止"),
    "draw": _("民办电脑随机录取"),
    "first_results": _("第一批公办结果"),
    "second_results": _("第二批公办结果"),
    "letters": _("发入学通知书"),
    "first_day": _("开学第一天"),
}


@dataclass(frozen=True)
class PoolRule:
    """电脑派位: pupils of these primary schools draw lots for these junior schools."""

    name: str
    primaries: tuple[int, ...]
    juniors: tuple[int, ...]


@dataclass(frozen=True)
class Rules:
    """All that a district may fix differently; schools are named by their keys.

    `feeders` (学籍对口) and `through` (一贯制直升, if the family wants) lead from a primary to a junior school.
    `overflow`: where children go when a school is full, nearest first (统筹).
    """

    calendar: Calendar
    born_from: date
    born_to: date
    classes: tuple[str, ...] = (OWNER, SEPARATED, COLLECTIVE, MIGRANT, INCOMPLETE)
    comparators: tuple[str, ...] = ("household_since", "property_since", "lineal")
    insurance_months: int = 6
    flexible_years: int = 3
    separated: Literal["residence", "household", "both"] = "residence"
    one_child_years: int = 0
    shared_catchments: bool = False
    twins_short: Literal["whole_or_skip", "over_plan", "split"] = "whole_or_skip"
    hash: Literal["sha256", "sm3"] = "sha256"
    by_catchment: bool = True
    feeders: dict[int, int] = field(default_factory=dict)
    through: dict[int, int] = field(default_factory=dict)
    pools: tuple[PoolRule, ...] = ()
    overflow: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        return msgspec.convert(content, cls, strict=False)

    def written(self) -> dict[str, Any]:
        """As JSON keeps it: object keys are text there."""
        made: dict[str, Any] = msgspec.to_builtins(self, str_keys=True)
        return made

    def is_of_age(self, born: date | None) -> bool:
        return born is not None and self.born_from <= born <= self.born_to


def contradictions(rules: Rules) -> list[Sentence]:
    """Every way in which these rules cannot be followed, named; what concerns plans is asked elsewhere."""
    return [*_out_of_order(rules), *_wrong_age(rules), *_wrong_classes(rules), *_wrong_routes(rules)]


def _out_of_order(rules: Rules) -> list[Sentence]:
    days = [(each.name, getattr(rules.calendar, each.name)) for each in fields(rules.calendar)]
    pairs = zip(days, days[1:], strict=False)
    return [
        format_lazy(_("“{later}”早于“{earlier}”。"), later=DATES[later], earlier=DATES[earlier])
        for (earlier, before), (later, after) in pairs
        if _day(before) > _day(after) or (isinstance(after, datetime) and before >= after)
    ]


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _wrong_age(rules: Rules) -> list[Sentence]:
    if rules.born_from > rules.born_to:
        return [_("出生日期的起止写反了。")]
    if (rules.born_to - rules.born_from).days not in (364, 365):
        return [_("适龄儿童的出生日期应当正好是一年，例如 9 月 1 日至次年 8 月 31 日。")]
    return []


def _wrong_classes(rules: Rules) -> list[Sentence]:
    found: list[Sentence] = []
    for title, names, known in (
        (_("入学顺序"), rules.classes, CLASS_TITLES),
        (_("同类排序"), rules.comparators, COMPARATOR_TITLES),
    ):
        if len(set(names)) != len(names) or set(names) - set(known):
            found.append(format_lazy(_("“{what}”里有重复或不认识的一项。"), what=title))
    missing = [CLASS_TITLES[name] for name in CLASS_TITLES if name not in rules.classes]
    found += [format_lazy(_("“入学顺序”缺少“{name}”，这一类孩子无处可排。"), name=name) for name in missing]
    if rules.classes and not missing and rules.classes[-1] != INCOMPLETE:
        found.append(_("“材料不全或错过时间”必须排在最后。"))
    return found


def _wrong_routes(rules: Rules) -> list[Sentence]:
    """A primary school with two ways would let the order of questions decide."""
    ways = [*rules.feeders, *(key for pool in rules.pools for key in pool.primaries)]
    found: list[Sentence] = []
    if len(set(ways)) != len(ways):
        found.append(_("同一所小学既写在学籍对口里又写在派位组里，或者在两个派位组里。"))
    if not (rules.by_catchment or rules.feeders or rules.pools or rules.through):
        found.append(_("没有写明孩子怎样对口入学：地段、学籍、派位、直升至少要有一种。"))
    for pool in rules.pools:
        if not pool.primaries or not pool.juniors:
            found.append(format_lazy(_("派位组“{name}”缺少小学或初中。"), name=pool.name))
    return found
