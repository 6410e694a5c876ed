"""The sheet as people read it back, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from wutong.kernel.codes import queries as codes
from wutong.platforms.governance.enrolment import sheet as form

Fact = dict[str, Any]


def told(sheet: Mapping[str, Any]) -> dict[str, list[Fact]]:
    """By page; only what was said."""
    found = {
        "child": _child(sheet),
        "household": _household(sheet),
        "home": _home(sheet),
        "papers": _papers(sheet),
    }
    return {part: [fact for fact in facts if fact["value"]] for part, facts in found.items()}


def _child(sheet: Mapping[str, Any]) -> list[Fact]:
    child = sheet.get("child", {})
    guardians = "、".join(each["name"] for each in child.get("guardians", []))
    return [
        _fact(_("姓名"), child.get("name")),
        _fact(_("性别"), codes.label("sex", child["sex"]) if child.get("sex") else ""),
        _fact(_("出生日期"), _day(child.get("born"))),
        _fact(_("证件号码"), child.get("number")),
        _fact(_("现在就读"), child.get("place")),
        _fact(_("监护人"), guardians),
    ]


def _household(sheet: Mapping[str, Any]) -> list[Fact]:
    given = sheet.get("household", {})
    return [
        _fact(_("户籍"), form.HOUSEHOLD_KINDS.get(given.get("kind", ""))),
        _fact(_("户籍地址"), given.get("address")),
        _fact(_("入户日期"), _day(given.get("since"))),
        _fact(_("户主"), form.OWNERS.get(given.get("head", ""))),
    ]


def _home(sheet: Mapping[str, Any]) -> list[Fact]:
    given = sheet.get("home", {})
    return [
        _fact(_("住房"), form.HOME_KINDS.get(given.get("kind", ""))),
        _fact(_("居住地址"), given.get("address")),
    ]


def _papers(sheet: Mapping[str, Any]) -> list[Fact]:
    home, permit = sheet.get("home", {}), sheet.get("permit", {})
    return [
        _fact(_("不动产权证号"), home.get("certificate")),
        _fact(_("产证登记日期"), _day(home.get("since"))),
        _fact(_("产权人"), form.OWNERS.get(home.get("owner", ""))),
        _fact(_("居住证号"), permit.get("number")),
        _fact(_("居住证有效期至"), _day(permit.get("valid_to"))),
        _fact(_("社会保险月数"), permit.get("months")),
        _fact(_("灵活就业登记年数"), permit.get("flexible_years")),
    ]


def _fact(label: str, value: Any) -> Fact:
    return {"label": label, "value": value or ""}


def _day(text: str | None) -> str:
    found = form.day(text)
    return formats.date_format(found, "DATE_FORMAT") if found else ""
