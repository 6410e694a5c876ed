"""Sending a browser from the centre back to an application."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render


def go(request: HttpRequest, address: str) -> HttpResponse:
    """To an address that was checked. After a form of ours (sign-in, consent) by a page that goes on at once: browsers
    hold a form to its `form-action` over all redirects that follow, and ours may be sent to ourselves only."""
    if request.headers.get("Sec-Fetch-Site") == "same-origin":
        host = urlsplit(address).netloc
        return render(request, "applications/go.html", {"address": address, "host": host})
    return HttpResponseRedirect(address)


def form_post(request: HttpRequest, address: str, fields: Mapping[str, str]) -> HttpResponse:
    """A page that sends `fields` on in a form: the one place where a form of ours goes elsewhere, to that address."""
    parts = urlsplit(address)

    @csp_update({"form-action": f"{parts.scheme}://{parts.netloc}"})
    def page(request: HttpRequest) -> HttpResponse:
        values = {"address": address, "fields": fields, "host": parts.netloc}
        return render(request, "applications/form_post.html", values)

    return page(request)
