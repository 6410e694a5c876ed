"""Requests under /xapi/ are answered here, before sessions and pages: a busy class sends thousands a second."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from wutong.platforms.learning.records.door import description, documents, resources, statements, stream
from wutong.platforms.learning.records.door.call import BASES, SPOKEN, Call, opened
from wutong.platforms.learning.records.door.credentials import Caller, caller
from wutong.platforms.learning.records.store.writing import Unavailable
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.strict import encode

log = logging.getLogger(__name__)
PREFIX = "/xapi/"
Answer = Callable[[Call, Caller], HttpResponseBase]
RESOURCES: dict[str, dict[str, Answer]] = {
    "statements": {"GET": statements.get, "PUT": statements.put, "POST": statements.post},
    "stream": {"GET": stream.stream},
    "activities": {"GET": resources.activity},
    "agents": {"GET": resources.agent},
    "activities/state": documents.STATE,
    "activities/profile": documents.ACTIVITY_PROFILE,
    "agents/profile": documents.AGENT_PROFILE,
}
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept, Accept-Language, If-Match, If-None-Match,"
    " Last-Event-ID,"
    " X-Experience-API-Version, X-Experience-API-Hash",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Content-Length, X-Experience-API-Version,"
    " X-Experience-API-Consistent-Through",
    "Access-Control-Max-Age": "86400",
}


class XapiMiddleware:
    def __init__(self, respond: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIX):
            return self.respond(request)
        if request.path_info == f"{PREFIX}{description.ADDRESS}" and request.method == "GET":
            return description.description(request)
        base, _slash, resource = request.path_info.removeprefix(PREFIX).partition("/")
        if base not in BASES:
            return self.respond(request)
        response = _answered(request, base, resource.rstrip("/"))
        for name, value in CORS.items():
            response[name] = value
        response.headers.setdefault("Cache-Control", "no-store")
        return response


def _answered(request: HttpRequest, base: str, resource: str) -> HttpResponseBase:
    version = base
    try:
        if request.method == "OPTIONS":
            return HttpResponse(status=204)
        call = opened(request, base, resource)
        version = SPOKEN[call.major]
        response = _dispatched(call)
    except Refused as refused:
        response = refusal(refused)
    except (Unavailable, OperationalError):  # no room, or no database: as the disk, so the answer
        log.exception("the store cannot write")
        response = problem("the store cannot write now; nothing was kept, try again", 503)
        response["Retry-After"] = "5"
    except Exception:  # a fault of ours must not look like one of Django's pages
        log.exception("xAPI request failed")
        response = problem("the store failed; nothing is known of this request", 500)
    response["X-Experience-API-Version"] = version
    response["X-Experience-API-Consistent-Through"] = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return response


def _dispatched(call: Call) -> HttpResponseBase:
    if call.resource == "about":
        return resources.about(call)
    methods = RESOURCES.get(call.resource)
    if methods is None:
        raise Refused("there is no such resource", status=404)
    wanted = "GET" if call.method == "HEAD" else call.method
    answer = methods.get(wanted)
    if answer is None:
        response = problem(f"{call.method[:20]} is not a method of this resource", 405)
        response["Allow"] = ", ".join(sorted([*methods, "HEAD", "OPTIONS"]))
        return response
    response = answer(call, caller(call.request, call.header("Authorization")))
    return without_body(response) if call.method == "HEAD" else response


def without_body(response: HttpResponseBase) -> HttpResponseBase:
    """Headers as for GET, the length too where it is known."""
    bare = HttpResponse(status=response.status_code, headers=dict(response.headers))
    if isinstance(response, HttpResponse):
        bare["Content-Length"] = str(len(response.content))
    response.close()
    return bare


def refusal(refused: Refused) -> HttpResponse:
    response = problem(str(refused), refused.status)
    if refused.status == 401 or refused.challenge:
        response["WWW-Authenticate"] = refused.challenge or 'Basic realm="xAPI", charset="UTF-8"'
    return response


def problem(sentence: str, status: int) -> HttpResponse:
    body = {"type": "about:blank", "status": status, "detail": sentence}
    return HttpResponse(encode(body), status=status, content_type="application/problem+json")
