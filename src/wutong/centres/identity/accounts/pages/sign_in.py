"""Signing in, with a room to wait in when more come than can be let in at once."""

import json
import secrets
import time
from typing import Any

from allauth.account.views import LoginView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from wutong.centres.identity.accounts import throttle
from wutong.centres.identity.accounts.hashing import ROOM, pause
from wutong.centres.identity.accounts.sessions import household_of
from wutong.kernel.errors import WutongError
from wutong.kernel.people.keyring import keyring

KEPT, CONTEXT = "sign_in_waiting", "accounts.waiting"
FIELDS = ("login", "password", "next")


class TooMany(WutongError):
    code, status = "too_many_sign_ins", 429
    sentence = _("从您所在的网络登录得太频繁，请一分钟后再试。")


class SignIn(LoginView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not throttle.DOOR.take(household_of(request)):
            raise TooMany
        ticket = f"{time.time():.6f}-{secrets.token_hex(4)}"
        if ROOM.may_go(ticket, time.monotonic()):
            return super().post(request, *args, **kwargs)
        given = {name: request.POST[name] for name in FIELDS if name in request.POST}
        request.session[KEPT] = keyring().seal(json.dumps({**given, "ticket": ticket}), CONTEXT).hex()
        return redirect("accounts:wait")


class LetIn(LoginView):
    """The sign-in of who has waited, and was counted at the door: to be counted twice would turn people away here."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super(LoginView, self).dispatch(request, *args, **kwargs)


sign_in = SignIn.as_view()
let_in = LetIn.as_view()


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def wait(request: HttpRequest) -> HttpResponse:
    """What was typed is kept sealed in the session until it is this browser's turn, and nowhere after it."""
    if KEPT not in request.session:
        return redirect("account_login")
    given = json.loads(keyring().open(bytes.fromhex(request.session[KEPT]), CONTEXT))
    ticket = given.pop("ticket")
    if request.method == "GET" or not ROOM.may_go(ticket, time.monotonic()):
        before = ROOM.before(ticket)
        return render(request, "accounts/wait.html", {"before": before, "pause": pause(before)})
    del request.session[KEPT]
    typed = request.POST.copy()  # reads the body, which would overwrite it later
    typed.update(given)
    request.POST = typed
    answer = let_in(request)
    return HttpResponseClientRedirect(answer.url) if request.htmx and answer.status_code == 302 else answer
