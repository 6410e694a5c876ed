"""Signing out because an application asks for it (OpenID Connect RP-Initiated Logout 1.0)."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth import logout as sign_out
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from wutong.centres.identity.accounts.api import current_session
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.applications.api import Client
from wutong.centres.identity.openid import keys, parameters, tickets, way_back
from wutong.centres.identity.openid.errors import NoWayBack, Refused
from wutong.centres.identity.openid.id_tokens import same_session
from wutong.centres.identity.openid.issuer import issuer_of
from wutong.centres.identity.openid.refusals import remember
from wutong.centres.identity.openid.tickets import Ticket


@dataclass(frozen=True)
class Leaving:
    """`address` is where the browser goes on to, empty for a page of ours. `own` is whether the application showed an
    ID token of this very session: then nobody has to be asked."""

    client: Client | None
    address: str
    own: bool


@csrf_exempt  # another site may ask; nothing is done before the person's browser posts our own form
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def logout(request: HttpRequest) -> HttpResponse:
    try:
        given = parameters.read(request.POST if request.method == "POST" else request.GET)
        if "resume" in given:
            given = tickets.opened(given["resume"], timezone.now()).given
        elif request.method == "POST":
            # A form from another site comes without our cookie; the look that follows has it.
            return redirect(f"{reverse('openid:logout')}?{urlencode({'resume': _sealed(given)})}")
        leaving = _leaving(request, given)
    except (NoWayBack, Refused) as fault:
        remember(request, Refused("no_way_back", fault.description, client_id=fault.client_id))
        raise NoWayBack(fault.description, fault.client_id) from None
    if current_session(request) is None:
        return _gone(request, leaving)
    return render(request, "openid/logout.html", {"leaving": leaving, "resume": _sealed(given)})


def _sealed(given: dict[str, str]) -> str:
    return Ticket(given, pushed=False, made=timezone.now().timestamp()).seal()


def _leaving(request: HttpRequest, given: dict[str, str]) -> Leaving:
    hint = _hint(request, given)
    client_id = given.get("client_id") or hint.get("aud", "")
    if hint and hint.get("aud") != client_id:
        raise NoWayBack("id_token_hint was given to another client", client_id)
    client = applications.client(client_id) if client_id else None
    return Leaving(client, _address(client, given, client_id), _is_own(request, hint))


def _hint(request: HttpRequest, given: dict[str, str]) -> dict[str, Any]:
    if "id_token_hint" not in given:
        return {}
    claims = keys.verify(given["id_token_hint"], issuer_of(request))
    if claims is None:
        raise NoWayBack("id_token_hint is not from here", given.get("client_id", ""))
    return claims


def _address(client: Client | None, given: dict[str, str], client_id: str) -> str:
    address = given.get("post_logout_redirect_uri", "")
    if not address:
        return ""
    if client is None or not client.may_redirect_after_logout(address):
        raise NoWayBack("post_logout_redirect_uri is not registered for this client", client_id)
    return way_back.with_query(address, {"state": given["state"]} if "state" in given else {})


def _is_own(request: HttpRequest, hint: dict[str, Any]) -> bool:
    session = current_session(request)
    return session is not None and bool(hint) and same_session(hint["aud"], session.sid, hint.get("sid"))


@login_not_required
@never_cache
@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    """Our own form: ends the session here, and with it in all applications."""
    ticket = tickets.opened(request.POST.get("resume", ""), timezone.now())
    leaving = _leaving(request, ticket.given)
    if current_session(request) is not None:
        sign_out(request)
    return _gone(request, leaving)


def _gone(request: HttpRequest, leaving: Leaving) -> HttpResponse:
    if leaving.address:
        return applications.go(request, leaving.address)
    return HttpResponseRedirect(reverse("account_login"))
