"""The applications that somebody lets in, and taking that back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.openid.consents import withdraw
from wutong.centres.identity.openid.models import Consent
from wutong.centres.identity.openid.pages.telling import what_it_gets


@never_cache
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        withdraw(request.actor, request.user.person, client_id=request.POST.get("client_id", ""))
        messages.success(request, _("已撤回，这个应用不能再使用您的信息。"))
        return redirect(request.path)
    rows = Consent.objects.visible_to(request.actor).filter(withdrawn=None).order_by("-given", "-pk")
    return render(request, "openid/mine.html", {"rows": [_line(row) for row in rows]})


def _line(row: Consent) -> dict[str, Any]:
    """An application that was suspended meanwhile is shown by its number: it gets nothing, but was allowed to."""
    client = applications.client(row.client_id)
    return {"row": row, **(what_it_gets(client, row.scopes, row.claims) if client else {})}
