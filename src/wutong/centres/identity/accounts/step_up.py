"""Sensitive acts ask once more who is there: a session left open on a desk must not do them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from wutong.centres.identity.accounts import sessions
from wutong.centres.identity.accounts.assurance import PASSWORD

View = Callable[..., HttpResponse]


def confirmed(view: View) -> View:
    """Decorator for a view that answers GET and POST: who proved oneself long ago is asked first, and comes back.

    What was posted then is not carried over: the page is shown again.
    """

    @wraps(view)
    def ask_first(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        session = sessions.current(request)
        if session is not None and sessions.suffices(session, max_age=sessions.FRESH, acr=PASSWORD):
            return view(request, *args, **kwargs)
        back = request.get_full_path() if request.method == "GET" else request.path
        return redirect(reauthenticate_url(request, back, max_age=sessions.FRESH, acr=PASSWORD))

    return ask_first


def reauthenticate_url(
    request: HttpRequest, next: str, *, max_age: int | None = None, acr: str | None = None
) -> str:
    """Where to send a browser so that its person proves anew who they are, and then goes on to `next`.

    Who is signed in is asked to confirm; who is not signs in. `next` itself where nothing is to be asked: the last
    proof is at most `max_age` seconds old and reaches `acr`. Without either, or with `max_age=0`, it is always asked.
    After it `current_session` tells what was reached, which may be less than `acr` for who has no second factor.
    A `next` outside this house becomes the home page.
    """
    inside = url_has_allowed_host_and_scheme(next, {request.get_host()}, require_https=request.is_secure())
    target = next if inside else "/"
    session = sessions.current(request)
    if session is None:
        return f"{reverse('account_login')}?{urlencode({'next': target})}"
    if sessions.suffices(session, max_age=max_age, acr=acr):
        return target
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': target})}"
