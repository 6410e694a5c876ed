"""Pages for everybody, signed in or not: progress by number, public notices, whether a receipt is genuine."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from wutong.kernel.casework.forms import ObjectionForm, ProgressForm, VerifyForm
from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.process import queries
from wutong.kernel.process.engine import process_of, subject_of
from wutong.kernel.process.models import Case
from wutong.kernel.process.objections import file_objection, on_notice
from wutong.kernel.process.receipts import genuine, is_check_code, plain

# Wrong codes for one number, and for all of them, that one address may send in a quarter of an hour.
WRONG, WRONG_IN_ALL, WINDOW = 5, 60, 15 * 60
PAGE = 25


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def progress(request: HttpRequest) -> HttpResponse:
    """For anybody who has the number and its code: where it stands, nothing of what is in it."""
    sent = request.method == "POST"
    form = ProgressForm(request.POST if sent else None, initial=request.GET.dict())
    found = _known(request, form) if sent and form.is_valid() else None
    context = {"form": form, **(queries.standing(found, timezone.now()) if found else {})}
    return render(request, "casework/progress.html", context, status=422 if form.errors else 200)


def _known(request: HttpRequest, form: ProgressForm) -> Case | None:
    """A number that is not there answers as a wrong code does; who tries too often is not answered for a while."""
    number, code = plain(form.cleaned_data["number"]), form.cleaned_data["code"]
    keys = [_key(request, number), _key(request, "")]
    wrong = cache.get_many(keys)
    if wrong.get(keys[0], 0) >= WRONG or wrong.get(keys[1], 0) >= WRONG_IN_ALL:
        form.add_error(None, _("查询失败次数过多，请十五分钟后再试。"))
        return None
    rows = Case.objects.unscoped("by number and code, both of which must be known")
    found = rows.filter(number=number).select_related("organisation", "holder", "process_version").first()
    if found and is_check_code(found, code):
        return found
    cache.set_many({key: wrong.get(key, 0) + 1 for key in keys}, WINDOW)
    form.add_error(None, _("没有找到。请核对办件号和查询码，它们印在回执上。"))
    return None


def _key(request: HttpRequest, number: str) -> str:
    return f"progress:{sha256(f'{_address(request)}|{number}'.encode()).hexdigest()}"


def _address(request: HttpRequest) -> str:
    """Who asks, as the outermost of our own proxies saw it."""
    proxies = settings.OPTION["proxies"]
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    return hops[-proxies].strip() if 0 < proxies <= len(hops) else request.META.get("REMOTE_ADDR", "")


@login_not_required
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """What stands before the public now."""
    rows = Paginator(on_notice(timezone.now()), PAGE).get_page(request.GET.get("page"))
    return render(
        request, "casework/notices.html", {"items": [_announced(case) for case in rows], "rows": rows}
    )


@login_not_required
@require_http_methods(["GET", "POST"])
def announced(request: HttpRequest, number: str) -> HttpResponse:
    """One of them, with what is announced; who is signed in may object."""
    found = on_notice(timezone.now()).filter(number=number).first()
    if found is None:
        return _over(request, number)
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if request.actor.person_id is None:
            return redirect(f"{settings.LOGIN_URL}?next={request.path}")
        try:
            file_objection(request.actor, found, text=form.cleaned_data["text"])
            return render(request, "casework/objected.html", {"case": found, "process": process_of(found)})
        except WutongError as error:
            form.add_error(None, str(error.message))
    context = {**_announced(found), "form": form, "signed_in": request.actor.person_id is not None}
    return render(request, "casework/announced.html", context, status=422 if form.errors else 200)


def _over(request: HttpRequest, number: str) -> HttpResponse:
    """A number that was on notice once looks like one that never was, but to who objected to it."""
    if request.actor.person_id is None:
        raise NotFound
    rows = Case.objects.unscoped("those the actor objected to")
    found = rows.filter(number=number, objections__person=request.actor.person_id).first()
    if found is None:
        raise NotFound
    own = found.objections.visible_to(request.actor).filter(person=request.actor.person_id).order_by("pk")
    return render(
        request, "casework/objected.html", {"case": found, "process": process_of(found), "objections": own}
    )


def _announced(case: Case) -> dict[str, Any]:
    process = process_of(case)
    said = process.announce(subject_of(case)) if process.announce else ()
    facts = [{"label": label, "value": value} for label, value in said]
    return {"case": case, "process": process, "facts": facts, "until": timezone.localtime(case.notice_until)}


@login_not_required
@never_cache
@require_GET
def verify(request: HttpRequest, number: str = "", code: str = "") -> HttpResponse:
    """Whether a receipt is one of ours, and what it said when it was given out."""
    number, code = request.GET.get("number", number), request.GET.get("code", code)
    form = VerifyForm(initial={"number": number, "code": code})
    asked = bool(number and code)
    receipt = genuine(number[:30], code[:40]) if asked else None
    context = {
        "form": form,
        "asked": asked,
        "receipt": receipt,
        "process": process_of(receipt.case) if receipt else None,
    }
    return render(request, "casework/verify.html", context, status=404 if asked and receipt is None else 200)
