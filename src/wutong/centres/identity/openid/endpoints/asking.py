"""Where programs bring a request before a person is asked: pushed ones (RFC 9126) and those of devices (RFC 8628)."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from wutong.centres.identity.openid import asking, devices, dpop, parameters, tickets
from wutong.centres.identity.openid.clients import authenticate
from wutong.centres.identity.openid.endpoints.answers import answer, endpoint
from wutong.centres.identity.openid.errors import NoWayBack, Refused
from wutong.centres.identity.openid.issuer import issuer_of

PROOF = ("client_secret", "client_assertion", "client_assertion_type")


@endpoint("POST")
def par(request: HttpRequest) -> HttpResponse:
    """Checked like any request, here and now: what is wrong with it is told to the program, not to a person."""
    at = timezone.now()
    given = parameters.read(request.POST)
    client = authenticate(request, given, at)
    if "request_uri" in given:
        raise Refused("invalid_request", "request_uri may not be pushed", client_id=client.client_id)
    proofless = {name: value for name, value in given.items() if name not in PROOF}
    key = dpop.thumbprint_shown(request, at)
    try:
        ticket = tickets.resolve(
            {**proofless, "client_id": client.client_id}, issuer=issuer_of(request), at=at
        )
        if key and ticket.given.setdefault("dpop_jkt", key) != key:
            raise Refused(
                "invalid_dpop_proof", "dpop_jkt is not the key that is shown", client_id=client.client_id
            )
        asking.read(replace(ticket, pushed=True), issuer=issuer_of(request), at=at)
    except NoWayBack as fault:
        raise Refused("invalid_request", fault.description, client_id=client.client_id) from None
    values = {"request_uri": tickets.push(ticket.given), "expires_in": tickets.PUSHED_LIFE}
    return answer(values, status=201)


@endpoint("POST")
def device_authorization(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    given = parameters.read(request.POST)
    client = authenticate(request, given, at)
    if "device_code" not in client.grants:
        raise Refused(
            "unauthorized_client", "this client does not sign devices in", client_id=client.client_id
        )
    scopes = asking.scopes_of(client, given)
    device_code, user_code = devices.begin(client, scopes, at, jkt=dpop.thumbprint_shown(request, at))
    page = f"{issuer_of(request)}/oauth/device"
    return answer(
        {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={user_code}",
            "expires_in": int(devices.LIFE.total_seconds()),
            "interval": devices.INTERVAL,
        }
    )
