"""Validating tickets: once, for the service they were made for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.http import urlencode

from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.cas import tickets
from wutong.centres.identity.cas.answers import Answer, Failure, Proxied, Success, moment
from wutong.centres.identity.cas.models import Ticket
from wutong.centres.identity.cas.sign_in import is_set
from wutong.kernel.people.models import Person
from wutong.kernel.prepared import Prepared


@dataclass(frozen=True)
class Question:
    """What a service asks. `proxied`: proxy tickets will do; `attributes`: more than the user is wanted (CAS 3)."""

    service: str
    ticket: str
    renew: bool = False
    callback: str = ""
    proxied: bool = False
    attributes: bool = False

    @classmethod
    def of(cls, asked: QueryDict, *, proxied: bool, attributes: bool) -> "Question":
        return cls(
            asked.get("service", ""),
            asked.get("ticket", ""),
            is_set(asked, "renew"),
            asked.get("pgtUrl", ""),
            proxied,
            attributes,
        )


def validate(question: Question, at: datetime) -> Answer:
    """The ticket is gone afterwards, whatever the answer is."""
    if not (question.service and question.ticket):
        return Failure("INVALID_REQUEST", "Both service and ticket are required.")
    with transaction.atomic():
        redeemed = tickets.redeem(question.ticket)
        refusal, client = examine(question, redeemed, at)
        if redeemed is None or client is None or refusal is not None:
            return refusal or _unknown()
        answer = answer_of(question, client, redeemed, at)
        if isinstance(answer, Success) and not redeemed.proxy:
            tickets.remember(question.ticket, redeemed, at)
    return _with_grant(question, client, redeemed, answer, at)


def _unknown() -> Failure:
    return Failure("INVALID_TICKET", "The ticket is unknown, too old, or was validated before.")


def examine(
    question: Question, redeemed: Ticket | None, at: datetime
) -> tuple[Failure | None, applications.Client | None]:
    """Why this ticket does not hold for this question, or the client it holds for."""
    if redeemed is None or redeemed.expires <= at:
        return _unknown(), None
    if redeemed.proxy and not question.proxied:
        return Failure("INVALID_TICKET", "A proxy ticket is validated at /proxyValidate."), None
    if redeemed.service != question.service:
        return Failure("INVALID_SERVICE", "The ticket was made for another service."), None
    if question.renew and not redeemed.fresh:
        return Failure(
            "INVALID_TICKET", "The ticket did not come from a new sign-in, as renew demands."
        ), None
    client = applications.client(redeemed.client_id)
    if client is None:
        return Failure("INVALID_SERVICE", "The service is not registered any more."), None
    return None, client


@Prepared
def _holder(person: int) -> QuerySet:
    return Person.objects.unscoped("whose ticket this is").filter(pk=person)


def answer_of(question: Question, client: applications.Client, redeemed: Ticket, at: datetime) -> Answer:
    (person,) = _holder(redeemed.person_id)
    user = applications.user_name(client, person, username=redeemed.username, at=at)
    if not user:
        return Failure("INVALID_TICKET", "The person has no number that this service knows people by.")
    attributes = _attributes(client, person, redeemed, at) if question.attributes else {}
    return Success(user, attributes, redeemed.proxies if question.proxied else ())


def _attributes(
    client: applications.Client, person: Person, redeemed: Ticket, at: datetime
) -> dict[str, Any]:
    """The standard ones (CAS 3.0.3 §2.5.7), then what the registry lets this client know."""
    return {
        "authenticationDate": moment(redeemed.auth_time),
        "longTermAuthenticationRequestTokenUsed": False,
        "isFromNewLogin": redeemed.fresh,
        **applications.released(client, person, username=redeemed.username, at=at),
    }


def _with_grant(
    question: Question, client: applications.Client, redeemed: Ticket, answer: Answer, at: datetime
) -> Answer:
    """A granting ticket goes to the callback, and only its name into the answer. Outside any transaction."""
    if not question.callback or not isinstance(answer, Success):
        return answer
    pgt, pgtiou = tickets.new("PGT"), tickets.new("PGTIOU")
    if not (may_call_back(client, question.callback) and _delivered(question.callback, pgt, pgtiou)):
        return Failure(
            "INVALID_PROXY_CALLBACK", "The callback is not registered for proxying or did not answer 200."
        )
    tickets.grant(question.callback, redeemed, at=at, pgt=pgt)
    return Success(answer.user, answer.attributes, answer.proxies, pgtiou)


def may_call_back(client: applications.Client, callback: str) -> bool:
    """Over TLS, to an address of the client itself, and only for who was approved to act for people."""
    if "cas_proxy" not in client.grants or not callback.startswith("https://"):
        return False
    owner = applications.client_for_service(callback)
    return owner is not None and owner.client_id == client.client_id


def _delivered(callback: str, pgt: str, pgtiou: str) -> bool:
    url = f"{callback}{'&' if '?' in callback else '?'}{urlencode({'pgtIou': pgtiou, 'pgtId': pgt})}"
    try:
        status, _answer = applications.call("GET", url)
    except applications.Unreachable:
        return False
    return status == 200


def proxy(pgt: str, target: str, at: datetime) -> Answer:
    """A proxy ticket for another service, for who holds a granting ticket (CAS 3.0.3 §2.7)."""
    if not (pgt and target):
        return Failure("INVALID_REQUEST", "Both pgt and targetService are required.", "proxy")
    held = tickets.granted(pgt, at)
    owner = applications.client(held.client_id) if held else None
    if held is None or owner is None or "cas_proxy" not in owner.grants:
        return Failure("INVALID_TICKET", "The proxy-granting ticket is unknown or over.", "proxy")
    client = applications.client_for_service(target)
    if client is None or "cas" not in client.grants or not applications.admits(client, held.person, at):
        return Failure(
            "UNAUTHORIZED_SERVICE", "The target service is not registered for this person.", "proxy"
        )
    facts = {**tickets.facts_of(held), "client_id": client.client_id}
    return Proxied(tickets.issue(target, at=at, proxies=[held.callback, *held.proxies], **facts))
