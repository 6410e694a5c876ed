"""The devices that are signed in: one's own, and for those who look after accounts those of a person."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from wutong.centres.identity.accounts.models import Account, BrowserSession
from wutong.centres.identity.accounts.rules import may_end_sessions
from wutong.centres.identity.accounts.sessions import current, end_session, end_sessions
from wutong.centres.identity.accounts.step_up import confirmed
from wutong.kernel.errors import NotFound
from wutong.kernel.people.models import Person

SHOWN = 50


def _open(request: HttpRequest, **lookup: Any) -> Any:
    rows = BrowserSession.objects.visible_to(request.actor).filter(ended=None, **lookup)
    return rows.select_related("account__person").order_by("-last_seen", "-pk")


@never_cache
@require_http_methods(["GET", "POST"])
def own(request: HttpRequest) -> HttpResponse:
    """Anybody may end what is one's own, without being asked who one is: nothing is gained by it."""
    here = current(request)
    rows = _open(request, account=request.user.pk)
    if request.method == "POST" and "others" in request.POST:
        return _told(request, end_sessions(request.actor, request.user.person, keep=here.sid if here else ""))
    if request.method == "POST":
        found = rows.filter(sid=request.POST.get("end", "")).first()
        if found is None:
            raise NotFound
        end_session(request.actor, found)
        return _told(request, 1)
    return render(request, "accounts/sessions.html", {"rows": rows[:SHOWN], "here": here})


def _told(request: HttpRequest, ended: int) -> HttpResponse:
    words = ngettext("已退出 %(ended)d 个设备。", "已退出 %(ended)d 个设备。", ended)
    messages.success(request, words % {"ended": ended})
    return redirect(request.path)


@confirmed
@never_cache
@require_http_methods(["GET", "POST"])
def of_person(request: HttpRequest, pk: int) -> HttpResponse:
    """The accounts of somebody and where they are signed in, for those who look after them."""
    person = Person.objects.seen(request.actor, pk=pk)
    if not may_end_sessions(request.actor, person):
        raise NotFound
    if request.method == "POST":
        return _told(request, end_sessions(request.actor, person, at=timezone.now()))
    accounts = Account.objects.filter(person=person).order_by("pk")
    rows = _open(request, account__in=accounts)[:SHOWN]
    return render(request, "accounts/person.html", {"person": person, "accounts": accounts, "rows": rows})
