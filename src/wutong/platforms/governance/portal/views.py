from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from wutong.kernel.notice.queries import mine
from wutong.platforms.governance.portal import queries

SHOWN = 5


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """One address, two houses: a desk for those who work here, a warm room for families and learners."""
    at = timezone.now()
    context = {
        "greeting": queries.greeting(at),
        "today": timezone.localdate(at),
        "notices": mine(request.actor)[:SHOWN],
    }
    if queries.is_staff(request.actor):
        return render(request, "portal/desk.html", {**context, **queries.desk(request.actor, at)})
    return render(request, "portal/family.html", {**context, **queries.family(request.actor, at)})
