"""Pages about the interface, drawn from its description."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wutong.config.api import description, errors
from wutong.config.api.caller import SCOPES
from wutong.config.api.description import Document
from wutong.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from wutong.kernel.ui.problems import Broken, Unavailable

PROBLEMS = (
    errors.Malformed, errors.NotSignedIn, NotAllowed, errors.ScopeMissing, NotFound, errors.MethodMissing, Conflict,
    errors.Outdated, errors.TooLarge, Invalid, errors.Unconditional, errors.TooMany, Broken, errors.Busy, Unavailable,
)  # fmt: skip


@login_not_required
@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(description.text(), content_type="application/json; charset=utf-8")


@login_not_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    document = description.current()
    context = {
        "scopes": SCOPES.items(),
        "problems": PROBLEMS,
        "chapters": document["tags"],
        "house": f"{request.scheme}://{request.get_host()}",
    }
    return render(request, "api/index.html", context)


@login_not_required
@require_GET
def chapter(request: HttpRequest, name: str) -> HttpResponse:
    document = description.current()
    tag = next((tag for tag in document["tags"] if tag["name"] == name), None)
    if tag is None:
        raise NotFound
    context = {"tag": tag, "chapters": document["tags"], "operations": list(_operations(document, name))}
    return render(request, "api/chapter.html", context)


def _operations(document: Document, tag: str) -> Iterator[dict[str, Any]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield _operation(document, path, method, operation)


def _operation(document: Document, path: str, method: str, operation: Document) -> dict[str, Any]:
    body: Document = operation.get("requestBody", {}).get("content", {})
    kind = next(iter(body), "")
    parameters = [_row(each["name"], each["schema"], each) for each in operation["parameters"]]
    return {
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "words": operation.get("description", ""),
        "scopes": next((s["token"] for s in operation.get("security", []) if "token" in s), None),
        "parameters": parameters,
        "kind": kind,
        "body": _rows(document, body[kind]["schema"] if kind else {}),
        "answer": _rows(document, _good(operation)),
        "statuses": sorted(operation["responses"]),
    }


def _good(operation: Document) -> Document:
    answer = operation["responses"].get("201") or operation["responses"]["200"]
    content: Document = next(iter(answer.get("content", {}).values()), {})
    schema: Document = content.get("schema", {})
    return schema.get("anyOf", [schema])[0]


def _rows(document: Document, schema: Document) -> list[dict[str, Any]]:
    """The items of a body; of a page of a list, those of its rows, too."""
    whole = _resolved(document, schema)
    required = whole.get("required", ())
    rows = [
        _row(name, each, {"required": name in required}) for name, each in whole.get("properties", {}).items()
    ]
    items = whole.get("properties", {}).get("items", {}).get("items")
    inner = _rows(document, items) if items else []
    return rows + [{**row, "name": f"items[].{row['name']}"} for row in inner]


def _resolved(document: Document, schema: Document) -> Document:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Document = document["components"]["schemas"].get(name, schema)
    return found


def _row(name: str, schema: Document, more: Document) -> dict[str, Any]:
    kinds = schema.get("type") or [each.get("type", "object") for each in schema.get("anyOf", [])]
    return {
        "name": name,
        "kind": " | ".join(kinds) if isinstance(kinds, list) else kinds,
        "title": schema.get("title", "") if not str(schema.get("title", "")).isascii() else "",
        "words": more.get("description") or schema.get("description", ""),
        "required": more.get("required", False),
        "most": schema.get("maxLength"),
    }
