"""Answers that the browser takes back to the application."""

from urllib.parse import urlencode, urlsplit

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

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


def go(request: HttpRequest, address: str) -> HttpResponse:
    """To another site. After a form of ours (sign-in, consent) by a page that goes on at once: browsers hold a form to
    its `form-action` over all redirects that follow, and ours may be sent to ourselves only."""
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        return render(request, "openid/go.html", {"address": address, "host": urlsplit(address).netloc})
    return HttpResponseRedirect(address)


def form_post(request: HttpRequest, address: str, fields: dict[str, str]) -> HttpResponse:
    """OAuth 2.0 Form Post Response Mode: the one page of ours whose form may go elsewhere, to that address."""
    parts = urlsplit(address)

    @csp_update({"form-action": f"{parts.scheme}://{parts.netloc}"})
    def page(request: HttpRequest) -> HttpResponse:
        values = {"address": address, "fields": fields, "host": parts.netloc}
        return render(request, "openid/form_post.html", values)

    return page(request)
