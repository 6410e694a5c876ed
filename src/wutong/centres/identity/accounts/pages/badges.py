"""Badges: printing and voiding them, opening the class, and the child's own page."""

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from wutong.centres.identity.accounts import badges
from wutong.centres.identity.accounts.activation import account_of
from wutong.centres.identity.accounts.cards import HAN, Face
from wutong.centres.identity.accounts.models import Badge, ClassWindow
from wutong.centres.identity.accounts.pages.cards import download, people_of
from wutong.centres.identity.accounts.rules import leads_class
from wutong.centres.identity.accounts.sessions import address_of
from wutong.centres.identity.accounts.step_up import confirmed
from wutong.kernel.errors import NotFound
from wutong.kernel.people.models import Membership, Organisation

ROUNDS = ("first", "second")


@confirmed
@never_cache
@require_http_methods(["GET", "POST"])
def of_class(request: HttpRequest, pk: int) -> HttpResponse:
    where = Organisation.objects.select_related("parent").seen(request.actor, pk=pk, kind="class")
    if not leads_class(request.actor, where):
        raise NotFound
    pupils = people_of(request.actor, where)
    if request.method == "POST":
        return _done(request, where, pupils)
    held = Badge.objects.visible_to(request.actor).filter(organisation=where, voided=None)
    by_person = {badge.person_id: badge for badge in held}
    lines = [{"row": row, "badge": by_person.get(row.person_id)} for row in pupils]
    context = {"place": where, "lines": lines, "window": badges.open_window(where, timezone.now())}
    return render(request, "accounts/badges_of.html", context)


def _done(request: HttpRequest, where: Organisation, pupils: list[Membership]) -> HttpResponse:
    given = request.POST
    if "print" in given:
        return _printed(
            request, where, [row for row in pupils if str(row.person_id) in given.getlist("person")]
        )
    if "open" in given:
        badges.open_class(request.actor, where, address=address_of(request))
    elif "close" in given:
        badges.close_class(request.actor, where)
    elif given.get("void", "").isdecimal():
        badges.void_badge(
            request.actor, Badge.objects.seen(request.actor, pk=given["void"], organisation=where)
        )
    return redirect("accounts:badges_of", where.pk)


def _printed(request: HttpRequest, where: Organisation, chosen: list[Membership]) -> HttpResponse:
    if not chosen:
        messages.warning(request, _("请先勾选要打印徽章的学生。"))
        return redirect("accounts:badges_of", where.pk)
    printed = [badges.issue_badge(request.actor, row) for row in chosen]
    address = request.build_absolute_uri(reverse("accounts:badge"))
    title = _("%(place)s徽章") % {"place": where.full_name}
    return download(
        [_face(each, address) for each in printed], where, title=title, notes=[_note(e) for e in printed]
    )


def _face(each: badges.Printed, address: str) -> Face:
    lines = (
        (each.name, 15, HAN, 12),
        (each.place, 7, HAN, 18),
        (_("上课时扫码，再选两张图片"), 6.5, HAN, 26),
    )
    return Face(f"{address}?badge={each.code}", lines)


def _note(each: badges.Printed) -> str:
    first, second = (str(badges.PICTURES[name][1]) for name in each.pictures)
    return f"{each.name}　　{first} → {second}"


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """What a child sees after showing the badge: two rows of pictures. Whatever is wrong is said in one way."""
    given = request.POST if request.method == "POST" else request.GET
    code = given.get("badge", "")
    allowed = ratelimit.consume(request, action="badge")
    found = badges.usable(code, address_of(request), timezone.now()) if allowed and len(code) == 32 else None
    if found is None:
        return render(request, "accounts/badge_closed.html", status=422)
    badge, window = found
    if request.method == "POST" and badges.right_pictures(badge, [given.get(each, "") for each in ROUNDS]):
        return _signed_in(request, badge, window)
    status = 422 if request.method == "POST" else 200
    return render(
        request, "accounts/badge.html", {"code": code, "badge": badge, "rounds": _rounds()}, status=status
    )


def _rounds() -> list[dict[str, Any]]:
    titles = (_("第一张图片"), _("第二张图片"))
    return [
        {"name": name, "title": title, "pictures": badges.PICTURES}
        for name, title in zip(ROUNDS, titles, strict=True)
    ]


def _signed_in(request: HttpRequest, badge: Badge, window: ClassWindow) -> HttpResponse:
    account = account_of(badge.person)
    if account is None:
        raise NotFound
    record_authentication(request, account, method="badge")
    answer = perform_login(request, account, redirect_url="/")
    request.session.set_expiry(window.until)
    return answer
