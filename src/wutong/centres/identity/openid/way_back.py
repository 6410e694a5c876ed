"""Answers that the browser takes back to the application."""

from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse

from wutong.centres.identity.applications.api import form_post, go
from wutong.centres.identity.openid.errors import SentBack, Way
from wutong.centres.identity.openid.issuer import issuer_of


def answer(request: HttpRequest, way: Way, **values: str) -> HttpResponse:
    """`iss` says who answers, so that an application with several centres is not led astray (RFC 9207)."""
    state = {"state": way.state} if way.state else {}
    fields = {**values, **state, "iss": issuer_of(request)}
    if way.mode == "form_post":
        return form_post(request, way.redirect_uri, fields)
    return go(request, with_query(way.redirect_uri, fields))


def refusal(request: HttpRequest, fault: SentBack) -> HttpResponse:
    return answer(request, fault.way, error=fault.code, error_description=fault.description)


def with_query(address: str, fields: dict[str, str]) -> str:
    if not fields:
        return address
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(fields)}"
