"""Pages about the interface, drawn from its description."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from wutong.kernel.api import description
from wutong.kernel.errors import NotFound


@login_not_required
@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(description.text(), content_type="application/json; charset=utf-8")


@login_not_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@login_not_required
@require_GET
def chapter(request: HttpRequest, name: str) -> HttpResponse:
    raise NotFound
