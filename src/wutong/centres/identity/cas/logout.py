"""Single sign-out: services that know a session by a ticket are told when it ends."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from django.utils import timezone
from django.utils.http import urlencode

from wutong.centres.identity.accounts.events import SessionEnded
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.cas import tickets
from wutong.centres.identity.cas.answers import moment
from wutong.centres.identity.cas.models import GrantingTicket, ServiceSession, Ticket
from wutong.kernel.jobs.queue import ask
from wutong.kernel.people.keyring import keyring

KEPT = timedelta(days=30)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def on_session_ended(event: SessionEnded, event_id: int) -> None:
    """Tickets of the session die with it; each service is told by work of its own, so that none waits for another."""
    for kind in (Ticket, GrantingTicket):
        kind.objects.filter(sid=event.sid).delete()
    for key in ServiceSession.objects.filter(sid=event.sid).values_list("pk", flat=True):
        ask("cas.tell_service", key=f"cas.tell_service:{key}", session=key)


def tell_service(progress: Any, session: int) -> str:
    """A job: an OSError is tried again, five times in all. Told once, the row is gone."""
    row = ServiceSession.objects.filter(pk=session).first()
    if row is None:
        return ""
    form = urlencode(
        {"logoutRequest": request_of(keyring().open(bytes(row.ticket), tickets.SEALED), timezone.now())}
    )
    status, _answer = applications.call("POST", row.service, body=form.encode(), headers=FORM)
    if status >= 500:
        raise applications.Unreachable(f"{row.client_id} answered {status}")
    row.delete()
    return str(status)


def request_of(ticket: str, at: datetime) -> str:
    """CAS 3.0.3 §2.3.3 and appendix C."""
    return (
        '<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"'
        f' ID="LR-{secrets.token_hex(16)}" Version="2.0" IssueInstant="{moment(at)}">'
        '<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">@NOT_USED@</saml:NameID>'
        f"<samlp:SessionIndex>{escape(ticket)}</samlp:SessionIndex></samlp:LogoutRequest>"
    )


def tidy(progress: Any) -> None:
    at = timezone.now()
    tickets.forget(at)
    ServiceSession.objects.filter(begun__lt=at - KEPT).delete()
