"""Pages of an import: upload, what was found, load, what became of it."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import Invalid, NotFound, WutongError
from wutong.kernel.files.actions import store
from wutong.kernel.jobs.models import JobRun
from wutong.kernel.people.models import Organisation
from wutong.kernel.register import runs
from wutong.kernel.register.models import ImportRun
from wutong.kernel.register.pages import opened

SHOWN = 100
LARGEST = 200 * 2**20


def run_of(request: HttpRequest, pk: int) -> ImportRun:
    return ImportRun.objects.seen(request.actor, pk=pk)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest, name: str) -> HttpResponse:
    register = opened(request, name)
    register.edit.require(request.actor)
    problem: WutongError | None = None
    if request.method == "POST":
        try:
            return redirect("register:run", pk=_begin(request, name).pk)
        except WutongError as error:
            problem = error
    earlier = ImportRun.objects.visible_to(request.actor).filter(register=name)[:10]
    context = {"register": register, "problem": problem, "earlier": earlier}
    return render(request, "register/upload.html", context, status=422 if problem else 200)


def _begin(request: HttpRequest, name: str) -> ImportRun:
    uploaded = request.FILES.get("sheet")
    if uploaded is None:
        raise Invalid(_("请先选择一个 CSV 或 XLSX 文件。"))
    role = next(role for role in request.actor.roles if role.name in ("officer", "clerk"))
    place = Organisation.objects.unscoped("one's own office").get(pk=role.organisation_id)
    file = store(request.actor, place, uploaded=uploaded, purpose=f"import:{name}", largest=LARGEST)
    return runs.begin(request.actor, file, register=name)


@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    found = run_of(request, pk)
    register = opened(request, found.register)
    context = {
        "register": register,
        "run": found,
        "job": JobRun.objects.filter(key=found.job_key).first(),
        "problems": found.problems.order_by("-refused", "row", "pk")[:SHOWN],
        "problem_count": found.problems.count(),
        "by_rule": runs.by_rule(found),
        "columns": _columns(register, found),
    }
    template = "register/run.html#progress" if request.htmx else "register/run.html"
    return render(request, template, context)


def _columns(register: Any, found: ImportRun) -> list[dict[str, Any]]:
    """Each column with the header it was read from, so that a guess can be seen and changed."""
    header, guessed = found.result.get("header", {}), found.result.get("guessed", {})
    names = {name: written for written, name in guessed.items()}
    return [
        {"title": column.title, "header": header.get(column.name, ""), "guess": column.name in names}
        for column in register.columns
        if column.editable
    ]


@require_POST
def load(request: HttpRequest, pk: int) -> HttpResponse:
    runs.load(request.actor, run_of(request, pk))
    return redirect("register:run", pk=pk)


@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    found = runs.drop(request.actor, run_of(request, pk))
    return redirect("register:index", name=found.register)


@require_GET
def errors(request: HttpRequest, pk: int) -> HttpResponse:
    found = run_of(request, pk)
    if not found.problems.exists():
        raise NotFound
    stamp = timezone.localtime(found.at).strftime("%Y%m%d-%H%M")
    return FileResponse(runs.error_sheet(found), as_attachment=True, filename=f"{_('问题清单')}-{stamp}.csv")


@require_GET
def template(request: HttpRequest, name: str) -> HttpResponse:
    register = opened(request, name)
    return FileResponse(runs.blank_sheet(register), as_attachment=True, filename=f"{register.title}.xlsx")
