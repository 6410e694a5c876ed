"""信息登记表: its parts, what each must say, and which documents follow from it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Sentence

HOUSEHOLD_KINDS: dict[str, Sentence] = {
    "family": _("本市家庭户"),
    "collective": _("本市集体户"),
    "elsewhere": _("外省市户籍"),
}
HOME_KINDS: dict[str, Sentence] = {
    "owned": _("自己家的房子（有产证）"),
    "rented": _("租的房子"),
    "public": _("公租房、廉租房"),
    "lodging": _("借住亲友家"),
}
OWNERS: dict[str, Sentence] = {
    "parent": _("父亲或母亲"),
    "child": _("孩子本人"),
    "grandparent": _("祖父母或外祖父母"),
    "other": _("其他人"),
}
LINEAL = ("parent", "child", "grandparent")

DOCUMENTS: dict[str, Sentence] = {
    "household": _("户口簿"),
    "property": _("不动产权证"),
    "rental": _("租赁合同登记备案证明"),
    "lodging": _("人户分离人员居住登记凭证"),
    "residence": _("上海市居住证"),
    "insurance": _("社会保险或灵活就业登记"),
    "vaccination": _("预防接种证"),
}
# What a source can compare; the rest is looked at on site. The vaccination card may follow until school begins.
COMPARED = ("household", "property", "residence", "insurance")
LATER = frozenset({"vaccination"})

PARTS: dict[str, Sentence] = {
    "child": _("孩子"),
    "household": _("户籍"),
    "home": _("住房"),
    "papers": _("证件"),
    "review": _("核对"),
}


@dataclass(frozen=True)
class Gap:
    part: str
    sentence: Sentence


def is_local(sheet: Mapping[str, Any]) -> bool:
    return bool(sheet.get("household", {}).get("kind") in ("family", "collective"))


def has_papers(sheet: Mapping[str, Any]) -> bool:
    """Whether the page of certificates has anything to ask; as long as it is not known, it may have."""
    return not is_local(sheet) or sheet.get("home", {}).get("kind", "owned") == "owned"


def needed(sheet: Mapping[str, Any]) -> tuple[str, ...]:
    """Kinds of documents in the order in which a family meets them."""
    kind = sheet.get("home", {}).get("kind")
    at_home = {"owned": ["property"], "rented": ["rental"], "public": ["rental"], "lodging": ["lodging"]}
    first = ["household"] if is_local(sheet) else ["residence", "insurance"]
    return (*first, *at_home.get(str(kind), []), "vaccination")


def gaps(sheet: Mapping[str, Any]) -> list[Gap]:
    """What has to be filled in before the form can be confirmed, in the order of the pages."""
    household, home, permit = (sheet.get(part, {}) for part in ("household", "home", "permit"))
    wanted = (
        ("household", all(household.get(name) for name in ("kind", "address")), _("请填写户籍类别和地址。")),
        ("home", all(home.get(name) for name in ("kind", "address")), _("请填写现在住的房子和地址。")),
        ("papers", home.get("kind") != "owned" or bool(home.get("certificate")), _("请填写不动产权证号。")),
        ("papers", is_local(sheet) or bool(permit.get("number")), _("请填写家长的居住证号。")),
    )
    return [Gap(part, sentence) for part, given, sentence in wanted if not given]


def parts_for(sheet: Mapping[str, Any]) -> list[str]:
    return [part for part in PARTS if part != "papers" or has_papers(sheet)]


def first_gap(sheet: Mapping[str, Any]) -> str:
    """The page where a family goes on: the first with something missing, else the last."""
    missing = gaps(sheet)
    return missing[0].part if missing else "review"


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
