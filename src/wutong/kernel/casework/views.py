"""Pages that every process has: inbox, case, step, hand-over, public progress."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from wutong.kernel.casework.batch import groups
from wutong.kernel.casework.diagram import draw
from wutong.kernel.casework.forms import DecisionForm, DelegateForm, step_form
from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.paging import PAGE
from wutong.kernel.process import queries
from wutong.kernel.process.engine import (
    delegate,
    is_applicant,
    is_holder,
    last_move,
    process_of,
    require_ready,
    subject_of,
    take,
)
from wutong.kernel.process.models import Case, Objection
from wutong.kernel.process.objections import decide_objection, may_decide
from wutong.kernel.process.receipts import check_code, receipt_of
from wutong.kernel.process.spec import Step

TABS = {
    "waiting": (gettext_lazy("待我办理"), queries.inbox),
    "started": (gettext_lazy("我发起的"), queries.started_by),
    "handled": (gettext_lazy("我办过的"), queries.handled_by),
}


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    tab = request.GET.get("tab", "waiting")
    if tab not in TABS:
        raise NotFound
    at = timezone.now()
    rows = Paginator(queries.Cases(TABS[tab][1], request.actor), PAGE).get_page(request.GET.get("page"))
    context = {
        "tab": tab,
        "tabs": [
            {"title": t, "href": f"?tab={name}", "current": name == tab} for name, (t, _q) in TABS.items()
        ],
        "items": [queries.line(case, at) for case in rows],
        "page": _paging(rows, tab),
        "starts": queries.startable(request.actor),
        "groups": groups(request.actor) if tab == "waiting" else (),
    }
    return render(request, "casework/inbox.html", context)


def _paging(rows: Any, tab: str) -> dict[str, Any]:
    return {
        "first": rows.start_index(),
        "last": rows.end_index(),
        "total": rows.paginator.count,
        "previous_url": f"?tab={tab}&page={rows.previous_page_number()}" if rows.has_previous() else "",
        "next_url": f"?tab={tab}&page={rows.next_page_number()}" if rows.has_next() else "",
    }


def case_of(request: HttpRequest, number: str) -> Case:
    return Case.objects.select_related("organisation", "holder", "delegate", "process_version").seen(
        request.actor, number=number
    )


@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    found = case_of(request, number)
    process, at = process_of(found), timezone.now()
    mine = is_applicant(request.actor, found)
    context = {
        **queries.standing(found, at),
        "path": queries.path(found),
        "steps": queries.open_steps(request.actor, found, at),
        "gone": [step.title for step in process.steps_from(found.state) if step.gone],
        "may_delegate": found.closed is None
        and found.holder_id is not None
        and is_holder(request.actor, found),
        "check_code": check_code(found) if mine else "",
        "signatures": queries.signatures(found),
        "objections": queries.objections(request.actor, found),
        "timeline": queries.timeline(found),
        "drawing": draw(process, found.state, frozenset(_been(found))),
        "matter": process.describe(request.actor, subject_of(found)),
    }
    return render(request, "casework/case.html", context)


def _been(found: Case) -> list[str]:
    rows = found.events.unscoped("the timeline of a visible case").filter(kind="step")
    return list(rows.values_list("target", flat=True))


def _sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to; one that was sent empty is still one that was sent."""
    return request.POST if request.method == "POST" else None


def step_of(request: HttpRequest, found: Case, name: str) -> Step:
    """The step, if it is among those this person may take now; else as if there were none.

    Who sends one that somebody took meanwhile is told so.
    """
    step = process_of(found).step(name)
    if step is None:
        raise NotFound
    if request.method == "POST":
        require_ready(found, step, timezone.now())
    if step not in queries.open_steps(request.actor, found):
        raise NotFound
    return step


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, number: str, name: str) -> HttpResponse:
    found = case_of(request, number)
    chosen = step_of(request, found, name)
    form = step_form(chosen, _sent(request), seen=last_move(found))
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        said = {name: values.pop(name) for name in ("comment", "seen")}
        try:
            take(request.actor, found, step=name, values=values, **said)
            return _back(request, number)
        except WutongError as error:
            if error.status != 422:
                raise
            form.add_error(None, str(error.message))
    context = {"case": found, "process": process_of(found), "step": chosen, "form": form}
    return render(request, "casework/step.html", context, status=422 if form.errors else 200)


def _back(request: HttpRequest, number: str) -> HttpResponse:
    """To the case; to the inbox where it has left one's sight, as after the step of a delegate."""
    if Case.objects.visible_to(request.actor).filter(number=number).exists():
        return redirect("process:case", number=number)
    return redirect("process:inbox")


@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, number: str) -> HttpResponse:
    found = case_of(request, number)
    if not is_holder(request.actor, found):
        raise NotFound
    form = DelegateForm(found, _sent(request))
    if request.method == "POST" and form.is_valid():
        delegate(request.actor, found, **form.cleaned_data)
        return redirect("process:inbox")
    context = {"case": found, "form": form}
    return render(request, "casework/delegate.html", context, status=422 if form.errors else 200)


@require_GET
def receipt(request: HttpRequest, number: str) -> HttpResponse:
    """On paper, for who may see the case: what is true of it now, with a code that proves it."""
    from wutong.kernel.casework.paper import printed  # noqa: PLC0415  # only who prints needs its engine

    given = receipt_of(case_of(request, number))
    verify_at = request.build_absolute_uri(reverse("process:verify_code", args=[number, given.code]))
    response = HttpResponse(printed(given, verify_at=verify_at), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{number}.pdf"'
    return response


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """The answer to an objection."""
    objection = Objection.objects.select_related("case__holder", "person").seen(
        request.actor, pk=pk, case__number=number
    )
    if not may_decide(request.actor, objection):
        raise NotFound
    form = DecisionForm(_sent(request))
    if request.method == "POST" and form.is_valid():
        decide_objection(request.actor, objection, **form.cleaned_data)
        return redirect("process:case", number=number)
    context = {"case": objection.case, "objection": objection, "form": form}
    return render(request, "casework/decide.html", context, status=422 if form.errors else 200)
