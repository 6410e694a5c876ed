from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wutong.kernel.audit.api import journal
from wutong.kernel.people.queries import actor_of


class Adapter(DefaultAccountAdapter):
    """Accounts come from the registers: nobody signs up by oneself here."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("账号或密码不对。忘记密码请找班主任或本单位管理员重置。"),
        "too_many_login_attempts": _("尝试次数过多，请 5 分钟后再试。"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        journal(actor_of(user.person), "accounts.signed_in", user.person)
        return super().post_login(request, user, **kwargs)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """The page itself shows who is signed in; allauth's own notes are left out."""
