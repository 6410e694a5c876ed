"""Where a person types the code that a screen shows, sees what wants in, and says yes or no."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from wutong.centres.identity.accounts.api import current_session, reaches
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.openid import codes, devices
from wutong.centres.identity.openid.forms import UserCodeForm
from wutong.centres.identity.openid.models import DeviceRequest
from wutong.centres.identity.openid.pages.telling import what_it_gets
from wutong.centres.identity.openid.scopes import open_claims
from wutong.centres.identity.openid.throttle import USER_CODES


@never_cache
@require_http_methods(["GET", "POST"])
def device(request: HttpRequest) -> HttpResponse:
    """A code that came with the address (from a QR) is filled in, not taken for said: the person compares."""
    if request.method == "GET":
        given = {"user_code": request.GET["user_code"]} if "user_code" in request.GET else None
        return _form(request, UserCodeForm(initial=given))
    form = UserCodeForm(request.POST)
    if not USER_CODES.take(str(request.user.pk)):
        form.add_error(None, _("尝试次数过多，请稍后再试。"))
    row = devices.waiting(form.cleaned_data["user_code"], timezone.now()) if form.is_valid() else None
    client = applications.client(row.client_id) if row else None
    if row is None or client is None:
        if not form.errors:
            form.add_error("user_code", _("代码不对，或者已经过期。请看设备上现在显示的代码。"))
        return _form(request, form, status=422)
    if "answer" in request.POST:
        return _answered(request, row, client)
    return _ask(request, row, client)


def _form(request: HttpRequest, form: UserCodeForm, status: int = 200) -> HttpResponse:
    return render(request, "openid/device.html", {"form": form}, status=status)


def _ask(request: HttpRequest, row: DeviceRequest, client: Any) -> HttpResponse:
    scopes, person = row.scopes.split(), request.user.person
    claims = open_claims(client, person, scopes, (), timezone.now())
    values = {
        **what_it_gets(client, scopes, claims),
        "user_code": request.POST["user_code"],
        "person": person,
    }
    return render(request, "openid/device_confirm.html", values)


def _answered(request: HttpRequest, row: DeviceRequest, client: Any) -> HttpResponse:
    session, yes = current_session(request), request.POST["answer"] == "allow"
    if session is None or (client.acr and not reaches(session.acr, client.acr)):
        messages.error(request, _("这个应用要求更安全的登录方式，请用动态验证码或通行密钥登录后再试。"))
        return redirect(request.path)
    if not applications.admits(client, request.user.person, timezone.now()):
        messages.error(request, _("这个应用不是给您用的，请联系应用的管理员。"))
        return redirect(request.path)
    done = devices.decide(request.actor, row, sign_in=codes.sign_in_of(session), yes=yes)
    if not done:
        messages.error(request, _("这个代码已经用过了。"))
    elif yes:
        messages.success(request, _("设备已登录，请回到设备继续。"))
    else:
        messages.success(request, _("已拒绝，设备不会登录。"))
    return redirect(request.path)
