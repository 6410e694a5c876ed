"""The page of many: choose cases that wait in one state, one step for all of them, see what became of each."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from wutong.kernel.casework import batch
from wutong.kernel.casework.forms import BatchForm
from wutong.kernel.errors import NotFound
from wutong.kernel.process import queries
from wutong.kernel.process.engine import process_of
from wutong.kernel.process.models import Case


@require_http_methods(["GET", "POST"])
def together(request: HttpRequest, process: str, state: str) -> HttpResponse:
    """Nothing that waits, nothing that can be done in a batch: no such page."""
    at = timezone.now()
    cases = list(batch.waiting(request.actor, process, state)[: batch.MOST])
    steps = batch.steps_for(request.actor, cases, at)
    if not steps and request.method == "GET":
        raise NotFound
    form = BatchForm(steps, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        chosen = _chosen(request, form)
        if form.is_valid() and chosen:
            return _done(request, chosen, form)
    first = process_of(cases[0]) if cases else None
    context = {
        "form": form,
        "process": first,
        "state": first.state(state) if first else None,
        "lines": [_line(case, at, request) for case in cases],
        "total": batch.waiting(request.actor, process, state).count(),
    }
    return render(request, "casework/batch.html", context, status=422 if form.errors else 200)


def _chosen(request: HttpRequest, form: BatchForm) -> dict[str, int]:
    """Number and the last move that was before the eyes of who chose it."""
    pairs = [mark.rpartition("@") for mark in request.POST.getlist("case")[: batch.MOST]]
    chosen = {number: int(seen) for number, _at, seen in pairs if number and seen.isdecimal()}
    if not chosen:
        form.add_error(None, _("请至少选一件。"))
    return chosen


def _done(request: HttpRequest, chosen: dict[str, int], form: BatchForm) -> HttpResponse:
    """Cases that are out of sight are not spoken of; what meanwhile left the inbox is, with the reason."""
    rows = Case.objects.visible_to(request.actor).filter(number__in=chosen).order_by("pk")
    rows = rows.select_related("organisation", "holder", "process_version")
    step, comment = form.cleaned_data["step"], form.cleaned_data["comment"]
    results = batch.decide_together(request.actor, list(rows), chosen, step=step, comment=comment)
    context = {"results": results, "done": sum(each.done for each in results), "step": form.steps[step]}
    return render(request, "casework/batch_done.html", context)


def _line(case: Any, at: Any, request: HttpRequest) -> dict[str, Any]:
    mark = batch.mark(case.number, case.seen)
    chosen = request.method == "POST" and mark in request.POST.getlist("case")
    return {"case": case, "mark": mark, "checked": chosen or "all" in request.GET, **queries.due(case, at)}
