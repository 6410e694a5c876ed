"""The description of all this (OpenAPI 3.1), made from the declarations: what a register says, programs can read."""

import copy
import json
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong import __version__
from wutong.config.api import errors as doors
from wutong.config.api import schemas
from wutong.config.api.answers import encoded
from wutong.config.api.caller import SCOPES
from wutong.config.api.paging import MOST
from wutong.config.api.values import nothing, schema_of
from wutong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound, WutongError
from wutong.kernel.module import REGISTRY
from wutong.kernel.register.spec import Column, Register

Document = dict[str, Any]
PREFIX = "/api/v1"
# The general bodies of registers, and how those of one register are called after its name.
SUFFIX = {"Row": "", "Rows": "_page", "RowToMake": "_to_make", "RowToChange": "_to_change"}
TAGS = {
    "people": gettext_lazy("调用者、搜索、号码"),
    "registers": gettext_lazy("台账"),
    "cases": gettext_lazy("办件和待办"),
    "codes": gettext_lazy("代码集"),
}
# Which refusals each kind of request may meet, besides those that any may.
ANYWHERE: tuple[type[WutongError], ...] = (Invalid, doors.TooMany)
KNOWN: tuple[type[WutongError], ...] = (doors.NotSignedIn, NotAllowed, NotFound)
WRITES: tuple[type[WutongError], ...] = (doors.Malformed, Conflict)
CONDITIONAL: tuple[type[WutongError], ...] = (doors.Outdated, doors.Unconditional)
IF_MATCH, KEY = "If-Match", "Idempotency-Key"


def text() -> bytes:
    return _kept(translation.get_language() or "", date.today())[0]


def current() -> Document:
    return _kept(translation.get_language() or "", date.today())[1]


@lru_cache(maxsize=4)
def _kept(language: str, day: date) -> tuple[bytes, Document]:
    """Code sets change from day to day, not from request to request."""
    text = encoded(document())
    return text, json.loads(text)


def document() -> Document:
    from wutong.config.api.urls import api  # noqa: PLC0415  # the addresses name this description's page

    made = json.loads(encoded(api.get_openapi_schema(path_prefix=f"{PREFIX[1:]}/")))
    paths = {
        path: {m: _finished(path, m, o) for m, o in methods.items()}
        for path, methods in made["paths"].items()
    }
    whole: Document = {}
    components = made["components"]["schemas"]
    for path, methods in paths.items():
        whole.update(
            _expanded(path, methods) if "{name}" in path and "/registers/" in path else {path: methods}
        )
    components |= {"Problem": _plain(schemas.Problem), "Counts": COUNTS}
    for register in REGISTRY.all("registers"):
        components |= _components(register)
    for name in SUFFIX:
        components.pop(name, None)
    return {**made, "info": _info(), "tags": _tags(), "paths": whole, "components": _parts(components)}


COUNTS = {
    "type": "object",
    "properties": {
        name: {"type": "integer"} for name in ("rows", "created", "updated", "unchanged", "rejected")
    },
}


