"""The addresses of the protocol (CAS 3.0.3 §2). Most change records on GET, as it demands."""

from typing import Any

from django.contrib.auth import logout as sign_out
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods

from wutong.centres.identity.accounts import api as accounts
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.cas import answers, refusals, sign_in, validation
from wutong.centres.identity.cas.description import document
from wutong.kernel.errors import NotAllowed
from wutong.kernel.ui.middleware import written_by_get

cas_get = written_by_get("CAS 3.0.3 hands out and takes back tickets by GET")


class NotRegistered(NotAllowed):
    sentence = _("这个应用没有在认证中心登记，不能从这里登录。请联系应用的管理员。")


@login_not_required
@never_cache
@require_GET
@cas_get
def login(request: HttpRequest) -> HttpResponse:
    wish = sign_in.Wish.of(request.GET)
    session = accounts.current_session(request)
    if not wish.service:
        return redirect("/" if session else accounts.reauthenticate_url(request, "/"))
    client = sign_in.client_of(wish.service)
    if client is None:
        refusals.tell(request, "INVALID_SERVICE", wish.service)
        raise NotRegistered
    if session is None and wish.gateway:
        return HttpResponseRedirect(wish.service)
    return _signed_in(request, session, wish, client)


def _signed_in(request: HttpRequest, session: Any, wish: sign_in.Wish, client: Any) -> HttpResponse:
    at = timezone.now()
    fresh = session is not None and sign_in.proved_for(request, session, wish.service)
    try:
        if session is None or not sign_in.enough(session, wish, client, fresh=fresh):
            return redirect(sign_in.ask_to_prove(request, wish, client, at))
        ticket = sign_in.ticket_for(request, session, wish, client, fresh=fresh, at=at)
    except sign_in.NotForYou:
        refusals.tell(request, "NOT_FOR_THIS_PERSON", wish.service)
        raise
    if wish.by_post:
        return applications.form_post(request, wish.service, {"ticket": ticket})
    return applications.go(request, sign_in.with_ticket(wish.service, ticket))


@login_not_required
@never_cache
@require_GET
@cas_get
def logout(request: HttpRequest) -> HttpResponse:
    """Ends the session for all protocols; on to the service only if it is registered."""
    if request.user.is_authenticated:
        sign_out(request)
    service = request.GET.get("service", "")
    if service and sign_in.client_of(service):
        return applications.go(request, service)
    return render(request, "cas/signed_out.html")


def _answer(request: HttpRequest, answer: answers.Answer, service: str) -> HttpResponse:
    if isinstance(answer, answers.Failure):
        refusals.tell(request, answer.code, service)
    if request.GET.get("format", "").upper() == "JSON":
        return JsonResponse(answers.json_of(answer), json_dumps_params={"ensure_ascii": False})
    return HttpResponse(answers.xml_of(answer), content_type="application/xml; charset=utf-8")


def _validated(request: HttpRequest, *, proxied: bool, attributes: bool) -> HttpResponse:
    question = validation.Question.of(request.GET, proxied=proxied, attributes=attributes)
    return _answer(request, validation.validate(question, timezone.now()), question.service)


def _protocol(view: Any) -> Any:
    """For programs: without a session, without a cookie, never from a cache."""
    return csrf_exempt(login_not_required(never_cache(require_http_methods(["GET"])(cas_get(view)))))


@_protocol
def validate(request: HttpRequest) -> HttpResponse:
    """CAS 1: two lines of text."""
    question = validation.Question.of(request.GET, proxied=False, attributes=False)
    answer = validation.validate(question, timezone.now())
    if isinstance(answer, answers.Failure):
        refusals.tell(request, answer.code, question.service)
    return HttpResponse(answers.lines(answer), content_type="text/plain; charset=utf-8")


@_protocol
def service_validate(request: HttpRequest) -> HttpResponse:
    return _validated(request, proxied=False, attributes=False)


@_protocol
def proxy_validate(request: HttpRequest) -> HttpResponse:
    return _validated(request, proxied=True, attributes=False)


@_protocol
def p3_service_validate(request: HttpRequest) -> HttpResponse:
    return _validated(request, proxied=False, attributes=True)


@_protocol
def p3_proxy_validate(request: HttpRequest) -> HttpResponse:
    return _validated(request, proxied=True, attributes=True)


@_protocol
def proxy(request: HttpRequest) -> HttpResponse:
    target = request.GET.get("targetService", "")
    return _answer(request, validation.proxy(request.GET.get("pgt", ""), target, timezone.now()), target)


@login_not_required
@require_GET
def description(_request: HttpRequest) -> HttpResponse:
    return JsonResponse(document(), json_dumps_params={"ensure_ascii": False})
