"""What a column holds as JSON: written, read strictly, and described.

Each function knows the kinds of the register; one that it does not know travels as the text a sheet carries.
"""

import re
from datetime import date
from functools import singledispatch
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.codes import queries as codes
from wutong.kernel.register.kinds import (
    CodeOf,
    CodesOf,
    Count,
    Day,
    Kind,
    Measure,
    Number,
    OneOf,
    Text,
    YesNo,
)
from wutong.kernel.register.spec import Column
from wutong.kernel.sheet.cells import CellProblem, DateOrder, problem

# Longer lists are named, not written out.
ENUM = 40
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
Schema = dict[str, Any]


@singledispatch
def to_json(kind: Kind, value: Any) -> Any:
    return kind.write(value)


@to_json.register(YesNo)
@to_json.register(Count)
@to_json.register(CodeOf)
@to_json.register(OneOf)
def _as_is(kind: Kind, value: Any) -> Any:
    return value


@to_json.register
def _several(kind: CodesOf, value: Any) -> list[str]:
    return list(value)


@to_json.register
def _measured(kind: Measure, value: Any) -> float:
    return float(value)


@to_json.register
def _dated(kind: Day, value: date) -> str:
    return value.isoformat()


def column_json(column: Column, row: Any) -> Any:
    value = column.read(row)
    return nothing(column.kind) if value in (None, "", []) else to_json(column.kind, value)


def nothing(kind: Kind) -> Any:
    """How an empty cell stands: texts and lists are empty, all else is null."""
    if isinstance(kind, CodesOf):
        return []
    return "" if isinstance(kind, Text) else None


def wrong(rule: str, sentence: Any, mend: Any, value: Any) -> CellProblem:
    return problem(rule, sentence, mend, value)


def parse(kind: Kind, value: Any) -> Any:
    """The same value as from a sheet, where JSON types and codes are exact; CellProblem otherwise."""
    return None if value is None else from_json(kind, value)


@singledispatch
def from_json(kind: Kind, value: Any) -> Any:
    if not isinstance(value, str):
        raise wrong("type", _("这里应为文字。"), _("请写成 JSON 字符串。"), value)
    return kind.parse(value, DateOrder.UNKNOWN)


@from_json.register(Count)
@from_json.register(Measure)
def _number(kind: Kind, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong("type", _("这里应为数字。"), _("请写成 JSON 数字。"), value)
    return kind.parse(value, DateOrder.UNKNOWN)


@from_json.register
def _flag(kind: YesNo, value: Any) -> bool:
    if not isinstance(value, bool):
        raise wrong("type", _("这里应为 true 或 false。"), _("请写成 JSON 布尔值。"), value)
    return value


@from_json.register
def _day(kind: Day, value: Any) -> Any:
    if not (isinstance(value, str) and DAY.fullmatch(value)):
        raise wrong("date", _("“{value}”不是日期。"), _("请写成“年-月-日”，例如 2026-09-01。"), value)
    return kind.parse(value, DateOrder.UNKNOWN)


@from_json.register
def _code(kind: CodeOf, value: Any) -> str:
    if not (isinstance(value, str) and value in _known(kind)):
        raise _no_code(kind.set_name, value)
    return value


@from_json.register
def _codes(kind: CodesOf, value: Any) -> list[str]:
    known = _known(kind)
    if not isinstance(value, list) or any(not isinstance(each, str) or each not in known for each in value):
        raise _no_code(kind.set_name, value)
    return kind.ordered(set(value))


@from_json.register
def _one_of(kind: OneOf, value: Any) -> str:
    if not (isinstance(value, str) and value in dict(kind.pairs)):
        allowed = "、".join(value for value, _label in kind.pairs)
        raise problem(
            "choice", _("“{value}”不在可选的值里。"), _("可选：{allowed}。"), value, allowed=allowed
        )
    return value


def _no_code(set_name: str, value: Any) -> CellProblem:
    mend = _("代码见 /api/v1/codes/{set_name}/。")
    return problem("code", _("“{value}”不在代码集里。"), mend, value, set_name=set_name)


def _known(kind: CodeOf) -> dict[str, str]:
    return {code: name for code, name, _en, live in codes.lines(kind.set_name, date.today()) if live}


@singledispatch
def schema_of(kind: Kind) -> Schema:
    return {"type": "string"}


@schema_of.register
def _text_schema(kind: Text) -> Schema:
    return {"type": "string", "maxLength": kind.longest}


@schema_of.register
def _number_schema(kind: Number) -> Schema:
    return {"type": "string"}


@schema_of.register
def _count_schema(kind: Count) -> Schema:
    return {"type": "integer", "minimum": kind.minimum, "maximum": kind.maximum}


@schema_of.register
def _measure_schema(kind: Measure) -> Schema:
    return {"type": "number", "minimum": kind.minimum, "maximum": kind.maximum}


@schema_of.register
def _flag_schema(kind: YesNo) -> Schema:
    return {"type": "boolean"}


@schema_of.register
def _day_schema(kind: Day) -> Schema:
    return {"type": "string", "format": "date", "examples": ["2026-09-01"]}


@schema_of.register
def _code_schema(kind: CodeOf) -> Schema:
    known = _known(kind)
    listed = format_lazy(_("代码集 {name}：/api/v1/codes/{name}/"), name=kind.set_name)
    if not known or len(known) > ENUM:
        return {"type": "string", "description": listed, "examples": list(known)[:1]}
    words = "；".join(f"{code} {name}" for code, name in known.items())
    return {"type": "string", "enum": list(known), "description": f"{listed}。{words}"}


@schema_of.register
def _codes_schema(kind: CodesOf) -> Schema:
    return {"type": "array", "items": _code_schema(kind)}


@schema_of.register
def _choice_schema(kind: OneOf) -> Schema:
    words = "；".join(f"{value} {label}" for value, label in kind.pairs)
    return {"type": "string", "enum": [value for value, _label in kind.pairs], "description": words}


def filter_text(kind: Kind, value: str) -> str:
    """A value from the address, as the list of the page takes it; CellProblem where no row can hold it."""
    if isinstance(kind, CodeOf):
        if value not in {code for code, *_names in codes.lines(kind.set_name, date.today())}:
            raise _no_code(kind.set_name, value)
        return value
    if isinstance(kind, OneOf):
        return _one_of(kind, value)
    return str(kind.parse(value, DateOrder.UNKNOWN))
