"""What would have been sent: only where a demonstration keeps it, only for those who run the house."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from wutong.centres.identity.accounts.outbox import MAIL, SMS, kept, way
from wutong.kernel.errors import NotFound


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    if not request.actor.holds("operator") or "outbox" not in (way(SMS), way(MAIL)):
        raise NotFound
    return render(request, "accounts/outbox.html", {"letters": kept()})
