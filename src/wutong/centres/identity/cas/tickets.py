"""Tickets: made at random, kept as keyed hashes, good for a minute and for one validation."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from wutong.centres.identity.cas.models import GrantingTicket, ServiceSession, Ticket
from wutong.kernel.people.keyring import keyring

GOOD_FOR = timedelta(minutes=1)
CONTEXT = b"cas.ticket\0"
SEALED = "cas.session"
LONGEST = 256
FACTS = ("sid", "client_id", "person_id", "username", "auth_time")


def new(prefix: str) -> str:
    """192 random bits in the letters that CAS 3.0.3 §3.7 allows."""
    return f"{prefix}-{secrets.token_hex(24)}"


def digest_of(ticket: str) -> bytes:
    return hmac.digest(keyring().lookup, CONTEXT + ticket.encode("utf-8", "surrogatepass"), "sha256")


def facts_of(grant: Any) -> dict[str, Any]:
    """Whose a grant is, to be handed on to the next."""
    return {name: getattr(grant, name) for name in FACTS}


def issue(
    service: str, *, at: datetime, proxies: Sequence[str] = (), fresh: bool = False, **facts: Any
) -> str:
    """A service ticket, or with `proxies` a proxy ticket."""
    ticket = new("PT" if proxies else "ST")
    Ticket.objects.create(
        digest=digest_of(ticket), service=service, proxy=bool(proxies), proxies=list(proxies), fresh=fresh,
        expires=at + GOOD_FOR, **facts,
    )  # fmt: skip
    return ticket


def redeem(ticket: str) -> Ticket | None:
    """The ticket, which is no more: of several that show it at once one gets it, whatever comes of it then."""
    if len(ticket) > LONGEST:
        return None
    sql = f"DELETE FROM {Ticket._meta.db_table} WHERE digest = %s RETURNING *"  # noqa: S608  # the table's own name
    return next(iter(list(Ticket.objects.raw(sql, [digest_of(ticket)]))), None)


def remember(ticket: str, redeemed: Ticket, at: datetime) -> None:
    """The service now knows the session by this ticket."""
    sealed = keyring().seal(ticket, SEALED)
    ServiceSession.objects.create(
        sid=redeemed.sid, client_id=redeemed.client_id, service=redeemed.service, ticket=sealed, begun=at
    )


def grant(callback: str, redeemed: Ticket, *, at: datetime, pgt: str) -> None:
    lasts = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    GrantingTicket.objects.create(
        digest=digest_of(pgt),
        callback=callback,
        proxies=redeemed.proxies,
        expires=at + lasts,
        **facts_of(redeemed),
    )


def granted(pgt: str, at: datetime) -> GrantingTicket | None:
    return GrantingTicket.objects.filter(digest=digest_of(pgt[:LONGEST]), expires__gt=at).first()


def forget(at: datetime) -> int:
    """What nobody validated in time."""
    return sum(kind.objects.filter(expires__lt=at).delete()[0] for kind in (Ticket, GrantingTicket))
