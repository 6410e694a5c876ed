"""Into which class of the 入学顺序 a child comes, by what was found true. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wutong.platforms.governance.enrolment import sheet as form
from wutong.platforms.governance.enrolment.ruleset import (
    COLLECTIVE,
    INCOMPLETE,
    MIGRANT,
    OWNER,
    SEPARATED,
    Rules,
)


def class_of(sheet: Mapping[str, Any], rules: Rules, *, same_address: bool, complete: bool) -> str:
    """`same_address`: household and home are one place; `complete`: every document needed now was found right."""
    if not complete:
        return INCOMPLETE
    household, home = sheet.get("household", {}), sheet.get("home", {})
    if not form.is_local(sheet):
        return MIGRANT if is_settled(sheet, rules) else INCOMPLETE
    if household.get("kind") == "collective" or home.get("kind") == "public":
        return COLLECTIVE
    own = home.get("kind") == "owned" and home.get("owner") in form.LINEAL
    return OWNER if own and same_address else SEPARATED


def is_settled(sheet: Mapping[str, Any], rules: Rules) -> bool:
    """One parent works here: social insurance for some months, or years of 灵活就业登记."""
    permit = sheet.get("permit", {})
    months, years = int(permit.get("months") or 0), int(permit.get("flexible_years") or 0)
    return months >= rules.insurance_months or years >= rules.flexible_years


def entry_address(sheet: Mapping[str, Any], rules: Rules, priority: str) -> str:
    """The address that decides the school: of the household, or where the family lives."""
    household, home = sheet.get("household", {}).get("address", ""), sheet.get("home", {}).get("address", "")
    if priority == OWNER or not home:
        return str(household)
    if priority == SEPARATED and rules.separated != "residence":
        wanted = rules.separated if rules.separated == "household" else sheet.get("entry", "residence")
        return str(household if wanted == "household" else home)
    return str(home)


def comparable(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """What children of one class are compared by."""
    household, home = sheet.get("household", {}), sheet.get("home", {})
    return {
        "household_since": household.get("since", ""),
        "property_since": home.get("since", "") if home.get("kind") == "owned" else "",
        "lineal": 0 if household.get("head") in form.LINEAL else 1,
    }
