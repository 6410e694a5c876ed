"""Before families come: rules and calendar, catchments, publication."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.people.models import Organisation
from wutong.platforms.governance.enrolment.actions import window as windows
from wutong.platforms.governance.enrolment.catchments import report
from wutong.platforms.governance.enrolment.forms import choice
from wutong.platforms.governance.enrolment.models import CatchmentRange, Stage, Window
from wutong.platforms.governance.enrolment.phases import moment
from wutong.platforms.governance.enrolment.ruleset import DATES, Calendar, Rules, contradictions
from wutong.platforms.governance.enrolment.rulesform import RulesForm
from wutong.platforms.governance.enrolment.views.board import own_window, seen_window
from wutong.platforms.governance.enrolment.views.family import refused


class NewWindowForm(forms.Form):
    year = forms.IntegerField(label=gettext_lazy("招生年份"), min_value=2020, max_value=2100)
    stage = choice(gettext_lazy("学段"), dict(Stage.choices))


@require_http_methods(["GET", "POST"])
def prepare(request: HttpRequest) -> HttpResponse:
    keys = [
        role.organisation_id
        for role in request.actor.roles
        if role.name == "officer" and role.kind == "district"
    ]
    district = Organisation.objects.visible_to(request.actor).filter(pk__in=keys).first()
    if district is None:
        raise NotFound
    form = NewWindowForm(
        request.POST if request.method == "POST" else None, initial={"year": timezone.localdate().year + 1}
    )
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = windows.prepare_window(
                request.actor, district, rules=usual(data["year"], data["stage"]), **data
            )
            return redirect("enrolment:rules", made.pk)
        except WutongError as error:
            refused(form, error)
    context = {"form": form, "district": district}
    return render(request, "enrolment/prepare.html", context, status=422 if form.errors else 200)


def usual(year: int, stage: str) -> Rules:
    """What most districts begin with: the days of the city's usual calendar, ready to be changed."""

    def at(month: int, day: int, hour: int = 9) -> datetime:
        return timezone.make_aware(datetime.combine(date(year, month, day), time(hour)))

    age = 7 if stage == Stage.PRIMARY else 12
    calendar = Calendar(
        registration_opens=at(4, 13), registration_closes=at(4, 28, 17), apply_opens=at(5, 6),
        apply_closes=at(5, 10, 17), draw=at(5, 16), first_results=at(5, 25), second_results=at(6, 1),
        letters=at(8, 10), first_day=date(year, 9, 1),
    )  # fmt: skip
    born = date(year - age, 9, 1)
    return Rules(
        calendar=calendar, born_from=born, born_to=born.replace(year=born.year + 1) - timedelta(days=1)
    )


@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest, pk: int) -> HttpResponse:
    window = own_window(request, pk)
    form = RulesForm(window, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            windows.save_rules(request.actor, window, rules=form.rules())
            messages.success(request, _("规则已保存为新的版本。"))
            return redirect("enrolment:rules", pk)
        except WutongError as error:
            refused(form, error)
    context = {
        "window": window,
        "form": form,
        "frozen": window.state != Window.State.DRAFT,
        "problems": [*contradictions(window.rules), *windows.unplanned(window)],
    }
    return render(request, "enrolment/rules.html", context, status=422 if form.errors else 200)


@require_GET
def catchments(request: HttpRequest, pk: int) -> HttpResponse:
    """Every stretch by school, and where they leave gaps or overlap."""
    window = seen_window(request, pk)
    rows = (
        CatchmentRange.objects.unscoped("of a window in sight").filter(window=window).select_related("school")
    )
    context = {
        "window": window,
        "flaws": report(window),
        "rows": rows.order_by("school__path", "road", "first", "pk"),
    }
    return render(request, "enrolment/catchments.html", context)


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    window = own_window(request, pk)
    problems = [*contradictions(window.rules), *windows.unplanned(window)]
    if request.method == "POST" and not problems:
        windows.publish(request.actor, window)
        messages.success(request, _("规则已公布并冻结。"))
        return redirect("enrolment:window", pk)
    context = {"window": window, "problems": problems, "flaws": report(window), "calendar": dates(window)}
    return render(request, "enrolment/publish.html", context, status=422 if request.method == "POST" else 200)


def dates(window: Window) -> list[dict[str, str]]:
    calendar = window.rules.calendar
    return [
        {
            "label": str(title),
            "value": moment(value)
            if isinstance(value := getattr(calendar, name), datetime)
            else value.isoformat(),
        }
        for name, title in DATES.items()
    ]
