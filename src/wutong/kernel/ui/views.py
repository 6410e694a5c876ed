from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from wutong.kernel.ui.context import PREFERENCES
from wutong.kernel.ui.gallery import sample

YEAR = 365 * 24 * 60 * 60


def _way_back(request: HttpRequest) -> str:
    """Where the person came from, if that is a page of ours; otherwise the start page."""
    for url in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure()):
            return url
    return "/"


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    chosen = {name: request.POST[name] for name in PREFERENCES if name in request.POST}
    if not chosen or any(value not in PREFERENCES[name] for name, value in chosen.items()):
        message = _("没有这种显示方式。请从“显示”菜单里选择字号、对比度或明暗。")
        return render(request, "422.html", {"message": message}, status=422)
    response = HttpResponseRedirect(_way_back(request))
    for name, value in chosen.items():
        response.set_cookie(
            f"wt_{name}",
            value,
            max_age=YEAR,
            path="/",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return response


@require_GET
def gallery(request: HttpRequest) -> HttpResponse:
    return render(request, "ui/gallery.html", sample())
