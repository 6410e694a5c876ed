"""What a family does after the registration: each deed a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.process.calendar import is_working_day
from wutong.platforms.governance.enrolment.actions import choosing, verification
from wutong.platforms.governance.enrolment.forms import (
    BookForm,
    PrivateForm,
    PublicForm,
    ReasonForm,
    SideForm,
    TwinsForm,
)
from wutong.platforms.governance.enrolment.models import Application
from wutong.platforms.governance.enrolment.offers import offers, twin_of
from wutong.platforms.governance.enrolment.views.family import own_application, refused
from wutong.platforms.governance.enrolment.ways import way_of

Do = Callable[[Any], object]


def _deed(
    request: HttpRequest,
    found: Application,
    form: Any,
    do: Do,
    *,
    title: Any,
    lead: Any,
    submit: Any,
    tone: str = "info",
    **more: Any,
) -> HttpResponse:
    """Draws the form; sent and right, does the deed and goes back to where the child stands."""
    if request.method == "POST" and form.is_valid():
        try:
            do(form)
        except WutongError as error:
            refused(form, error)
        else:
            return redirect("enrolment:application", found.number)
    context = {
        "application": found,
        "form": form,
        "title": title,
        "lead": lead,
        "submit": submit,
        "tone": tone,
        **more,
    }
    return render(request, "enrolment/deed.html", context, status=422 if form.errors else 200)


def _sent(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _offered(request: HttpRequest, number: str, name: str) -> Application:
    found = own_application(request, number)
    if request.method == "GET" and name not in {offer.name for offer in offers(found, timezone.now())}:
        raise NotFound
    return found


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest, number: str) -> HttpResponse:
    """First the side, then what belongs to it."""
    found = _offered(request, number, "choose")
    side = request.GET.get("side") or request.POST.get("side")
    if side == "public":
        return _public(request, found)
    if side == "private":
        return _private(request, found)
    return render(request, "enrolment/choose.html", {"application": found, "form": SideForm()})


def _public(request: HttpRequest, found: Application) -> HttpResponse:
    way = way_of(found)
    form = PublicForm(way.choice, way.pool, _sent(request))
    return _deed(
        request,
        found,
        form,
        lambda form: choosing.choose_public(request.actor, found, school=form.school(), wishes=form.wishes()),
        title=_("报公办学校"),
        lead=way.lead,
        submit=_("提交公办报名"),
        side="public",
    )


def _private(request: HttpRequest, found: Application) -> HttpResponse:
    form = PrivateForm(found.window, _sent(request))
    return _deed(
        request,
        found,
        form,
        lambda form: choosing.choose_private(
            request.actor, found, first=form.cleaned_data["first"], transfer=form.cleaned_data["transfer"]
        ),
        title=_("报民办学校"),
        lead=_(
            "报名人数不超过计划就全部录取；超过就由电脑随机录取。没有录取的，转到公办第二批，在同类中排在后面。"
        ),
        submit=_("提交民办报名"),
        side="private",
    )


@require_http_methods(["GET", "POST"])
def deferral(request: HttpRequest, number: str) -> HttpResponse:
    found = _offered(request, number, "deferral")
    form = ReasonForm(_("缓学的原因"), _sent(request), _("例如：因病需要长期治疗，附医院证明。"))
    return _deed(
        request,
        found,
        form,
        lambda form: choosing.ask_deferral(request.actor, found, reason=form.cleaned_data["words"]),
        title=_("申请缓学一年"),
        lead=_("适龄儿童都应当入学。确有特殊原因的，由区教育局审核，十个工作日内答复。"),
        submit=_("提交申请"),
    )


@require_http_methods(["GET", "POST"])
def special(request: HttpRequest, number: str) -> HttpResponse:
    found = _offered(request, number, "special")
    form = ReasonForm(_("孩子的情况"), _sent(request), _("简单写几句就可以，只有区里办理的人能看到。"))
    return _deed(
        request,
        found,
        form,
        lambda form: choosing.ask_special(request.actor, found, needs=form.cleaned_data["words"]),
        title=_("孩子有特殊需要"),
        lead=_("每个孩子都有学上。区特殊教育指导中心会与您联系，商量随班就读、特教学校或送教上门。"),
        submit=_("提交"),
    )


@require_http_methods(["GET", "POST"])
def give_up(request: HttpRequest, number: str) -> HttpResponse:
    found = _offered(request, number, "give-up")
    form = ReasonForm(_("孩子将在哪里上学"), _sent(request))
    return _deed(
        request,
        found,
        form,
        lambda form: choosing.give_up(request.actor, found, reason=form.cleaned_data["words"]),
        title=_("放弃录取"),
        lead=_("放弃后学位给下一位孩子，不能再改报。"),
        submit=_("确认放弃"),
        tone="warn",
    )


@require_http_methods(["GET", "POST"])
def twins(request: HttpRequest, number: str) -> HttpResponse:
    found = _offered(request, number, "twins")
    sibling = twin_of(found)
    if sibling is None:
        raise NotFound
    form = TwinsForm(_sent(request))
    return _deed(
        request,
        found,
        form,
        lambda form: choosing.bind_twins(
            request.actor, found, sibling=sibling, together=form.cleaned_data["together"] == "yes"
        ),
        title=_("多胞胎捆绑或分开"),
        lead=_("两个孩子都报同一所民办学校时有用，报名截止前可以改。"),
        submit=_("保存"),
    )


@require_POST
def supplement(request: HttpRequest, number: str) -> HttpResponse:
    verification.supplement(request.actor, own_application(request, number))
    messages.success(request, _("已重新提交，请预约现场核验。"))
    return redirect("enrolment:application", number)


DAYS = 5
HOURS = (time(9), time(10), time(13, 30), time(15))


@require_http_methods(["GET", "POST"])
def book(request: HttpRequest, number: str) -> HttpResponse:
    found = _offered(request, number, "book")
    form = BookForm(times(timezone.now()), _sent(request))
    return _deed(
        request,
        found,
        form,
        lambda form: verification.book(
            request.actor, found, when=datetime.fromisoformat(form.cleaned_data["when"])
        ),
        title=_("预约现场核验"),
        lead=_("请带户口簿、产证或租赁备案等材料原件。"),
        submit=_("预约"),
    )


def times(at: datetime) -> list[tuple[str, str]]:
    """The hours of the next working days, beginning tomorrow."""
    day = timezone.localdate(at)
    found: list[tuple[str, str]] = []
    while len(found) < DAYS * len(HOURS):
        day += timedelta(days=1)
        for hour in HOURS if is_working_day(day) else ():
            when = timezone.make_aware(datetime.combine(day, hour))
            found.append((when.isoformat(), formats.date_format(timezone.localtime(when), "DATETIME_FORMAT")))
    return found