def _info() -> Document:
    return {
        "title": _("梧桐接口"),
        "version": __version__,
        "description": _(
            "台账、办件、待办、代码集和搜索：与页面同一套数据、权限和办事规则。说明见 /api/docs。"
        ),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _tags() -> list[Document]:
    fixed = [{"name": name, "description": title} for name, title in TAGS.items()]
    return fixed + [{"name": r.name, "description": r.title} for r in REGISTRY.all("registers")]


def _parts(components: Document) -> Document:
    token = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/oauth/token", "scopes": SCOPES}}}
    return {
        "schemas": components,
        "securitySchemes": {
            "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
            "token": token,
        },
    }


def _plain(schema: Any) -> Document:
    return schema.model_json_schema()


def _finished(path: str, method: str, operation: Document) -> Document:
    """With what every answer may be besides a good one, and the headers a change asks for."""
    secured = "security" in operation
    changing = method != "get"
    condition = "{pk}" in path or "{number}" in path
    conditional = changing and condition and "/numbers/" not in path
    kept = changing and not path.endswith("/bulk") and "/numbers/" not in path
    refusals = [*ANYWHERE, *(KNOWN if secured else (NotFound,))]
    refusals += [*(WRITES if changing else ()), *(CONDITIONAL if conditional else ())]
    refusals += [doors.MethodMissing] if method == "delete" else []
    refusals += [doors.TooLarge, doors.Busy] if path.endswith("/bulk") else []
    made = {**operation, "responses": {**operation["responses"]}}
    made["operationId"] = operation["operationId"].removeprefix("wutong_config_api_")
    for kind in refusals:
        made["responses"][str(kind.status)] = _refusal(kind)
    if method == "get" and condition and not path.endswith("/history/"):
        made["responses"]["304"] = {"description": _("与 If-None-Match 所说的版本相同")}
    extra = [_header(IF_MATCH)] * conditional + [_header(KEY)] * kept
    made["parameters"] = [*operation["parameters"], *extra]
    if path.endswith("/bulk"):
        made["responses"]["200"] = _streamed()
    return made


def _refusal(kind: type[WutongError]) -> Document:
    example = {
        "type": f"/problems/{kind.code}",
        "status": kind.status,
        "code": kind.code,
        "detail": kind.sentence,
    }
    content = {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "examples": {kind.code: {"value": example}},
    }
    return {"description": kind.sentence, "content": {"application/problem+json": content}}


def _streamed() -> Document:
    either = [{"$ref": "#/components/schemas/Outcome"}, {"$ref": "#/components/schemas/Counts"}]
    return {
        "description": _("每行一个结果，最后一行是计数"),
        "content": {"application/x-ndjson": {"schema": {"anyOf": either}}},
    }


def _header(name: str) -> Document:
    words = {
        IF_MATCH: _("读到的 ETag；没有会得到 428，过时会得到 412"),
        KEY: _("同一个键再次发送，只办理一次，回答相同"),
    }
    schema = {"type": "string", "maxLength": 120}
    return {"in": "header", "name": name, "required": False, "schema": schema, "description": words[name]}


def _expanded(path: str, methods: Document) -> Document:
    """One path for each register, its schemas in place of the general ones."""
    found = {}
    for register in REGISTRY.all("registers"):
        here = {m: _of(register, o) for m, o in methods.items() if m != "delete" or register.ends}
        found[path.replace("{name}", register.name)] = here
    return found


def _of(register: Register, operation: Document) -> Document:
    text = encoded(operation).decode()
    for name in SUFFIX:
        text = text.replace(f'schemas/{name}"', f'schemas/{register.name}{SUFFIX[name]}"')
    made = json.loads(text)
    name = made["operationId"].rpartition("_")[2]
    made["parameters"] = [each for each in made["parameters"] if each["name"] != "name"]
    made["parameters"] += {"rows": _of_list, "row": _of_row}.get(name, lambda register: [])(register)
    titled = {"operationId": f"{name}_{register.name}", "tags": [register.name]}
    return {**made, **titled, "summary": f"{register.title}：{made['summary']}"}


def _query(name: str, schema: Document, words: str) -> Document:
    return {"in": "query", "name": name, "required": False, "schema": schema, "description": words}


def _of_row(register: Register) -> list[Document]:
    names = ",".join(column.name for column in register.columns[:2])
    words = format_lazy(_("只要这些列，例如 {names}"), names=names)
    return [_query("fields", {"type": "string", "examples": [names]}, words)]


def _of_list(register: Register) -> list[Document]:
    searched = "、".join(str(column.title) for column in register.columns if column.searched)
    limits = {"type": "integer", "minimum": 1, "maximum": MOST, "default": 25}
    found = [
        _query("cursor", {"type": "string"}, _("上一页 next 里给出的值")),
        _query("limit", limits, _("每页几行")),
        _query("q", {"type": "string"}, format_lazy(_("在这些列里查找：{names}"), names=searched)),
    ]
    filters = [column for column in register.columns if column.filtered]
    return found + _of_row(register) + [_query(c.name, _filter(c), str(c.title)) for c in filters]


def _filter(column: Column) -> Document:
    found = schema_of(column.kind)
    return found["items"] if found.get("type") == "array" else found


def _components(register: Register) -> Document:
    """Four bodies: as it is read, a page of it, as it is made, as it is changed."""
    name, columns = register.name, register.columns
    written = [column for column in columns if column.editable]
    row = {"id": {"type": "integer"}, **{c.name: _column(c, read=True) for c in columns}}
    page = copy.deepcopy(_plain(schemas.Rows))
    page["properties"]["items"]["items"] = {"$ref": f"#/components/schemas/{name}"}
    page.pop("$defs", None)
    required = [c.name for c in written if c.required]
    return {
        name: _object(row, ["id"], register.title_one),
        f"{name}{SUFFIX['Rows']}": {**page, "title": name},
        f"{name}{SUFFIX['RowToMake']}": _object(
            {c.name: _column(c) for c in written}, required, register.title_one
        ),
        f"{name}{SUFFIX['RowToChange']}": _object(
            {c.name: _column(c) for c in written}, [], register.title_one
        ),
    }


def _object(properties: Document, required: list[str], title: Any) -> Document:
    found = {"type": "object", "title": title, "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found


def _column(column: Column, *, read: bool = False) -> Document:
    found = {**schema_of(column.kind), "title": column.title}
    words = [found.get("description"), column.help, _("读出时隐去中间各位") if column.sensitive else ""]
    found["description"] = " ".join(str(each) for each in words if each)
    if not column.editable:
        found["readOnly"] = True
    if nothing(column.kind) is None if read else not column.required:
        found["type"] = [found["type"], "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return {key: value for key, value in found.items() if value != ""}
