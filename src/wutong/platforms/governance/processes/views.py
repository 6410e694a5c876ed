"""Pages of 流程管理: all processes; of each how it goes, its rules and versions; downloads."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Organisation
from wutong.kernel.process.spec import Process
from wutong.kernel.process.versions import effective, settle
from wutong.platforms.governance.processes import bpmn, log, queries
from wutong.platforms.governance.processes.forms import TermsForm
from wutong.platforms.governance.processes.rules import oversees

TYPES = {"csv": "text/csv", "json": "application/json"}


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    _admit(request)
    year = timezone.localdate().year
    return render(
        request, "processes/index.html", {"lines": queries.every_process(request.actor, year), "year": year}
    )


@require_GET
def ways(request: HttpRequest, name: str) -> HttpResponse:
    process, year = _process(request, name), _year(request)
    found = queries.measures(request.actor, process, year)
    waits = [wait for wait in found.waits if wait.number]
    titles = {state.name: str(state.title) for state in process.states}
    context = {
        "found": found,
        "drawing": queries.drawing(process, found),
        "labels": [titles.get(wait.state, wait.state) for wait in waits],
        "medians": [round(wait.median, 1) for wait in waits],
        "most": queries.MOST if found.cases == queries.MOST else 0,
        "again": round(100 * found.again / found.cases) if found.cases else 0,
        **queries.words(process, found),
        **_frame(process, year, "ways"),
    }
    return render(request, "processes/ways.html", context)


@require_GET
def rules(request: HttpRequest, name: str) -> HttpResponse:
    process, year = _process(request, name), _year(request)
    context = {
        "versions": queries.versions(request.actor, process, year),
        "settled": queries.settled_by(process, year),
        "offices": queries.offices(request.actor),
        "years": queries.years(timezone.localdate()),
        **_frame(process, year, "rules"),
    }
    return render(request, "processes/rules.html", context)


@require_http_methods(["GET", "POST"])
def settling(request: HttpRequest, name: str, year: int, office: int) -> HttpResponse:
    """The rules of this year or the next at one of the actor's own offices."""
    process = _process(request, name)
    place = queries.offices(request.actor).filter(pk=office).first()
    if place is None or year not in queries.years(timezone.localdate()).values():
        raise NotFound
    form = _terms_form(request, process, place, year)
    if request.method == "POST" and form.is_valid():
        try:
            settle(request.actor, place, process=process, year=year, terms=form.terms())
            return redirect(f"{reverse('processes:rules', args=[name])}?year={year}")
        except WutongError as error:
            form.add_error(None, str(error.message))
    context = {"form": form, "office": place, **_frame(process, year, "rules")}
    return render(request, "processes/settle.html", context, status=422 if form.errors else 200)


def _terms_form(request: HttpRequest, process: Process, place: Organisation, year: int) -> TermsForm:
    now, above = effective(process, place, year), queries.inherited(process, place, year)
    return TermsForm(process, above, now, request.POST if request.method == "POST" else None)


@require_POST
def export(request: HttpRequest, name: str, kind: str) -> FileResponse:
    process, year = _process(request, name), _year(request)
    file = log.exported(request.actor, process, year, kind)
    return FileResponse(file, as_attachment=True, filename=f"{name}-{year}.{kind}", content_type=TYPES[kind])


@require_GET
def drawing(request: HttpRequest, name: str) -> HttpResponse:
    """For BPMN tools."""
    process = _process(request, name)
    response = HttpResponse(bpmn.exported(process), content_type="application/xml")
    response["Content-Disposition"] = f'attachment; filename="{name}.bpmn"'
    return response


def _admit(request: HttpRequest) -> None:
    if not oversees(request.actor):
        raise NotFound


def _process(request: HttpRequest, name: str) -> Process:
    _admit(request)
    try:
        return REGISTRY.process(name)
    except KeyError:
        raise NotFound from None


def _year(request: HttpRequest) -> int:
    asked = request.GET.get("year", "")
    return int(asked) if asked.isdecimal() and 2000 <= int(asked) <= 2100 else timezone.localdate().year


def _frame(process: Process, year: int, page: str) -> dict[str, Any]:
    titles = {"ways": _("怎么走的"), "rules": _("规则与版本")}
    tabs = [
        {
            "title": title,
            "href": f"{reverse(f'processes:{name}', args=[process.name])}?year={year}",
            "current": name == page,
        }
        for name, title in titles.items()
    ]
    return {"process": process, "year": year, "tabs": tabs, "last": year - 1}
