"""Applications as those who run them see them: list, registration, detail, secrets, settings."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.centres.identity.accounts.api import confirmed
from wutong.centres.identity.applications import actions, review
from wutong.centres.identity.applications.facts import lines
from wutong.centres.identity.applications.forms import ApplicationForm
from wutong.centres.identity.applications.models import KEEPERS, Application, ClientSecret, SignInDay
from wutong.centres.identity.applications.process import TONES, risk_text
from wutong.centres.identity.applications.recipes import recipes
from wutong.centres.identity.applications.rules import decides, keeps_application, risk_of
from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor

PAGE, DAYS = 25, 30
STATES = {"draft": "off", "in_review": "info", "active": "ok", "suspended": "late"}


def _rows(actor: Actor) -> QuerySet:
    return Application.objects.visible_to(actor).select_related("organisation", "responsible")


def _one(request: HttpRequest, client_id: str, *, keep: bool = True) -> Application:
    """Who sees an application without keeping it may look at it only."""
    found = _rows(request.actor).seen(request.actor, client_id=client_id)
    if keep and not keeps_application(request.actor, found):
        raise NotFound
    return found


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    since = timezone.localdate() - timedelta(days=DAYS)
    lately = Coalesce(Sum("days__count", filter=Q(days__day__gt=since)), 0)
    rows = _rows(request.actor).annotate(lately=lately).order_by("organisation__path", "name", "pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {
        "rows": [{"one": row, "state_tone": STATES[row.state], "risk_tone": TONES[row.risk]} for row in page],
        "page": {
            "first": page.start_index(), "last": page.end_index(), "total": page.paginator.count,
            "previous_url": f"?page={page.previous_page_number()}" if page.has_previous() else "",
            "next_url": f"?page={page.next_page_number()}" if page.has_next() else "",
        },
        "may_register": places(request.actor).exists(),
    }  # fmt: skip
    return render(request, "applications/index.html", context)


def places(actor: Actor) -> QuerySet:
    """Where the actor may register applications: at the own organisations, and what an office belongs to."""
    keys = [role.organisation_id for role in actor.roles if role.name in KEEPERS]
    offices = Q(children__in=keys, children__kind="bureau")
    rows = Organisation.objects.unscoped("one's own organisations")
    return rows.filter(Q(pk__in=keys) | offices).exclude(kind="class").distinct().order_by("path")


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    if not places(request.actor).exists():
        raise NotFound
    return _form(request, None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, client_id: str) -> HttpResponse:
    return _form(request, _one(request, client_id))


def _form(request: HttpRequest, application: Application | None) -> HttpResponse:
    where = places(request.actor)
    sent = request.POST if request.method == "POST" else None
    form = ApplicationForm(where, sent, application=application)
    if request.method == "POST" and form.is_valid():
        try:
            return _kept(request, form, application, where)
        except WutongError as error:
            _tell(form, error)
    state = application.state if application else Application.State.DRAFT
    context = {"form": form, "application": application, "draft": state == Application.State.DRAFT}
    return render(request, "applications/form.html", context, status=422 if form.errors else 200)


def _tell(form: ApplicationForm, error: WutongError) -> None:
    """At the field where there is one, so that it can be mended there."""
    at_fields = {name: text for name, text in error.fields.items() if name in form.fields}
    for name, text in at_fields.items():
        form.add_error(name, str(text))
    if not at_fields:
        form.add_error(None, str(error.message))


def _kept(
    request: HttpRequest, form: ApplicationForm, application: Application | None, where: QuerySet
) -> HttpResponse:
    """A draft is kept, and asked for unless it was only to be kept; of one in use the change is asked for."""
    facts, only_keep = form.facts(), "keep" in request.POST
    if application is None:
        place = form.cleaned_data.get("organisation") or where.get()
        application = review.draft(request.actor, place, **facts)
    elif application.state == Application.State.DRAFT:
        application = review.revise(request.actor, application, **facts)
    if only_keep and application.state == Application.State.DRAFT:
        messages.success(request, _("草稿已保存。"))
        return redirect("applications:detail", application.client_id)
    made = review.ask(request.actor, application, proposed=facts, reason=form.cleaned_data["reason"])
    return redirect("process:case", number=made.case.number)


@require_GET
def detail(request: HttpRequest, client_id: str) -> HttpResponse:
    one = _one(request, client_id, keep=False)
    context = {
        "application": one,
        "lines": lines(one),
        "state_tone": STATES[one.state],
        "risk": risk_of(one),
        "risk_tone": TONES[one.risk],
        "risk_text": risk_text(one),
        "keeps": keeps_application(request.actor, one),
        "decides": decides(request.actor, one),
        "cases": _cases(one),
        **_statistics(one),
    }
    return render(request, "applications/detail.html", context)


def _cases(one: Application) -> list[dict[str, Any]]:
    rows = one.registrations.unscoped("the cases of a visible application").select_related("case")
    return [
        {
            "label": formats.date_format(timezone.localtime(row.case.opened), "SHORT_DATE_FORMAT"),
            "value": row.case.number,
            "href": reverse("process:case", args=[row.case.number]),
        }
        for row in rows.order_by("-pk")[:10]
    ]


def _statistics(one: Application) -> dict[str, Any]:
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    rows = SignInDay.objects.unscoped("of a visible application").filter(application=one, day__gte=days[0])
    sums = {row["day"]: row for row in rows.values("day").annotate(count=Sum("count"), people=Sum("people"))}
    counts = [sums[day]["count"] if day in sums else 0 for day in days]
    return {
        "labels": [f"{day.month}/{day.day}" for day in days],
        "counts": counts,
        "total": sum(counts),
        "today_people": sums[today]["people"] if today in sums else 0,
    }


@confirmed
@never_cache
@require_http_methods(["GET", "POST"])
def secrets(request: HttpRequest, client_id: str) -> HttpResponse:
    """A new secret is on the page that answers, and on no other."""
    one, secret = _one(request, client_id), ""
    if "revoke" in request.POST:
        rows = ClientSecret.objects.visible_to(request.actor).select_related("application__organisation")
        found = rows.filter(application=one, pk=request.POST["revoke"]).first() if _number(request) else None
        if found is None:
            raise NotFound
        actions.revoke_secret(request.actor, found)
        messages.success(request, _("密钥已作废。"))
        return redirect("applications:secrets", client_id)
    if request.method == "POST":
        secret = actions.issue_secret(request.actor, one)
    context = {
        "application": one,
        "secret": secret,
        "rows": actions.live_secrets(one, timezone.now()),
        "needed": actions.needs_secret(one),
        "overlap": actions.OVERLAP.days,
    }
    return render(request, "applications/secrets.html", context)


def _number(request: HttpRequest) -> bool:
    return request.POST["revoke"].isdecimal()


@require_POST
def act(request: HttpRequest, client_id: str) -> HttpResponse:
    """Suspending, resuming, and whether people are asked: each its own action with its own right."""
    one = _one(request, client_id, keep=False)
    match request.POST.get("act"):
        case "suspend":
            review.suspend(request.actor, one)
            messages.success(request, _("应用已停用，用户不能再从这里登录。"))
        case "resume":
            review.resume(request.actor, one)
            messages.success(request, _("应用已恢复。"))
        case "trust" | "ask":
            review.trust(request.actor, one, trusted=request.POST["act"] == "trust")
        case _:
            raise NotFound
    return redirect("applications:detail", client_id)


def _trials(one: Application) -> list[tuple[str, str]]:
    """The protocols' own pages, by address: that is a promise to the outside, so it may be known here."""
    if one.state != "active":
        return []
    cas, others = "cas" in one.grants, set(one.grants) - {"cas", "cas_proxy"}
    return [
        *([(f"/cas/try/{one.client_id}/", _("试用 CAS 登录"))] if cas else []),
        *([(f"/oauth/try/{one.client_id}/", _("试用 OpenID 和 OAuth"))] if others else []),
    ]


@require_GET
def settings(request: HttpRequest, client_id: str) -> HttpResponse:
    one = _one(request, client_id)
    centre = f"{request.scheme}://{request.get_host()}"
    context = {
        "application": one,
        "centre": centre,
        "recipes": recipes(one, centre),
        "trials": _trials(one),
        "needs_secret": actions.needs_secret(one),
    }
    return render(request, "applications/settings.html", context)
