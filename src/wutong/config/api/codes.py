"""Code sets. They are public: anybody may read them."""

from datetime import date
from functools import reduce
from operator import or_
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from django.db.models import Count, Q
from django.http import FileResponse, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Router

from wutong.config.api import schemas
from wutong.config.api.answers import answer
from wutong.config.api.paging import refused
from wutong.kernel.codes.models import Code, CodeSet
from wutong.kernel.codes.queries import in_force
from wutong.kernel.errors import NotFound
from wutong.kernel.sheet.writing import write_csv

router = Router(tags=["codes"])
HEADER = ("code", "name_zh", "name_en", "parent", "note")


@router.get("/", summary=_("有哪些代码集"), response=schemas.CodeSets)
def code_sets(request: HttpRequest, q: str = "") -> HttpResponse:
    """Every set in every version; `q` narrows it by title, name or standard."""
    rows = CodeSet.objects.annotate(size=Count("codes"))
    words = q.replace("\x00", "").strip()[:60]
    found = rows.filter(_like(words)) if words else rows
    items = [{"name": s.name, "title": s.title, "version": s.version, "size": s.size} for s in found]
    return answer({"items": items})


def _like(words: str) -> Q:
    fields = ("title", "title_en", "name", "standard")
    return reduce(or_, (Q(**{f"{field}__icontains": words}) for field in fields))


@router.get("/{slug:name}/", summary=_("读一个代码集"), response=schemas.WholeCodeSet)
def code_set(request: HttpRequest, name: str, on: str = "") -> HttpResponse:
    """In the version in force today, or on the day `on`."""
    found = _one(name, on)
    body = {name: getattr(found, name) for name in schemas.WholeCodeSet.model_fields if name != "codes"}
    return answer({**body, "codes": [_line(code) for code in found.codes.all()]})


@router.get("/{slug:name}.csv", summary=_("读一个代码集（CSV）"), include_in_schema=False)
def code_set_csv(request: HttpRequest, name: str, on: str = "") -> FileResponse:
    found = _one(name, on)
    file = cast(BinaryIO, TemporaryFile())
    write_csv(file, HEADER, ([c.code, c.name, c.name_en, c.parent, c.note] for c in found.codes.all()))
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{found.name}-{found.version}.csv")


def _one(name: str, on: str) -> CodeSet:
    try:
        found = in_force(name, date.fromisoformat(on) if on else date.today())
    except ValueError:
        raise refused("on", _("日期请写成 2026-09-01 的样子。")) from None
    if found is None:
        raise NotFound
    return found


def _line(code: Code) -> dict[str, Any]:
    return {name: getattr(code, name) for name in schemas.CodeLine.model_fields}
