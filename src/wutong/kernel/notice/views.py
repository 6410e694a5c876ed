from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import NotAllowed
from wutong.kernel.notice.actions import (
    PUBLISHERS,
    acknowledge,
    mark_read,
    may_publish,
    publish_notice,
    withdraw,
)
from wutong.kernel.notice.audience import ROLES, people_of
from wutong.kernel.notice.forms import NoticeForm
from wutong.kernel.notice.models import Delivery, Notice
from wutong.kernel.notice.queries import mine, published
from wutong.kernel.notice.queries import readers as counted

PAGE = 20


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    sent = request.GET.get("box") == "sent"
    rows = published(request.actor) if sent else mine(request.actor)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    may = request.actor.holds(*PUBLISHERS)
    tabs = [
        {"title": _("收到的"), "href": "?", "current": not sent},
        {"title": _("发出的"), "href": "?box=sent", "current": sent},
    ]
    context = {
        "rows": page,
        "sent": sent,
        "may_publish": may,
        "page": paging(page, sent),
        "tabs": tabs if may else (),
    }
    return render(request, "notice/index.html", context)


@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Looking does not write: a small form on the page marks the notice as read."""
    notice = Notice.objects.select_related("organisation", "sender", "audience").seen(request.actor, pk=pk)
    own = Delivery.objects.visible_to(request.actor).filter(notice=notice, person_id=request.actor.person_id)
    manages = may_publish(request.actor, notice)
    context = {"notice": notice, "delivery": own.first(), "manages": manages}
    return render(request, "notice/detail.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """First a look at whom it would reach, then the second press publishes."""
    if not request.actor.holds(*PUBLISHERS):
        raise NotAllowed
    form = NoticeForm(request.actor, request.POST or None)
    if request.method == "GET" or not form.is_valid():
        return render(request, "notice/new.html", {"form": form}, status=422 if form.is_bound else 200)
    values = dict(form.cleaned_data)
    audience = values.pop("audience")
    may_publish.require(request.actor, audience)
    if request.POST.get("step") != "publish":
        return render(request, "notice/preview.html", preview(form))
    notice = publish_notice(request.actor, audience, **values)
    messages.success(request, _("通知已发布，正在送达。"))
    return redirect("notice:detail", notice.pk)


def preview(form: NoticeForm) -> dict[str, Any]:
    values = form.cleaned_data
    count = people_of(values["audience"], values["roles"], timezone.localdate()).count()
    words = dict(ROLES)
    roles = "、".join(str(words[role]) for role in values["roles"])
    kept = [(name, each) for name in form.data if name in form.fields for each in form.data.getlist(name)]
    return {"values": values, "count": count, "roles": roles, "kept": kept}


@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    mark_read(request.actor, delivery_of(request, pk))
    if request.htmx:
        return HttpResponse(f'<span class="wt-quiet">{_("已读")}</span>')
    return back_to(pk)


@require_POST
def receipt(request: HttpRequest, pk: int) -> HttpResponse:
    acknowledge(request.actor, delivery_of(request, pk))
    return back_to(pk)


@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    withdraw(request.actor, Notice.objects.seen(request.actor, pk=pk))
    return back_to(pk)


@require_GET
def readers(request: HttpRequest, pk: int) -> HttpResponse:
    notice = Notice.objects.select_related("organisation").seen(request.actor, pk=pk)
    may_publish.require(request.actor, notice)
    rows = Delivery.objects.visible_to(request.actor).filter(notice=notice).select_related("person")
    page = Paginator(
        rows.order_by(F("receipt_at").asc(nulls_first=True), F("read_at").asc(nulls_first=True), "pk"), 50
    ).get_page(request.GET.get("page"))
    context = {"notice": notice, "counts": counted(notice), "rows": page, "page": paging(page)}
    return render(request, "notice/readers.html", context)


def delivery_of(request: HttpRequest, pk: int) -> Delivery:
    rows = Delivery.objects.select_related("notice")
    return rows.seen(request.actor, notice_id=pk, person_id=request.actor.person_id)


def back_to(pk: int) -> HttpResponseRedirect:
    return redirect("notice:detail", pk)


def paging(page: Page, sent: bool = False) -> dict[str, Any]:
    box = "box=sent&" if sent else ""
    return {
        "first": page.start_index(),
        "last": page.end_index(),
        "total": page.paginator.count,
        "previous_url": f"?{box}page={page.previous_page_number()}" if page.has_previous() else "",
        "next_url": f"?{box}page={page.next_page_number()}" if page.has_next() else "",
    }
