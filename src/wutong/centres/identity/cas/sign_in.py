"""From a service's wish to a ticket: who is there, whether that is enough, and whether the person may go in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts import api as accounts
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.cas import tickets
from wutong.kernel.errors import NotAllowed

KEY = "cas_asked"


class NotForYou(NotAllowed):
    """The service is registered, and this person may not use it."""


@dataclass(frozen=True)
class Wish:
    """What the service asked of the browser. Renew stands above gateway (CAS 3.0.3 §2.1.1)."""

    service: str
    renew: bool
    gateway: bool
    by_post: bool

    @classmethod
    def of(cls, asked: QueryDict) -> "Wish":
        renew = is_set(asked, "renew")
        gateway = is_set(asked, "gateway") and not renew
        return cls(asked.get("service", ""), renew, gateway, asked.get("method", "").upper() == "POST")


def is_set(asked: QueryDict, name: str) -> bool:
    """Clients write `true`; the protocol says no more than that it is set."""
    return asked.get(name, "").lower() not in ("", "false", "0", "no")


def client_of(service: str) -> applications.Client | None:
    client = applications.client_for_service(service)
    return client if client and "cas" in client.grants else None


def ask_to_prove(request: HttpRequest, wish: Wish, client: applications.Client, at: datetime) -> str:
    """Where the browser goes to prove who is there. When it was asked is kept, so that an older proof is not taken."""
    request.session[KEY] = [wish.service, at.timestamp()]
    acr = None if wish.renew else client.acr or None
    return accounts.reauthenticate_url(request, request.get_full_path(), acr=acr)


def proved_for(request: HttpRequest, session: Any, service: str) -> bool:
    """Whether the person proved who they are because this service asked."""
    asked = request.session.get(KEY)
    return bool(asked) and asked[0] == service and session.auth_time.timestamp() >= asked[1]


def enough(session: Any, wish: Wish, client: applications.Client, *, fresh: bool) -> bool:
    """False sends the browser to prove more; what was proved just now and is too little is refused."""
    strong = accounts.reaches(session.acr, client.acr)
    if fresh and not strong:
        raise NotForYou(
            _("这个应用要求更强的登录方式。请先在“账号与安全”中添加通行密钥或验证器，再从应用重新进入。")
        )
    return strong and (fresh or not wish.renew)


def admit(session: Any, client: applications.Client, at: datetime) -> None:
    """NotForYou if the person is none of those whom the service is for."""
    person, username = session.account.person, session.account.username
    if not applications.admits(client, person, at):
        raise NotForYou(_("这个应用不对您开放。如需使用，请联系应用的所属单位。"))
    if not applications.user_name(client, person, username=username, at=at):
        raise NotForYou(_("这个应用按教师号或学籍号识别用户，您没有登记这样的号码。"))


def ticket_for(
    request: HttpRequest, session: Any, wish: Wish, client: applications.Client, *, fresh: bool, at: datetime
) -> str:
    admit(session, client, at)
    request.session.pop(KEY, None)
    person, username = session.account.person, session.account.username
    facts = {"sid": session.sid, "client_id": client.client_id, "person_id": person.pk, "username": username}
    ticket = tickets.issue(wish.service, at=at, fresh=fresh, auth_time=session.auth_time, **facts)
    applications.signed_in(client.client_id, person.pk, "cas", at)
    return ticket


def with_ticket(service: str, ticket: str) -> str:
    return f"{service}{'&' if '?' in service else '?'}{urlencode({'ticket': ticket})}"
