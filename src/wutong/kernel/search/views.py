from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wutong.kernel.search.feed import sources
from wutong.kernel.search.query import DEEPEST, Found, search

PAGE = 20


@require_GET
def results(request: HttpRequest) -> HttpResponse:
    """The page; typing fetches only its list."""
    text, kind = request.GET.get("q", "").strip(), request.GET.get("kind", "")
    offset = number(request.GET.get("offset"), 0, DEEPEST - 1)
    found = search(request.actor, text, kind=kind or None, limit=PAGE, offset=offset)
    context = {"query": text, "kind": kind, "found": found, "page": paging(found, text, kind, offset)}
    context |= {"tabs": tabs(found, text, kind), "titles": titles()}
    part = request.htmx and not request.htmx.boosted
    return render(request, "search/hits.html" if part else "search/results.html", context)


def titles() -> dict[str, Any]:
    return {kind: source.title for kind, source in sources().items()}


def tabs(found: Found, text: str, kind: str) -> list[dict[str, Any]]:
    known = titles()
    kinds = [
        {"title": f"{known[name]} {count}", "href": link(text, name), "current": name == kind}
        for name, count in found.facets
        if name in known
    ]
    return [{"title": _("全部"), "href": link(text, ""), "current": not kind}, *kinds] if kinds else []


def paging(found: Found, text: str, kind: str, offset: int) -> dict[str, Any]:
    reach = min(found.total_at_most, DEEPEST)
    return {
        "first": offset + 1,
        "last": min(offset + PAGE, reach),
        "total": found.total_at_most,
        "previous_url": link(text, kind, max(offset - PAGE, 0)) if offset else "",
        "next_url": link(text, kind, offset + PAGE) if offset + PAGE < reach else "",
    }


def link(text: str, kind: str, offset: int = 0) -> str:
    asked = {"q": text, "kind": kind, "offset": offset}
    return "?" + urlencode({name: value for name, value in asked.items() if value})


def number(text: str | None, default: int, highest: int) -> int:
    return min(int(text), highest) if text and text.isdecimal() else default
