"""Every request gets a number and an actor; a page that is only looked at cannot write."""

import re
import uuid
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.db import connections
from django.http import HttpRequest, HttpResponse

from wutong.kernel.audit.request import set_request_id
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import Actor

Respond = Callable[[HttpRequest], HttpResponse]
View = Callable[..., HttpResponse]
READ = re.compile(
    r"\s*(SELECT|WITH|EXPLAIN|PRAGMA|SAVEPOINT|RELEASE|ROLLBACK|BEGIN|SET|SHOW)\b", re.IGNORECASE
)


class RequestNumberMiddleware:
    """`X-Request-ID` of a proxy is taken over if it looks like one, so that logs can be joined."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        number = given if re.fullmatch(r"[A-Za-z0-9-]{8,40}", given) else uuid.uuid4().hex
        set_request_id(number)
        try:
            response = self.respond(request)
        finally:
            set_request_id("")
        response["X-Request-ID"] = number
        return response


class ActorMiddleware:
    """`request.actor`: the signed-in person with the roles of today."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = _actor(request)
        return self.respond(request)


def _actor(request: HttpRequest) -> Actor:
    return actor_of(getattr(request.user, "person", None))


class WriteOnRead(RuntimeError):
    """A GET request tried to change a record."""


class ReadOnlyMiddleware:
    """Runs GET and HEAD under a wrapper that refuses to write records (sessions are kept elsewhere).

    A view may be `written_by_get` where a protocol that others wrote says so.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            return self.respond(request)
        with connections["default"].execute_wrapper(partial(refuse_writes, request)):
            return self.respond(request)


def refuse_writes(
    request: HttpRequest, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
) -> Any:
    if READ.match(sql) or "django_session" in sql or "wutong_cache" in sql or hasattr(request, "may_write"):
        return execute(sql, params, many, context)
    raise WriteOnRead(sql[:200])


def written_by_get(because: str) -> Callable[[View], View]:
    """Decorator for a view whose GET changes records because a protocol of others demands it: says which."""

    def wrap(view: View) -> View:
        @wraps(view)
        def allowed(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.may_write = because
            return view(request, *args, **kwargs)

        return allowed

    return wrap
