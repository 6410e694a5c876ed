"""The form of a window's rules: fields out of `Rules`, `Rules` out of fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation
from wutong.platforms.governance.enrolment.forms import choice, day
from wutong.platforms.governance.enrolment.models import Stage, Window
from wutong.platforms.governance.enrolment.queries import schools_in
from wutong.platforms.governance.enrolment.ruleset import (
    CLASS_TITLES,
    COMPARATOR_TITLES,
    DATES,
    SEPARATED_TITLES,
    SHORT_TITLES,
    Calendar,
    PoolRule,
    Rules,
)

ARROW = "→"


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})
    return forms.DateTimeField(label=label, widget=widget)


def _lines(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, help_text=help_text, widget=forms.Textarea(attrs={"rows": 4})
    )


class RulesForm(forms.Form):
    """Order is said by numbers: the class with 1 comes first. What concerns 初中 is asked of 初中 only."""

    born_from = day(_("出生日期从"))
    born_to = day(_("到"))
    insurance_months = forms.IntegerField(label=_("随迁子女：社会保险至少几个月"), min_value=0, max_value=120)
    flexible_years = forms.IntegerField(label=_("或灵活就业登记至少几年"), min_value=0, max_value=20)
    separated = choice(_("人户分离的在哪里入学"), SEPARATED_TITLES)
    one_child_years = forms.IntegerField(
        label=_("同一住址几年内只安排一户"),
        min_value=0,
        max_value=9,
        help_text=_("五年一户写 5；没有这条规定写 0。"),
    )
    shared_catchments = forms.BooleanField(label=_("允许一个地址对口几所学校"), required=False)
    twins_short = choice(_("多胞胎捆绑摇号"), SHORT_TITLES)
    hash = choice(_("摇号算法"), {"sha256": "SHA-256", "sm3": "SM3（商用密码）"})
    by_catchment = forms.BooleanField(label=_("按地段对口"), required=False)
    feeders = _lines(_("学籍对口"), _("每行一条：小学全称 → 初中全称"))
    through = _lines(_("一贯制直升"), _("每行一条：小学全称 → 初中全称"))
    pools = _lines(_("电脑派位"), _("每行一组：组名：小学、小学 → 初中、初中"))
    overflow = _lines(
        _("统筹去向"), _("每行一条：满了的学校 → 先去的学校、再去的学校；不写就按余额多少安排。")
    )

    JUNIOR = ("by_catchment", "feeders", "through", "pools")

    def __init__(self, window: Window, data: Any = None) -> None:
        self.window, self.schools = window, {row.name: row.pk for row in schools_in(window)}
        super().__init__(data, initial=self.known(window.rules))
        self.fields.update({name: _date_field(name) for name in DATES})
        for name, title in CLASS_TITLES.items():
            self.fields[f"class_{name}"] = _place(
                format_lazy(_("入学顺序：{title}"), title=title), len(CLASS_TITLES)
            )
        for name, title in COMPARATOR_TITLES.items():
            self.fields[f"by_{name}"] = _place(
                format_lazy(_("同类排序：{title}"), title=title), len(COMPARATOR_TITLES), required=False
            )
        if window.stage == Stage.PRIMARY:
            for name in self.JUNIOR:
                del self.fields[name]
        self.order_fields(
            [
                *DATES,
                "born_from",
                "born_to",
                *(name for name in self.fields if name.startswith(("class_", "by_"))),
            ]
        )

    def known(self, rules: Rules) -> dict[str, Any]:
        names = {key: name for name, key in self.schools.items()}
        dates = {each.name: _local(getattr(rules.calendar, each.name)) for each in fields(Calendar)}
        return {
            **dates,
            **{name: getattr(rules, name) for name in _PLAIN},
            **{f"class_{name}": place for place, name in enumerate(rules.classes, 1)},
            **{f"by_{name}": place for place, name in enumerate(rules.comparators, 1)},
            "feeders": _told({key: (target,) for key, target in rules.feeders.items()}, names),
            "through": _told({key: (target,) for key, target in rules.through.items()}, names),
            "overflow": _told(rules.overflow, names),
            "pools": "\n".join(_pool_told(pool, names) for pool in rules.pools),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in ("feeders", "through", "overflow", "pools"):
            if name in self.fields:
                try:
                    data[name] = self._read(name, data.get(name, ""))
                except _Unknown as unknown:
                    self.add_error(name, format_lazy(_("看不懂这一行：{line}"), line=str(unknown)))
        return data

    def _read(self, name: str, text: str) -> Any:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if name == "pools":
            return tuple(self._pool(line) for line in lines)
        pairs = dict(self._pair(line) for line in lines)
        return pairs if name == "overflow" else {key: targets[0] for key, targets in pairs.items()}

    def _pair(self, line: str) -> tuple[int, tuple[int, ...]]:
        before, arrow, after = line.partition(ARROW)
        keys = self._keys(before, line)
        if not arrow or len(keys) != 1:
            raise _Unknown(line)
        return keys[0], self._keys(after, line)

    def _pool(self, line: str) -> PoolRule:
        name, colon, rest = line.replace(":", "：").partition("：")
        before, arrow, after = rest.partition(ARROW)
        if not colon or not arrow or not name.strip():
            raise _Unknown(line)
        return PoolRule(name.strip(), self._keys(before, line), self._keys(after, line))

    def _keys(self, text: str, line: str) -> tuple[int, ...]:
        names = [name.strip() for name in text.replace("，", "、").split("、") if name.strip()]
        if not names or set(names) - set(self.schools):
            raise _Unknown(line)
        return tuple(self.schools[name] for name in names)

    def rules(self) -> Rules:
        data = self.cleaned_data
        junior = {name: data[name] for name in self.JUNIOR if name in data}
        return Rules(
            calendar=Calendar(**{name: data[name] for name in DATES}),
            classes=_ordered(data, "class_"),
            comparators=_ordered(data, "by_"),
            overflow=data["overflow"],
            **{name: data[name] for name in _PLAIN if name not in self.JUNIOR},
            **junior,
        )


_PLAIN = (
    "born_from", "born_to", "insurance_months", "flexible_years", "separated", "one_child_years", "shared_catchments",
    "twins_short", "hash", "by_catchment",
)  # fmt: skip


class _Unknown(ValueError):
    """A line that names no school of the district, or is not written as the help says."""


def _date_field(name: str) -> forms.Field:
    return day(DATES[name]) if name == "first_day" else _moment(DATES[name])


def _place(label: Any, most: int, **more: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=1, max_value=most, **more)


def _ordered(data: Mapping[str, Any], prefix: str) -> tuple[str, ...]:
    """By the numbers given; what has none is left out, of two alike the first in the form comes first."""
    places = {
        name.removeprefix(prefix): value for name, value in data.items() if name.startswith(prefix) and value
    }
    known = CLASS_TITLES if prefix == "class_" else COMPARATOR_TITLES
    return tuple(sorted((name for name in known if name in places), key=lambda name: places[name]))


def _local(value: datetime | date) -> Any:
    return timezone.localtime(value) if isinstance(value, datetime) else value


def _told(pairs: Mapping[int, tuple[int, ...]], names: Mapping[int, str]) -> str:
    return "\n".join(
        f"{_name(key, names)} {ARROW} {'、'.join(_name(target, names) for target in targets)}"
        for key, targets in pairs.items()
    )


def _pool_told(pool: PoolRule, names: Mapping[int, str]) -> str:
    before, after = ("、".join(_name(key, names) for key in keys) for keys in (pool.primaries, pool.juniors))
    return f"{pool.name}：{before} {ARROW} {after}"


def _name(key: int, names: Mapping[int, str]) -> str:
    if key in names:
        return names[key]
    row = Organisation.objects.unscoped("a school that was closed").filter(pk=key).first()
    return row.name if row else str(key)
