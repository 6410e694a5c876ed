"""Pages of families: whose child stands where, and the registration, one thing at a time."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import Invalid, NotFound, WutongError
from wutong.kernel.people.models import Person
from wutong.kernel.people.rules import is_guardian
from wutong.platforms.governance.enrolment import papers, queries, sheet, standing
from wutong.platforms.governance.enrolment.actions import adding, registration
from wutong.platforms.governance.enrolment.facts import told
from wutong.platforms.governance.enrolment.forms import FORMS, ChildForm
from wutong.platforms.governance.enrolment.models import Application, Document, Wish
from wutong.platforms.governance.enrolment.offers import offers
from wutong.platforms.governance.enrolment.rules import is_the_guardian
from wutong.platforms.governance.enrolment.ways import names_of


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Who keeps enrolment begins at the board, everybody else with the children."""
    if request.actor.holds("officer", "clerk", "head", "auditor") and "family" not in request.GET:
        return redirect("enrolment:board")
    at = timezone.now()
    children = [_child(request, child, at) for child in queries.wards(request.actor, timezone.localdate(at))]
    shown = [child for child in children if child["application"] or child["windows"]]
    return render(request, "enrolment/family.html", {"children": shown, "windows": queries.published(at)})


def _child(request: HttpRequest, child: Person, at: Any) -> dict[str, Any]:
    found = queries.application_for(request.actor, child)
    return {
        "person": child,
        "application": found,
        "here": standing.where(found, at) if found else None,
        "mine": bool(found and is_the_guardian(request.actor, found)),
        "windows": [] if found else queries.windows_for(child, at),
    }


@require_POST
def begin(request: HttpRequest, child: int, window: int) -> HttpResponse:
    at = timezone.now()
    person = next(
        (one for one in queries.wards(request.actor, timezone.localdate(at)) if one.pk == child), None
    )
    found = next((one for one in queries.published(at) if one.pk == window), None)
    if found is None or person is None:
        raise NotFound
    made = registration.register(request.actor, person, window=found)
    return redirect("enrolment:part", made.number, "child")


@require_http_methods(["GET", "POST"])
def add_child(request: HttpRequest) -> HttpResponse:
    form = ChildForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        me = Person.objects.seen(request.actor, pk=request.actor.person_id)
        try:
            adding.add_child(request.actor, me, **form.cleaned_data)
            return redirect("enrolment:home")
        except WutongError as error:
            refused(form, error)
    return render(request, "enrolment/add_child.html", {"form": form}, status=422 if form.errors else 200)


def application_of(request: HttpRequest, number: str) -> Application:
    """The one row, or the same 404 for everybody who may not know of it."""
    found = queries.numbered(request.actor, number)
    if found is None:
        raise NotFound
    return found


def own_application(request: HttpRequest, number: str) -> Application:
    found = application_of(request, number)
    if not is_the_guardian(request.actor, found):
        raise NotFound
    return found


@require_GET
def application(request: HttpRequest, number: str) -> HttpResponse:
    """Where the child stands and why; while the form is a draft, on to the page that is missing."""
    found = application_of(request, number)
    at = timezone.now()
    if not is_guardian(request.actor, found.child):
        return redirect("enrolment:desk", number)
    mine = is_the_guardian(request.actor, found)
    if found.state == "draft" and mine:
        return redirect("enrolment:part", number, sheet.first_gap(found.sheet))
    context = {
        "application": found,
        "here": standing.where(found, at),
        "steps": standing.steps(found),
        "documents": documents_of(found),
        "wishes": wishes_of(found),
        "order": list(names_of(found.sheet.get("wishes", [])).values()),
        "offers": offers(found, at) if mine else [],
        "mine": mine,
        "facts": told(found.sheet),
    }
    return render(request, "enrolment/application.html", context)


def documents_of(found: Application) -> list[dict[str, Any]]:
    rows = Document.objects.unscoped("of an application in sight").filter(application=found).order_by("pk")
    tones = {
        "agrees": "ok",
        "seen": "ok",
        "waiting": "info",
        "differs": "warn",
        "missing": "warn",
        "refused": "late",
    }
    return [
        {
            "row": row,
            "title": sheet.DOCUMENTS[row.kind],
            "tone": tones[row.result],
            "open": row.result != "agrees" and found.state in papers.WANTED,
        }
        for row in rows
    ]


def wishes_of(found: Application) -> list[Wish]:
    rows = Wish.objects.unscoped("of an application in sight").filter(application=found)
    return list(rows.select_related("plan__school").order_by("kind"))


@require_http_methods(["GET", "POST"])
def part(request: HttpRequest, number: str, name: str) -> HttpResponse:
    """One page of the sheet. Saved as soon as it is sent, so that a family may go on tomorrow."""
    found = own_application(request, number)
    if name not in sheet.parts_for(found.sheet):
        raise NotFound
    if found.state != "draft":
        return redirect("enrolment:application", number)
    if name not in FORMS:
        return _shown(request, found, name)
    form = FORMS[name](found.sheet, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _saved(request, found, form):
        return redirect("enrolment:part", number, following(found, name))
    return render(
        request, "enrolment/part.html", _page(found, name, form), status=422 if form.errors else 200
    )


def _saved(request: HttpRequest, found: Application, form: Any) -> bool:
    saved = registration.fill(request.actor, found, parts=form.parts())
    found.sheet = saved.sheet
    return True


def following(found: Application, name: str) -> str:
    parts = sheet.parts_for(found.sheet)
    return parts[parts.index(name) + 1]


def _page(found: Application, name: str, form: Any) -> dict[str, Any]:
    parts = sheet.parts_for(found.sheet)
    place = parts.index(name)
    return {
        "application": found,
        "name": name,
        "title": sheet.PARTS[name],
        "form": form,
        "place": place + 1,
        "total": len(parts),
        "before": parts[place - 1] if place else "",
        "after": sheet.PARTS[parts[place + 1]] if place + 1 < len(parts) else "",
    }


# The pages where there is nothing to fill in.
SHOWN = {"child": "enrolment/part_child.html", "review": "enrolment/part_review.html"}


def _shown(request: HttpRequest, found: Application, name: str) -> HttpResponse:
    """Who the child is, and the last look before the lock."""
    if request.method == "POST" and name == "review":
        try:
            registration.confirm(request.actor, found)
        except Invalid as error:
            messages.error(request, str(error))
            return redirect("enrolment:part", number=found.number, name=sheet.first_gap(found.sheet))
        messages.success(request, _("登记表已确认。"))
        return redirect("enrolment:application", found.number)
    if request.method == "POST":
        return redirect("enrolment:part", found.number, following(found, name))
    context = {**_page(found, name, None), "facts": told(found.sheet), "gaps": sheet.gaps(found.sheet)}
    return render(request, SHOWN[name], context)


def refused(form: Any, error: WutongError) -> None:
    """An error of a verb as errors of the form: each at its field, the rest on top."""
    placed = {name: sentence for name, sentence in error.fields.items() if name in form.fields}
    for name, sentence in placed.items():
        form.add_error(name, str(sentence))
    if not placed:
        form.add_error(None, str(error))
