"""The door: who calls, how often, and every error in one form."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import include, path
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser

from wutong.config.api import bulk, cases, codes, docs, people, registers
from wutong.config.api.answers import decoded
from wutong.config.api.caller import address_of, caller_of
from wutong.config.api.errors import Malformed, MethodMissing, NotSignedIn, TooMany
from wutong.config.api.limits import LIMITER, Allowance
from wutong.kernel.errors import Invalid, NotFound, WutongError
from wutong.kernel.policy import ANONYMOUS
from wutong.kernel.ui.problems import problem_json

View = Callable[..., HttpResponseBase]
# What pydantic finds wrong, in our words.
TYPES = {"string_type": _("这里应为文字。"), "int_type": _("这里应为整数。"), "missing": _("这一项不能缺。")}


class Reader(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        return decoded(request.body)


api = NinjaAPI(
    title="梧桐 Wutong", version="1", docs_url=None, openapi_url=None, urls_namespace="api", parser=Reader()
)
api.add_router("/registers", registers.router)
api.add_router("/registers", bulk.router)
api.add_router("/cases", cases.router)
api.add_router("/inbox", cases.inboxes)
api.add_router("/codes", codes.router)
api.add_router("", people.router)


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponseBase:
    fields = {
        str(each["loc"][-1])[:60]: TYPES.get(each["type"], _("这一项不合要求。")) for each in error.errors
    }
    return problem_json(request, Invalid(fields=fields))


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponseBase:
    return problem_json(request, Malformed())


def door(view: View) -> View:
    @login_not_required
    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        allowance, response = _let_in(request, lambda: view(request, *args, **kwargs))
        for name, value in allowance.headers.items():
            response[name] = value
        patch_cache_control(response, private=True, no_cache=True)
        return response

    return inner


def _let_in(request: HttpRequest, view: Callable[[], HttpResponseBase]) -> tuple[Allowance, HttpResponseBase]:
    """An unknown token counts for the address it comes from."""
    failure: WutongError | None = None
    try:
        request.caller = caller_of(request)
    except WutongError as error:
        request.caller, failure = None, error
    request.actor = request.caller.actor if request.caller else ANONYMOUS
    key = request.caller.key if request.caller else f"address:{address_of(request)}"
    allowance = LIMITER.spend(key, time.time())
    if not allowance.granted:
        failure = TooMany()
    return allowance, refusal(request, failure) if failure else _answered(request, view)


def _answered(request: HttpRequest, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    if request.method == "HEAD":
        request.method = "GET"
    try:
        response = view()
        return refusal(request, MethodMissing(response["Allow"])) if response.status_code == 405 else response
    except WutongError as error:
        return refusal(request, error)
    except Http404:
        return refusal(request, NotFound())


def refusal(request: HttpRequest, error: WutongError) -> HttpResponseBase:
    response = problem_json(request, error)
    if isinstance(error, MethodMissing):
        response["Allow"] = error.allow
    if isinstance(error, NotSignedIn):
        response["WWW-Authenticate"] = error.challenge
    return response


operations = [pattern for pattern in api.urls[0] if pattern.name != "api-root"]
for operation in operations:
    operation.callback = door(operation.callback)

app_name = "api"
urlpatterns = [
    path("docs", docs.index, name="docs"),
    path("docs/<slug:name>", docs.chapter, name="docs_chapter"),
    path("v1/openapi.json", docs.openapi, name="openapi"),
    path("v1/", include(operations)),
]
