from collections.abc import Callable
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts import sessions
from wutong.centres.identity.accounts.assurance import BADGE
from wutong.kernel.errors import NotAllowed
from wutong.kernel.ui.problems import respond_with

GUARDED = ("/accounts/security/", "/accounts/password/")


class BrowserSessionMiddleware:
    """A session that was ended elsewhere is over at its next request; one that lives is noted as seen.

    Stands outside the rule that looking does not write: when somebody was last here is no record of business.
    """

    def __init__(self, respond: Callable[[HttpRequest], HttpResponse]) -> None:
        self.respond = respond

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Who came by badge, or by no recorded proof, does not touch what guards the account."""
        session = sessions.current(request)
        if session is None or session.acr != BADGE or not request.path.startswith(GUARDED):
            return None
        return respond_with(request, NotAllowed(_("用徽章登录时不能修改账号设置，请用密码登录后再改。")))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session = sessions.current(request)
        if session is None and request.user.is_authenticated:
            logout(request)
        elif session is not None:
            sessions.seen(session, timezone.now())
        return self.respond(request)
