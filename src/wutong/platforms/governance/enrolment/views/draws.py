"""The board of a lottery: rehearse, freeze, draw, witness, publish, fill what was freed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import NotFound, WutongError
from wutong.platforms.governance.enrolment import lists
from wutong.platforms.governance.enrolment.actions import draw as draws
from wutong.platforms.governance.enrolment.models import Draw
from wutong.platforms.governance.enrolment.officerforms import FreezeForm, SeedForm, WitnessForm
from wutong.platforms.governance.enrolment.views.board import own_window, seen_window
from wutong.platforms.governance.enrolment.views.family import refused


@require_http_methods(["GET", "POST"])
def freeze(request: HttpRequest, pk: int) -> HttpResponse:
    window = own_window(request, pk)
    form = FreezeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = draws.freeze(request.actor, window, **form.cleaned_data)
            messages.success(request, _("名单已冻结，校验值和种子承诺已经公开。"))
            return redirect("enrolment:draw", made.pk)
        except WutongError as error:
            refused(form, error)
    rows = Draw.objects.unscoped("of the officer's own window").filter(window=window).order_by("-pk")
    context = {"window": window, "form": form, "draws": rows}
    return render(request, "enrolment/freeze.html", context, status=422 if form.errors else 200)


def draw_of(request: HttpRequest, pk: int) -> Draw:
    rows = Draw.objects.unscoped("narrowed to windows in sight below").select_related("window__district")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound
    seen_window(request, found.window_id)
    return found


@require_GET
def draw(request: HttpRequest, pk: int) -> HttpResponse:
    found = draw_of(request, pk)
    entries = lists.entries_of(found)
    context = {
        "draw": found,
        "window": found.window,
        "lots": lists.lots(found, entries),
        "witnesses": found.witnesses.unscoped("who signed").order_by("pk"),
        "least": draws.LEAST_WITNESSES,
        "seed_form": SeedForm(),
        "witness_form": WitnessForm(),
        "admitted": sum(entry.admitted for entry in entries),
        "total": len(entries),
    }
    return render(request, "enrolment/draw.html", context)


@require_http_methods(["POST"])
def turn(request: HttpRequest, pk: int) -> HttpResponse:
    """The moment itself. What is missing is said on the page of the draw."""
    found = _own(request, pk)
    form = SeedForm(request.POST)
    if form.is_valid():
        draws.draw_lots(request.actor, found, **form.cleaned_data)
        return redirect("enrolment:draw", pk)
    context = {"draw": found, "window": found.window, "form": form, "submit": _("摇号")}
    return render(request, "enrolment/draw_form.html", context, status=422)


@require_POST
def sign(request: HttpRequest, pk: int) -> HttpResponse:
    found = _own(request, pk)
    form = WitnessForm(request.POST)
    if form.is_valid():
        draws.sign(request.actor, found, **form.cleaned_data)
        return redirect("enrolment:draw", pk)
    context = {"draw": found, "window": found.window, "form": form, "submit": _("签字")}
    return render(request, "enrolment/draw_form.html", context, status=422)


@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    draws.publish(request.actor, _own(request, pk))
    messages.success(request, _("结果已公布。"))
    return redirect("enrolment:draw", pk)


@require_POST
def fill(request: HttpRequest, pk: int) -> HttpResponse:
    number = draws.fill_freed(request.actor, _own(request, pk))
    messages.success(request, _("递补录取 %(number)s 人。") % {"number": number})
    return redirect("enrolment:draw", pk)


def _own(request: HttpRequest, pk: int) -> Draw:
    found = draw_of(request, pk)
    own_window(request, found.window_id)
    return found
