"""The page of recovery codes: the library's own notes on a GET that somebody looked, which this house refuses."""

from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from wutong.centres.identity.accounts.step_up import confirmed
from wutong.kernel.errors import NotFound


@confirmed
@never_cache
@require_GET
def recovery_codes(request: HttpRequest) -> HttpResponse:
    rows = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES)
    found = rows.first()
    if found is None:
        raise NotFound
    codes = found.wrap().get_unused_codes()
    return render(request, "mfa/recovery_codes/index.html", {"unused_codes": codes})
