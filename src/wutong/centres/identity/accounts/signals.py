"""Django and allauth tell of sign-in and sign-out by their own signals, whichever door was used."""

from typing import Any

from allauth.account.signals import authentication_step_completed, password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.utils import timezone

from wutong.centres.identity.accounts import sessions
from wutong.centres.identity.accounts.factors import factor_changed
from wutong.centres.identity.accounts.models import Account
from wutong.kernel.people.queries import actor_of


def on_signed_in(sender: Any, request: HttpRequest, user: Account, **_more: Any) -> None:
    sessions.begin(request, user, timezone.now())


def on_signed_out(sender: Any, request: HttpRequest, user: Account | None, **_more: Any) -> None:
    sessions.leave(request, timezone.now())


def on_proved(sender: Any, request: HttpRequest, user: Account, **_more: Any) -> None:
    sessions.renew(request, user, timezone.now())


def on_password_changed(sender: Any, request: HttpRequest, user: Account, **_more: Any) -> None:
    """Who changes the password means to be alone with it."""
    session = sessions.current(request)
    sessions.end_sessions(
        actor_of(user.person), user.person, at=timezone.now(), keep=session.sid if session else ""
    )


def on_factor(sender: Any, user: Account, authenticator: Authenticator, **_more: Any) -> None:
    factor_changed(actor_of(user.person), user.person, kind=str(authenticator.type))


def connect() -> None:
    user_logged_in.connect(on_signed_in, dispatch_uid="accounts.signed_in")
    user_logged_out.connect(on_signed_out, dispatch_uid="accounts.signed_out")
    password_changed.connect(on_password_changed, dispatch_uid="accounts.password_changed")
    for number, signal in enumerate((authenticator_added, authenticator_removed, authenticator_reset)):
        signal.connect(on_factor, dispatch_uid=f"accounts.factor{number}")
    authentication_step_completed.connect(on_proved, dispatch_uid="accounts.proved")
