"""The slip a family keeps, and the page its code opens for whoever holds it."""

from __future__ import annotations

import segno
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from wutong.kernel.errors import NotFound
from wutong.kernel.people.rules import is_guardian
from wutong.kernel.ui.context import prefs
from wutong.platforms.governance.enrolment import results
from wutong.platforms.governance.enrolment.views.family import application_of


@require_GET
def slip(request: HttpRequest, number: str) -> HttpResponse:
    """On paper or as a picture of the screen: it opens the result without signing in."""
    found = application_of(request, number)
    if not is_guardian(request.actor, found.child):
        raise NotFound
    if found.state == "draft":
        return redirect("enrolment:application", number)
    code = results.code_of(found.number)
    address = request.build_absolute_uri(reverse("enrolment:result", args=[found.number, code]))
    drawn = mark_safe(segno.make(address, error="m").svg_inline(scale=5))  # noqa: S308  # squares of our own
    context = {"application": found, "address": address, "code": code, "picture": drawn}
    return render(request, "enrolment/slip.html", context)


@login_not_required
@never_cache
@require_GET
def result(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """A wrong code answers as a number that is not there does, before anything is looked up."""
    found = None
    if results.is_code(number, code):
        found = results.shown(number, translation.get_language() or "", timezone.now())
    if found is None:
        raise NotFound
    return HttpResponse(results.page(found, prefs(request)))
