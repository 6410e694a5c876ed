"""Pages that every process has: inbox, case, step, hand-over, public progress."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.process import queries
from wutong.kernel.process.diagram import draw
from wutong.kernel.process.engine import (
    delegate,
    is_holder,
    last_move,
    process_of,
    require_state,
    subject_of,
    take,
)
from wutong.kernel.process.forms import DelegateForm, ProgressForm, step_form
from wutong.kernel.process.models import Case
from wutong.kernel.process.spec import Step

TABS = {
    "waiting": (gettext_lazy("待我办理"), queries.inbox),
    "started": (gettext_lazy("我发起的"), queries.started_by),
    "handled": (gettext_lazy("我办过的"), queries.handled_by),
}
PAGE = 25
WRONG_NAMES = 5


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    tab = request.GET.get("tab", "waiting")
    if tab not in TABS:
        raise NotFound
    at = timezone.now()
    rows = Paginator(TABS[tab][1](request.actor), PAGE).get_page(request.GET.get("page"))
    context = {
        "tab": tab,
        "tabs": [
            {"title": t, "href": f"?tab={name}", "current": name == tab} for name, (t, _q) in TABS.items()
        ],
        "items": [queries.line(case, at) for case in rows],
        "page": _paging(rows, tab),
        "starts": queries.startable(request.actor),
    }
    return render(request, "process/inbox.html", context)


def _paging(rows: Any, tab: str) -> dict[str, Any]:
    return {
        "first": rows.start_index(),
        "last": rows.end_index(),
        "total": rows.paginator.count,
        "previous_url": f"?tab={tab}&page={rows.previous_page_number()}" if rows.has_previous() else "",
        "next_url": f"?tab={tab}&page={rows.next_page_number()}" if rows.has_next() else "",
    }


def case_of(request: HttpRequest, number: str) -> Case:
    return Case.objects.select_related("organisation", "holder", "delegate").seen(
        request.actor, number=number
    )


@require_GET
def case(request: HttpRequest, number: str) -> HttpResponse:
    found = case_of(request, number)
    process = process_of(found)
    at = timezone.now()
    context = {
        "case": found,
        "process": process,
        "state": process.state(found.state),
        "path": queries.path(found),
        "due": queries.due(found, at),
        "steps": queries.open_steps(request.actor, found),
        "may_delegate": found.closed is None and is_holder(request.actor, found),
        "timeline": queries.timeline(found),
        "drawing": draw(process, found.state, frozenset(_been(found))),
        "matter": process.describe(request.actor, subject_of(found)),
    }
    return render(request, "process/case.html", context)


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
        require_state(found, step)
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
    return render(request, "process/step.html", context, status=422 if form.errors else 200)


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
    return render(request, "process/delegate.html", context, status=422 if form.errors else 200)


@login_not_required
@require_http_methods(["GET", "POST"])
def progress(request: HttpRequest) -> HttpResponse:
    """For anybody who has the number and knows who applied: where it stands, nothing of what is in it."""
    form, found = ProgressForm(_sent(request)), None
    if request.method == "POST" and form.is_valid():
        found = _known(form, form.cleaned_data["number"].strip().upper())
    steps = queries.path(found) if found else []
    context = {"form": form, "case": found, "steps": steps, "process": process_of(found) if found else None}
    return render(request, "process/progress.html", context, status=422 if form.errors else 200)


def _known(form: ProgressForm, number: str) -> Case | None:
    """A name is not found by trying: after a few wrong ones the number is silent for a while."""
    key = f"progress:{sha256(number.encode()).hexdigest()}"
    wrong = cache.get(key, 0)
    rows = Case.objects.unscoped("by number and applicant's name, both of which must be known")
    found = rows.filter(number=number, applicant__name=form.cleaned_data["applicant"].strip()).first()
    if wrong >= WRONG_NAMES:
        form.add_error(None, _("这个办件号查询失败次数过多，请十五分钟后再试。"))
        return None
    if found is None:
        cache.set(key, wrong + 1, 15 * 60)
        form.add_error(None, _("没有找到。请核对办件号和申请人姓名。"))
    return found
