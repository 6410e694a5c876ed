"""My learning: read it, hide or correct what it says, take it away. Others' with a purpose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.people.models import Organisation, Person
from wutong.platforms.learning.records.mine import looking
from wutong.platforms.learning.records.mine.actions import (
    ask_correction,
    entry_of,
    hide,
    owns_record,
    take_away,
    unhide,
)
from wutong.platforms.learning.records.mine.forms import CorrectionForm, FilterForm, PurposeForm
from wutong.platforms.learning.records.mine.looks import looks
from wutong.platforms.learning.records.mine.models import Hiding
from wutong.platforms.learning.records.mine.record import Record
from wutong.platforms.learning.records.persons import whole_record

LOOKS = 8


@never_cache
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    return record(request, request.actor.person_id or 0)


@never_cache
@require_GET
def record(request: HttpRequest, pk: int) -> HttpResponse:
    person = looking.readable(request.actor, pk)
    if not looking.is_open(request, person):
        return render(request, "records/look.html", {"person": person, "form": _purpose(request, person)})
    own, found = Record(person), request.GET
    years = own.years(timezone.now())
    form = FilterForm(own, [year for year, _number in years], found)
    filters = form.filters()
    part = own.part(filters, found.get("older", ""))
    context = {
        **_whose(request, person),
        "years": list(reversed(years)),
        "most": max((number for _year, number in years), default=0),
        "form": form,
        "part": part,
        "older_url": _address(request, older=part.older) if part.older else "",
        "newest_url": _address(request),
        "newest": "older" not in found,
        "hidden": len(own.hidden),
    }
    if context["owns"]:
        context["looks"] = looks(own, most=LOOKS)
    return render(request, "records/mine.html", context)


def _whose(request: HttpRequest, person: Person) -> dict[str, Any]:
    return {
        "person": person,
        "me": person.pk == request.actor.person_id,
        "owns": owns_record(request.actor, person),
    }


def _address(request: HttpRequest, **more: str) -> str:
    """This page with the same filters, elsewhere in time."""
    given = {name: value for name, value in request.GET.items() if value and name != "older"}
    return f"?{urlencode(given | more)}"


def _purpose(request: HttpRequest, person: Person) -> PurposeForm:
    words = _("了解孩子的学习情况") if owns_record(request.actor, person) else ""
    return PurposeForm(request.POST if request.method == "POST" else None, initial={"purpose": words})


@require_POST
def look(request: HttpRequest, pk: int) -> HttpResponse:
    person = looking.readable(request.actor, pk)
    form = _purpose(request, person)
    if not form.is_valid():
        return render(request, "records/look.html", {"person": person, "form": form}, status=422)
    looking.open_up(request, person, purpose=form.cleaned_data["purpose"])
    return redirect("records:person", person.pk)


@never_cache
@require_GET
def learners(request: HttpRequest) -> HttpResponse:
    """One's children, and the pupils of one's classes."""
    today = timezone.localdate()
    context = {
        "wards": looking.wards(request.actor, today),
        "pupils": list(looking.pupils(request.actor, today)),
    }
    return render(request, "records/learners.html", context)


@never_cache
@require_GET
def hidden(request: HttpRequest, pk: int) -> HttpResponse:
    person = _opened(request, pk)
    context = {**_whose(request, person), "entries": Record(person).concealed()}
    return render(request, "records/hidden.html", context)


def _opened(request: HttpRequest, pk: int) -> Person:
    person = looking.owned(request.actor, pk)
    if not looking.is_open(request, person):
        raise NotFound
    return person


@require_POST
def hide_one(request: HttpRequest, pk: int, statement: UUID) -> HttpResponse:
    hide(request.actor, _opened(request, pk), statement=statement)
    messages.success(request, _("这条记录已隐藏，只有您自己能在“隐藏的记录”里看到。"))
    return redirect("records:mine") if request.actor.person_id == pk else redirect("records:person", pk)


@require_POST
def show_one(request: HttpRequest, pk: int, statement: UUID) -> HttpResponse:
    person = _opened(request, pk)
    found = Hiding.objects.select_related("person").seen(
        request.actor, person=person, statement=statement
    )  # fmt: skip
    unhide(request.actor, found)
    messages.success(request, _("这条记录已重新显示。"))
    return redirect("records:hidden", pk)


@never_cache
@require_http_methods(["GET", "POST"])
def entry(request: HttpRequest, pk: int, statement: UUID) -> HttpResponse:
    """One entry, and what can be done about it. The form asks for correction."""
    person = _opened(request, pk)
    found = entry_of(person, statement)
    form = CorrectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            made = ask_correction(request.actor, person, statement=statement, reason=reason)
            return redirect("process:case", made.case.number)
        except WutongError as error:
            form.add_error(None, str(error.message))
    keeper = Organisation.objects.unscoped("whose store it is").get(pk=found.tenant)
    context = {**_whose(request, person), "entry": found, "keeper": keeper, "form": form}
    return render(request, "records/entry.html", context, status=422 if form.errors else 200)


@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole record, hidden entries too, as another store accepts it."""
    person = _opened(request, pk)
    take_away(request.actor, person)
    answer = StreamingHttpResponse(_as_json(person), content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="learning-record.json"'
    answer["Cache-Control"] = "no-store"
    return answer


def _as_json(person: Person) -> Iterator[bytes]:
    yield b"["
    for place, statement in enumerate(whole_record(person)):
        yield (b",\n" if place else b"\n") + msgspec.json.encode(statement)
    yield b"\n]\n"
