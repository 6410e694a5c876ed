"""Activating an account: a card or a code, then a name and a password. The same answers for whoever asks."""

import secrets
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from allauth.core import ratelimit
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from wutong.centres.identity.accounts import activation, outbox
from wutong.centres.identity.accounts.forms import (
    AccountForm,
    CardForm,
    CitizenForm,
    GuardianForm,
    PasswordForm,
    SentCodeForm,
    StaffForm,
)
from wutong.centres.identity.accounts.models import Account, OneTimeCode
from wutong.kernel.errors import Invalid, NotFound
from wutong.kernel.search.readings import letters

PROVED, ASKED = "activation_proved", "activation_asked"
WAIT = gettext_lazy("尝试次数过多，请稍后再试。")
CLAIMS: dict[str, tuple[type[Form], Any]] = {
    "guardian": (GuardianForm, gettext_lazy("家长激活账号")),
    "staff": (StaffForm, gettext_lazy("教职工激活账号")),
    "citizen": (CitizenForm, gettext_lazy("市民注册")),
}


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """By the code of a card, typed or brought along by the QR; and the ways for those without a card."""
    if request.method == "GET":
        return _card_page(request, CardForm({"code": request.GET["code"]} if "code" in request.GET else None))
    form = CardForm(request.POST)
    if not ratelimit.consume(request, action="activate"):
        form.add_error(None, WAIT)
    if form.is_valid():
        row = activation.card_behind(form.cleaned_data["code"], timezone.now())
        if row is not None:
            return _proved(request, row)
        form.add_error("code", activation.REFUSED)
    return _card_page(request, form, status=422)


def _card_page(request: HttpRequest, form: Form, status: int = 200) -> HttpResponse:
    return render(request, "accounts/activate.html", {"form": form, "ways": _ways()}, status=status)


def _ways() -> list[tuple[str, Any]]:
    return [(key, title) for key, (_form, title) in CLAIMS.items()]


def _proved(request: HttpRequest, row: OneTimeCode) -> HttpResponse:
    request.session[PROVED] = row.pk
    return redirect("accounts:finish")


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def claim(request: HttpRequest, purpose: str) -> HttpResponse:
    """Says who one is. Whatever is said, the next page asks for the code that was sent if it is true."""
    if purpose not in CLAIMS:
        raise NotFound
    form_class, title = CLAIMS[purpose]
    form = form_class(request.POST or None)
    if form.is_bound and form.is_valid() and _may_send(request, form):
        row = activation.request_code(purpose, form.cleaned_data, timezone.now())
        request.session[ASKED] = row
        return redirect("accounts:code")
    context = {"form": form, "title": title, "reachable": outbox.way(outbox.SMS)}
    return render(request, "accounts/claim.html", context, status=422 if form.errors else 200)


def _may_send(request: HttpRequest, form: Form) -> bool:
    allowed = ratelimit.consume(request, action="send_code", key=form.cleaned_data["contact"])
    if not allowed:
        form.add_error(None, WAIT)
    return allowed


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code that was sent."""
    if ASKED not in request.session:
        return redirect("accounts:activate")
    form = SentCodeForm(request.POST or None)
    if form.is_bound and form.is_valid():
        row = activation.code_behind(request.session[ASKED], form.cleaned_data["code"], timezone.now())
        if row is not None:
            del request.session[ASKED]
            return _proved(request, row)
        form.add_error("code", activation.REFUSED)
    return render(request, "accounts/code.html", {"form": form}, status=422 if form.errors else 200)


@login_not_required
@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def finish(request: HttpRequest) -> HttpResponse:
    """A name and a password for the account; then one is signed in."""
    rows = activation.open_codes(timezone.now()).select_related("person", "organisation")
    row = rows.filter(pk=request.session.get(PROVED)).first()
    if row is None:
        return redirect("accounts:activate")
    account = activation.account_of(row.person)
    form = _form_for(request, row, account)
    if form.is_bound and form.is_valid():
        made = _activated(row, form)
        if made is not None:
            return _signed_in(request, made)
    name = row.person.name if row.person else activation.claim_of(row).get("name", "")
    context = {"form": form, "account": account, "name": name, "place": row.organisation}
    return render(request, "accounts/finish.html", context, status=422 if form.errors else 200)


def _form_for(request: HttpRequest, row: OneTimeCode, account: Account | None) -> Form:
    if account is not None:
        return PasswordForm(request.POST or None)
    return AccountForm(request.POST or None, initial={"username": _suggested(row)})


def _suggested(row: OneTimeCode) -> str:
    """The telephone or address that was proved; for a card the name in letters and four digits."""
    contact = activation.claim_of(row).get("contact")
    name = row.person.name if row.person else ""
    return contact or f"{letters(name)[:20] or 'wutong'}{secrets.randbelow(10**4):04d}"


def _activated(row: OneTimeCode, form: Form) -> Account | None:
    password = make_password(form.cleaned_data["password"])
    username = form.cleaned_data.get("username", "")
    try:
        return activation.activate(activation.who_activates(row), row, username=username, password=password)
    except Invalid as error:
        form.add_error(None, dict(error.fields) or str(error))
    except IntegrityError:  # taken between the look and the writing
        form.add_error("username", activation.TAKEN)
    return None


def _signed_in(request: HttpRequest, account: Account) -> HttpResponse:
    """Whose account asks for a second factor is asked for it here too."""
    del request.session[PROVED]
    record_authentication(request, account, method="password")
    return perform_login(request, account, redirect_url="/")
