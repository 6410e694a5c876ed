"""Code sets for people; programs read them at `/api/v1/codes/`."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wutong.centres.data.standards import queries
from wutong.kernel.errors import Invalid


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").strip()[:60]
    found = queries.sets(text)
    context = {"q": text, "sets": found, "codes": queries.codes_like(text) if text else []}
    return render(request, "standards/index.html", context)


@require_GET
def detail(request: HttpRequest, name: str) -> HttpResponse:
    found = queries.one(name, _day(request))
    versions = queries.sets().filter(name=name)
    children = {code.parent for code in found.codes.all()}
    context = {"set": found, "codes": found.codes.all(), "versions": versions, "tree": any(children - {""})}
    return render(request, "standards/detail.html", context)


def _day(request: HttpRequest) -> date | None:
    text = request.GET.get("on")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("日期请写成 2026-09-01 的样子。")) from None
