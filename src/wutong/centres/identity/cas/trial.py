"""A dry run: what an application would be told of the one who tries it. Nothing is kept, no ticket is made."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from wutong.centres.identity.accounts import api as accounts
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.cas import answers, sign_in, tickets, validation
from wutong.centres.identity.cas.models import Ticket
from wutong.kernel.errors import NotFound


@never_cache
@require_GET
def trial(request: HttpRequest, client_id: str) -> HttpResponse:
    client = applications.kept_client(request.actor, client_id)
    session = accounts.current_session(request)
    if client is None or session is None or "cas" not in client.grants:
        raise NotFound
    return render(request, "cas/trial.html", {"client": client, **_run(request, client, session)})


def _run(request: HttpRequest, client: applications.Client, session: Any) -> dict[str, Any]:
    """The three requests of a sign-in in order, with the answer to the last; or why there would be no ticket."""
    at, service, ticket = timezone.now(), client.service_prefixes[0], tickets.new("ST")
    centre = f"{request.scheme}://{request.get_host()}/cas"
    query = urlencode({"service": service})
    steps = {
        "sign_in_url": f"{centre}/login?{query}",
        "back_url": sign_in.with_ticket(service, ticket),
        "validate_url": f"{centre}/p3/serviceValidate?{query}&ticket={ticket}",
    }
    try:
        sign_in.enough(session, sign_in.Wish(service, False, False, False), client, fresh=True)
        sign_in.admit(session, client, at)
    except sign_in.NotForYou as refusal:
        return {**steps, "refusal": refusal}
    account = session.account
    shown = Ticket(
        client_id=client.client_id,
        person=account.person,
        username=account.username,
        auth_time=session.auth_time,
    )
    answer = validation.answer_of(validation.Question(service, ticket, attributes=True), client, shown, at)
    return {**steps, "answer": answers.xml_of(answer).replace("><", ">\n<")}
