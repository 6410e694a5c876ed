"""Verification: all at once by the sources, one by one at the counter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import NotFound, WutongError
from wutong.platforms.governance.enrolment import queries, seating
from wutong.platforms.governance.enrolment.actions import placement, registration, verification
from wutong.platforms.governance.enrolment.facts import told
from wutong.platforms.governance.enrolment.machine import MOVES, STATES, moves_from
from wutong.platforms.governance.enrolment.models import Application, Document, Passage, Window
from wutong.platforms.governance.enrolment.officerforms import JudgeForm, MoveForm, SeatForm
from wutong.platforms.governance.enrolment.rules import runs_enrolment
from wutong.platforms.governance.enrolment.ruleset import CLASS_TITLES
from wutong.platforms.governance.enrolment.standing import reasons
from wutong.platforms.governance.enrolment.views.board import own_window, seen_window
from wutong.platforms.governance.enrolment.views.family import (
    application_of,
    documents_of,
    refused,
    wishes_of,
)

PAGE = 50


@require_GET
def applications(request: HttpRequest, pk: int) -> HttpResponse:
    """All of a window, or those in one state; looking names children, so it is the officer's own window only."""
    window = seen_window(request, pk)
    rows = queries.applications(request.actor).filter(window=window).order_by("appointment", "pk")
    state = request.GET.get("state", "")
    if state in STATES:
        rows = rows.filter(state=state)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "window": window,
        "state": STATES.get(state),
        "rows": [{"row": row, "state": STATES[row.state]} for row in page],
        "page": paging(page, state),
        "runs": runs_enrolment(request.actor, window),
    }
    return render(request, "enrolment/applications.html", context)


def paging(page: Any, state: str) -> dict[str, Any]:
    kept = f"state={state}&" if state else ""
    return {
        "first": page.start_index(),
        "last": page.end_index(),
        "total": page.paginator.count,
        "previous_url": f"?{kept}page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?{kept}page={page.next_page_number()}" if page.has_next() else "",
    }


@require_POST
def check_all(request: HttpRequest, pk: int) -> HttpResponse:
    window = own_window(request, pk)
    counts = verification.check_all(request.actor, window)
    messages.success(
        request,
        _("比对完成：%(passed)s 人通过，%(onsite)s 人需现场核验，%(waiting)s 人待数据源恢复。") % counts,
    )
    return redirect("enrolment:window", pk)


def office_application(request: HttpRequest, number: str) -> Application:
    """For the offices of its district; the family has its own page, the school its own list."""
    found = application_of(request, number)
    if not request.actor.holds("officer", "auditor", over=found.window.district.path):
        raise NotFound
    return found


@require_GET
def desk(request: HttpRequest, number: str) -> HttpResponse:
    found = office_application(request, number)
    seat = seating.live_seat(found)
    context = {
        "application": found,
        "state": STATES[found.state],
        "facts": told(found.sheet),
        "documents": documents_of(found),
        "wishes": wishes_of(found),
        "class": CLASS_TITLES.get(found.facts.get("class", "")),
        "seat": seat,
        "reasons": reasons(found),
        "passages": passages(found),
        "moves": moves(request, found),
        "judging": found.state in ("onsite", "returned", "failed") and runs_enrolment(request.actor, found),
    }
    return render(request, "enrolment/desk.html", context)


def passages(found: Application) -> list[dict[str, Any]]:
    rows = Passage.objects.unscoped("the way of an application in sight").filter(application=found)
    return [
        {
            "title": MOVES[row.move].title if row.move in MOVES else _("信息登记"),
            "text": row.reason,
            "who": row.actor_name,
            "at": row.at,
            "tone": STATES[row.target].tone,
        }
        for row in rows.order_by("-pk")
    ]


Doing = Callable[[Any, Application, dict[str, Any]], object]
# What the district does by hand, by the name of its move: which form, and which verb with what the form says.
DEEDS: dict[str, tuple[str, Doing]] = {
    "pass_check": ("", lambda actor, row, data: verification.pass_onsite(actor, row)),
    "return": ("reason", lambda actor, row, data: verification.send_back(actor, row, reason=data["reason"])),
    "fail": ("reason", lambda actor, row, data: verification.fail(actor, row, reason=data["reason"])),
    "reopen": ("reason", lambda actor, row, data: registration.reopen(actor, row, reason=data["reason"])),
    "cancel": ("reason", lambda actor, row, data: registration.cancel(actor, row, reason=data["reason"])),
    "coordinate": ("seat", lambda actor, row, data: placement.coordinate(actor, row, plan=data["plan"])),
    "settle_special": (
        "special",
        lambda actor, row, data: placement.settle_special(actor, row, plan=data["plan"], how=data["how"]),
    ),
    "record_destination": (
        "reason",
        lambda actor, row, data: placement.record_destination(actor, row, destination=data["reason"]),
    ),
}


def moves(request: HttpRequest, found: Application) -> list[Any]:
    if not runs_enrolment(request.actor, found):
        return []
    by_hand = [move for move in moves_from(found.state) if move.name in DEEDS]
    return [move for move in by_hand if move.name != "pass_check" or found.state != "checking"]


@require_http_methods(["GET", "POST"])
def deed(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """A move of the district's, with the form it needs."""
    found = office_application(request, number)
    if not runs_enrolment(request.actor, found) or name not in DEEDS:
        raise NotFound
    kind, do = DEEDS[name]
    form = _form(kind, found.window, request.POST if request.method == "POST" else None)
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            do(request.actor, found, form.cleaned_data if form else {})
            return redirect("enrolment:desk", number)
        except WutongError as error:
            if form is None:
                raise
            refused(form, error)
    context = {"application": found, "form": form, "move": MOVES[name]}
    return render(request, "enrolment/office_deed.html", context, status=422 if form and form.errors else 200)


def _form(kind: str, window: Window, data: Any) -> Any:
    match kind:
        case "reason":
            return MoveForm(data)
        case "seat" | "special":
            return SeatForm(window, data, special=kind == "special")
    return None


@require_http_methods(["GET", "POST"])
def judge(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    found = office_application(request, number)
    rows = Document.objects.unscoped("of the officer's own window").filter(application=found, kind=kind)
    document = rows.first()
    if document is None or not runs_enrolment(request.actor, found):
        raise NotFound
    form = JudgeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            verification.judge_document(
                request.actor, found, document=document, good=data["good"] == "yes", comment=data["comment"]
            )
            return redirect("enrolment:desk", number)
        except WutongError as error:
            refused(form, error)
    each = next(one for one in documents_of(found) if one["row"].pk == document.pk)
    context = {"application": found, "form": form, "document": each, "facts": told(found.sheet)}
    return render(request, "enrolment/judge.html", context, status=422 if form.errors else 200)
