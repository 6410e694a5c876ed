"""Code sets for people and for machines. They are public: anybody may read them."""

from datetime import date
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wutong.centres.data.standards import queries
from wutong.kernel.errors import Invalid
from wutong.kernel.sheet.writing import write_csv


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


@login_not_required
@require_GET
def index_json(request: HttpRequest) -> JsonResponse:
    items = [
        {"name": each.name, "title": each.title, "version": each.version, "size": each.size}
        for each in queries.sets(request.GET.get("q", "").strip()[:60])
    ]
    return _json({"items": items})


@login_not_required
@require_GET
def detail_json(request: HttpRequest, name: str) -> JsonResponse:
    return _json(queries.described(queries.one(name, _day(request))))


@login_not_required
@require_GET
def detail_csv(request: HttpRequest, name: str) -> FileResponse:
    found = queries.one(name, _day(request))
    file = cast(BinaryIO, TemporaryFile())
    header = ["code", "name_zh", "name_en", "parent", "note"]
    write_csv(file, header, ([c.code, c.name, c.name_en, c.parent, c.note] for c in found.codes.all()))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{found.name}-{found.version}.csv")


def _day(request: HttpRequest) -> date | None:
    text = request.GET.get("on")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid(_("日期请写成 2026-09-01 的样子。")) from None


def _json(body: dict) -> JsonResponse:
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False})
