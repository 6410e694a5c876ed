"""Links under which others read a part of one's record, and what they see."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from wutong.kernel.errors import WutongError
from wutong.kernel.people.models import Person
from wutong.platforms.learning.records.mine import looking
from wutong.platforms.learning.records.mine.actions import (
    may_show_others,
    open_share,
    share,
    shared,
    stop_sharing,
    token_of,
)
from wutong.platforms.learning.records.mine.forms import ShareForm
from wutong.platforms.learning.records.mine.models import Share
from wutong.platforms.learning.records.mine.record import Filters, Record

SHOWN = 300


@never_cache
@require_http_methods(["GET", "POST"])
def shares(request: HttpRequest, pk: int) -> HttpResponse:
    person = looking.owned(request.actor, pk)
    years = [year for year, _number in Record(person).years(timezone.now())]
    form = ShareForm(person, years, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            share(request.actor, person, **form.cleaned_data)
            messages.success(request, _("链接已生成，复制后发给对方即可。"))
            return redirect("records:shares", pk)
        except WutongError as error:
            form.add_error("until" if "until" in error.fields else None, str(error.message))
    context = {"person": person, "me": person.pk == request.actor.person_id, "form": form}
    context |= {
        "links": _links(request, person),
        "may": may_show_others(request.actor, person, timezone.now()),
    }
    return render(request, "records/shares.html", context, status=422 if form.errors else 200)


def _links(request: HttpRequest, person: Person) -> list[dict[str, Any]]:
    """Those that still open first, then the others; each with how often and when it was last opened."""
    rows = Share.objects.visible_to(request.actor).filter(person=person)
    counted = rows.annotate(opened=Count("openings"), last=Max("openings__at"))
    today = timezone.localdate()
    links = [
        {"share": row, "live": row.revoked is None and row.until >= today, "url": _address(request, row)}
        for row in counted.order_by("-created", "-pk")
    ]
    return sorted(links, key=lambda link: not link["live"])


def _address(request: HttpRequest, row: Share) -> str:
    return request.build_absolute_uri(reverse("records:shared", args=[token_of(row)]))


@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    found = Share.objects.select_related("person").seen(request.actor, pk=pk)
    stop_sharing(request.actor, found)
    messages.success(request, _("链接已停止，再也打不开了。"))
    return redirect("records:shares", found.person_id)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def open_shared(request: HttpRequest, token: str) -> HttpResponse:
    """A cover first: what looks at links by itself opens nothing. The answer to the button shows the entries."""
    found = shared(token, timezone.now())
    context: dict[str, Any] = {"share": found}
    if request.method == "POST":
        open_share(request.actor, found)
        filters = Filters(year=found.year, kind=found.kind)
        context["part"] = Record(found.person).part(filters, most=SHOWN)
    answer = render(request, "records/shared.html", context)
    answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer
