from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts import sessions, throttle
from wutong.centres.identity.accounts.assurance import PASSWORD
from wutong.centres.identity.accounts.sessions import FRESH
from wutong.kernel.audit.api import journal
from wutong.kernel.people.queries import actor_of

WAYS = {
    "reauthenticate": _("用密码确认"),
    "mfa_reauthenticate": _("用验证器或备用码确认"),
    "mfa_reauthenticate:webauthn": _("用通行密钥确认"),
}


class Adapter(DefaultAccountAdapter):
    """Accounts come from the registers: nobody signs up by oneself here."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _(
            "账号或密码不对。忘记密码请重新激活账号，或找班主任、本单位管理员领激活卡。"
        ),
        "too_many_login_attempts": _("尝试次数过多，请 5 分钟后再试。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        if throttle.FAILED.spent(sessions.household_of(request)):
            raise self.validation_error("too_many_login_attempts")
        super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        throttle.FAILED.take(sessions.household_of(request))

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        journal(actor_of(user.person), "accounts.signed_in", user.person)
        return super().post_login(request, user, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Who has a second factor confirms with it: it is what a stolen password lacks."""
        methods = super().get_reauthentication_methods(user)
        stronger = [each for each in methods if each["id"] != "reauthenticate"]
        return [{**each, "description": WAYS[each["id"]]} for each in stronger or methods]

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        session = sessions.current(context.request)
        return session is None or not sessions.suffices(session, max_age=FRESH, acr=PASSWORD)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The page itself shows who is signed in; allauth's own notes are left out."""
