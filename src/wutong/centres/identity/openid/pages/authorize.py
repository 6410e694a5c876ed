"""The authorization endpoint: who signs in, how surely, and whether they want to."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from wutong.centres.identity.accounts.api import current_session, reaches, reauthenticate_url
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.openid import asking, codes, consents, parameters, tickets, way_back
from wutong.centres.identity.openid.asking import Asked
from wutong.centres.identity.openid.errors import NoWayBack, Refused, SentBack
from wutong.centres.identity.openid.issuer import issuer_of
from wutong.centres.identity.openid.pages.telling import what_it_gets
from wutong.centres.identity.openid.refusals import remember
from wutong.centres.identity.openid.scopes import open_claims
from wutong.centres.identity.openid.tickets import Ticket
from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import actor_of


@csrf_exempt  # an application may post its request; it is then looked at like any other
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    try:
        ticket = _ticket(request, at)
        if request.method == "POST":
            # A form from another site comes without our cookie; the look that follows has it.
            return HttpResponseRedirect(_again(ticket))
        asked = asking.read(ticket, issuer=issuer_of(request), at=at)
        return _decide(request, asked, ticket, at)
    except SentBack as fault:
        remember(request, fault)
        return way_back.refusal(request, fault)
    except NoWayBack as fault:
        remember(request, Refused("no_way_back", fault.description, client_id=fault.client_id))
        raise


def _ticket(request: HttpRequest, at: datetime) -> Ticket:
    """A fault before the address to answer to is known is told to the person."""
    try:
        given = parameters.read(request.POST if request.method == "POST" else request.GET)
    except Refused as fault:
        raise NoWayBack(fault.description) from None
    if "resume" in given:
        return tickets.opened(given["resume"], at)
    try:
        return tickets.resolve(given, issuer=issuer_of(request), at=at)
    except Refused as fault:
        client = applications.client(given["client_id"])
        if client is None:
            raise NoWayBack("client_id is not known", given["client_id"]) from None
        way = asking.way_of(client, given)
        raise SentBack(fault.code, fault.description, way=way, client_id=client.client_id) from None


def _again(ticket: Ticket) -> str:
    return f"{reverse('openid:authorize')}?{urlencode({'resume': ticket.seal()})}"


def _decide(request: HttpRequest, asked: Asked, ticket: Ticket, at: datetime) -> HttpResponse:
    """Signed in, lately enough, surely enough, the one who is meant, and willing: one after the other."""
    session = current_session(request)
    if session is None or _too_old(session, asked, ticket, at):
        if asked.silent:
            raise _back(asked, "login_required", "nobody is signed in, or not lately enough")
        return HttpResponseRedirect(reauthenticate_url(request, _again(ticket.asking(at)), max_age=0))
    if _too_low(session, asked, ticket):
        return HttpResponseRedirect(_raise(request, asked, ticket, at))
    visit = _meant(Visit(request, asked, session, at))
    if _willing(visit):
        return _give_code(visit)
    if asked.silent:
        raise _back(asked, "consent_required", "the person was not asked yet")
    return _ask(visit, ticket)


@dataclass(frozen=True)
class Visit:
    """A person at the door, proved as the application wants it."""

    request: HttpRequest
    asked: Asked
    session: Any
    at: datetime

    @property
    def person(self) -> Person:
        return self.session.account.person

    @cached_property
    def claims(self) -> tuple[str, ...]:
        names = (*self.asked.userinfo, *self.asked.id_token)
        return open_claims(self.asked.client, self.person, self.asked.scopes, names, self.at)


def _back(asked: Asked, code: str, description: str) -> SentBack:
    return SentBack(code, description, way=asked.way, client_id=asked.client.client_id)


def _too_old(session: Any, asked: Asked, ticket: Ticket, at: datetime) -> bool:
    """Who was asked for this very request and proved it since is not asked again."""
    proved = session.auth_time
    if ticket.asked and proved.timestamp() >= ticket.asked:
        return False
    if asked.prompts & {"login", "select_account"}:
        return True
    return asked.max_age is not None and (at - proved).total_seconds() >= asked.max_age


def _too_low(session: Any, asked: Asked, ticket: Ticket) -> bool:
    """A level that is only wished for (`acr_values`) is asked for once; what must be reached, must."""
    once = ticket.raised or asked.silent
    if asked.must and not any(reaches(session.acr, level) for level in asked.must):
        if once:
            raise _back(asked, "unmet_authentication_requirements", "the level asked for was not reached")
        return True
    wished = [level for level in asked.levels if reaches(level, level)]
    return bool(wished) and not once and not any(reaches(session.acr, level) for level in wished)


def _raise(request: HttpRequest, asked: Asked, ticket: Ticket, at: datetime) -> str:
    level = next((each for each in (*asked.must, *asked.levels) if reaches(each, each)), None)
    return reauthenticate_url(request, _again(ticket.asking(at, raised=True)), acr=level)


def _meant(visit: Visit) -> Visit:
    hint = visit.asked.hint
    if hint and hint != applications.subject(visit.asked.client, visit.person):
        raise _back(visit.asked, "login_required", "somebody else is signed in")
    if not applications.admits(visit.asked.client, visit.person, visit.at):
        raise _back(visit.asked, "access_denied", "this application is not for this person")
    return visit


def _willing(visit: Visit) -> bool:
    asked = visit.asked
    if "consent" in asked.prompts:
        return False
    if asked.client.trusted:
        return True
    given = consents.consent_of(visit.person, asked.client.client_id)
    return consents.covers(given, asked.scopes, visit.claims)


def _ask(visit: Visit, ticket: Ticket) -> HttpResponse:
    asked = visit.asked
    values = {
        **what_it_gets(asked.client, asked.scopes, visit.claims),
        "resume": ticket.seal(),
        "person": visit.person,
    }
    return render(visit.request, "openid/consent.html", values)


@login_not_required
@never_cache
@require_POST
def consent(request: HttpRequest) -> HttpResponse:
    """The answer to the question above: the same request again, with a yes or a no."""
    at = timezone.now()
    ticket = tickets.opened(request.POST.get("resume", ""), at)
    try:
        asked = asking.read(ticket, issuer=issuer_of(request), at=at)
        session = current_session(request)
        if session is None or _too_old(session, asked, ticket, at) or _too_low(session, asked, ticket):
            return HttpResponseRedirect(_again(ticket))
        if request.POST.get("answer") != "allow":
            raise _back(asked, "access_denied", "the person said no")
        return _allowed(_meant(Visit(request, asked, session, at)))
    except SentBack as fault:
        remember(request, fault)
        return way_back.refusal(request, fault)


def _allowed(visit: Visit) -> HttpResponse:
    client, scopes = visit.asked.client, visit.asked.scopes
    actor = actor_of(visit.person)
    consents.allow(actor, visit.person, client=client, scopes=scopes, claims=visit.claims, at=visit.at)
    return _give_code(visit)


def _give_code(visit: Visit) -> HttpResponse:
    asked = visit.asked
    code = codes.Code(
        client_id=asked.client.client_id,
        issuer=issuer_of(visit.request),
        redirect_uri=asked.way.redirect_uri,
        challenge=asked.challenge,
        scopes=asked.scopes,
        sign_in=codes.sign_in_of(visit.session),
        made=visit.at.timestamp(),
        nonce=asked.nonce,
        userinfo=asked.userinfo,
        id_token=asked.id_token,
        jkt=asked.jkt,
    )
    return way_back.answer(visit.request, asked.way, code=codes.seal(code))
