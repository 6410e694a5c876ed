"""One place where errors become pages, fragments or problem+json (RFC 9457)."""

import logging
import sys
from http import HTTPStatus

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong.kernel.errors import Invalid, NotAllowed, NotFound, WutongError
from wutong.kernel.ui.middleware import Respond

log = logging.getLogger(__name__)


class ProblemMiddleware:
    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, WutongError):
            return respond_with(request, error)
        if isinstance(error, Http404):
            return respond_with(request, NotFound())
        if isinstance(error, PermissionDenied):
            return respond_with(request, NotAllowed())
        if isinstance(error, BadRequest):
            return respond_with(request, Invalid())
        return None


def respond_with(request: HttpRequest, error: WutongError) -> HttpResponse:
    if wants_json(request):
        return problem_json(request, error)
    template = "ui/problem_fragment.html" if getattr(request, "htmx", False) else "ui/problem.html"
    title = {403: _("没有权限"), 404: _("没有找到"), 409: _("内容已变化"), 422: _("内容有误")}.get(
        error.status, _("出错了")
    )
    return render(request, template, {"problem": error, "problem_title": title}, status=error.status)


def wants_json(request: HttpRequest) -> bool:
    accept = request.headers.get("Accept", "")
    return request.path.startswith("/api/") or ("json" in accept and "html" not in accept)


def problem_json(request: HttpRequest, error: WutongError) -> JsonResponse:
    body = {
        "type": f"/problems/{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": str(error.message),
        "code": error.code,
        "rule": error.rule,
    }
    if error.mend:
        body["mend"] = str(error.mend)
    if error.fields:
        body["fields"] = {name: str(sentence) for name, sentence in error.fields.items()}
    return JsonResponse(
        body,
        status=error.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )


class Broken(WutongError):
    code, status = "server_error", 500


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return respond_with(request, Invalid(_("请求的格式不对，请返回上一页再试。")))


def not_allowed(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return respond_with(request, NotAllowed())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return respond_with(request, NotFound())


class Unavailable(WutongError):
    code, status = "unavailable", 503
    sentence = gettext_lazy(
        "系统暂时连不上数据库，请过一会儿再试。没有得到答复的操作没有生效，或者已经完整生效。"
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Without a template that asks the database: it may be the database that is broken."""
    failure = sys.exc_info()[1]
    down = isinstance(failure, OperationalError | InterfaceError)
    problem = Unavailable() if down else Broken()
    if wants_json(request):
        response: HttpResponse = problem_json(request, problem)
    else:
        response = HttpResponse(render_to_string(f"{problem.status}.html"), status=problem.status)
    if down:
        response["Retry-After"] = "10"
        response.database_error = type(failure).__name__
    return response
