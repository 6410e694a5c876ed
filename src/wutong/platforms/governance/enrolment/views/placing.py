"""Placement, telling, children without a seat, the end of the year; and the school's own list."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import NotFound, WutongError
from wutong.platforms.governance.enrolment import queries
from wutong.platforms.governance.enrolment.actions import arrival, placement
from wutong.platforms.governance.enrolment.actions import window as windows
from wutong.platforms.governance.enrolment.machine import STATES
from wutong.platforms.governance.enrolment.models import PlacementRun
from wutong.platforms.governance.enrolment.officerforms import RunForm
from wutong.platforms.governance.enrolment.seating import live_seat
from wutong.platforms.governance.enrolment.views.board import own_window, seen_window
from wutong.platforms.governance.enrolment.views.family import application_of, refused


@require_http_methods(["GET", "POST"])
def place(request: HttpRequest, pk: int) -> HttpResponse:
    window = own_window(request, pk)
    form = RunForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = placement.place(request.actor, window, kind=form.cleaned_data["kind"])
            return redirect("enrolment:run", made.pk)
        except WutongError as error:
            refused(form, error)
    rows = PlacementRun.objects.unscoped("of the officer's own window").filter(window=window).order_by("-pk")
    context = {"window": window, "form": form, "runs": rows, "counts": queries.tally([window])[window.pk]}
    return render(request, "enrolment/place.html", context, status=422 if form.errors else 200)


@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    rows = PlacementRun.objects.unscoped("narrowed to windows in sight below").select_related(
        "window__district"
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound
    seen_window(request, found.window_id)
    placed = found.lines.unscoped("of a run in sight")
    context = {
        "run": found,
        "window": found.window,
        "placed": placed.exclude(plan=None).count(),
        "over": placed.filter(plan=None).count(),
    }
    return render(request, "enrolment/run_numbers.html" if request.htmx else "enrolment/run.html", context)


@require_POST
def tell(request: HttpRequest, pk: int) -> HttpResponse:
    number = arrival.tell(request.actor, own_window(request, pk))
    messages.success(request, _("已告知 %(number)s 个家庭，并转各校。") % {"number": number})
    return redirect("enrolment:window", pk)


@require_GET
def without_seat(request: HttpRequest, pk: int) -> HttpResponse:
    """控辍保学: who registered and has nothing yet, and who never registered."""
    window = own_window(request, pk)
    rows = queries.without_seat(window)
    missing = queries.unregistered(window, timezone.localdate())
    context = {
        "window": window,
        "rows": [{"row": row, "state": STATES[row.state]} for row in rows[:MOST]],
        "number": rows.count(),
        "missing": missing[:MOST],
        "missing_number": missing.count(),
        "most": MOST,
    }
    return render(request, "enrolment/without_seat.html", context)


MOST = 200


@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    windows.close(request.actor, own_window(request, pk))
    return redirect("enrolment:window", pk)


@require_GET
def school(request: HttpRequest) -> HttpResponse:
    """The children a school was told of, with who has come."""
    if not request.actor.holds("clerk", "head"):
        raise NotFound
    rows = list(queries.roster(request.actor).filter(state__in=("notified", "arrived", "absent")))
    context = {
        "rows": [_newcomer(row) for row in rows],
        "arrived": sum(row.state == "arrived" for row in rows),
        "total": len(rows),
        "may_arrive": request.actor.holds("clerk"),
        "windows": list(queries.windows(request.actor)),
    }
    return render(request, "enrolment/school.html", context)


def _newcomer(row: Any) -> dict[str, Any]:
    seat = live_seat(row)
    return {"row": row, "state": STATES[row.state], "how": seat.get_kind_display() if seat else ""}


@require_POST
def arrive(request: HttpRequest, number: str) -> HttpResponse:
    found = application_of(request, number)
    verb = arrival.miss if request.POST.get("absent") else arrival.arrive
    verb(request.actor, found)
    return redirect("enrolment:school")
