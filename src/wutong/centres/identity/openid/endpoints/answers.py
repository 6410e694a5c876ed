"""Answers to programs: JSON, never kept, and readable for scripts of other sites where the standard wants it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from msgspec import json

from wutong.centres.identity.openid.errors import Refused
from wutong.centres.identity.openid.refusals import remember

Endpoint = Callable[[HttpRequest], HttpResponse]
UNREADABLE = (TooManyFieldsSent, RequestDataTooBig, UnreadablePostError, MultiPartParserError)


def answer(values: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    said = {"Cache-Control": "no-store", **(headers or {})}
    return HttpResponse(json.encode(values), status=status, content_type="application/json", headers=said)


def refusal(fault: Refused) -> HttpResponse:
    values = {"error": fault.code, "error_description": fault.description}
    return answer(values, status=fault.status, headers=fault.headers)


def endpoint(*methods: str, cross: bool = False) -> Callable[[Endpoint], Endpoint]:
    """An endpoint of the protocol: its refusals become answers and are remembered for the journal.

    `cross`: a script of another site may call it and read the answer. Nothing here looks at cookies, so nothing is
    given away that the script does not hold itself.
    """

    def wrap(view: Endpoint) -> Endpoint:
        @wraps(view)
        def respond(request: HttpRequest) -> HttpResponse:
            response = _respond(view, request, methods, cross)
            if cross:
                response["Access-Control-Allow-Origin"] = "*"
                response["Access-Control-Expose-Headers"] = "WWW-Authenticate, DPoP-Nonce"
            response["X-Content-Type-Options"] = "nosniff"
            return response

        respond.csrf_exempt = True  # type: ignore[attr-defined]  # read by Django, should a route lead here
        respond.login_required = False  # type: ignore[attr-defined]  # likewise
        return respond

    return wrap


def _respond(view: Endpoint, request: HttpRequest, methods: tuple[str, ...], cross: bool) -> HttpResponse:
    if request.method == "OPTIONS" and cross:
        return _preflight(methods)
    if request.method not in methods:
        return answer(
            {"error": "invalid_request", "error_description": f"use {' or '.join(methods)}"},
            status=405,
            headers={"Allow": ", ".join(methods)},
        )
    try:
        return view(request)
    except Refused as fault:
        remember(request, fault)
        return refusal(fault)
    except UNREADABLE:
        return refusal(Refused("invalid_request", "the request could not be read"))


def _preflight(methods: tuple[str, ...]) -> HttpResponse:
    allowed = {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": "Authorization, Content-Type, DPoP",
        "Access-Control-Max-Age": "600",
    }
    return HttpResponse(status=204, headers=allowed)
