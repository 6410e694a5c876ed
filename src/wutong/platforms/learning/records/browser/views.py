"""The statement browser."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.errors import NotAllowed, NotFound
from wutong.kernel.people.models import Organisation
from wutong.kernel.people.rules import keeps_records
from wutong.platforms.learning.records.browser import searching
from wutong.platforms.learning.records.browser.forms import SearchForm, TrialForm
from wutong.platforms.learning.records.models import Key
from wutong.platforms.learning.records.rules import WRITES
from wutong.platforms.learning.records.store import reading, rendering
from wutong.platforms.learning.records.trial import send_test_statement
from wutong.platforms.learning.records.views import endpoints


@require_GET
def stores(request: HttpRequest) -> HttpResponse:
    """Stores into which software was let, of those the reader keeps. Who keeps one only is led there."""
    if not request.actor.holds("clerk", "officer"):
        raise NotAllowed
    counted = Key.objects.visible_to(request.actor).values("organisation").annotate(keys=Count("pk"))
    keys = {row["organisation"]: row["keys"] for row in counted.order_by("organisation")}
    places = Organisation.objects.visible_to(request.actor).filter(pk__in=keys).select_related("parent")
    rows = [
        (place, keys[place.pk]) for place in places.order_by("path") if keeps_records(request.actor, place)
    ]
    if len(rows) == 1:
        return redirect("records:store", rows[0][0].pk)
    return render(request, "records/stores.html", {"rows": rows})


def _store(request: HttpRequest, pk: int) -> Organisation:
    place = Organisation.objects.seen(request.actor, pk=pk)
    if not keeps_records(request.actor, place):
        raise NotFound
    return place


@never_cache
@require_http_methods(["GET", "POST"])
def store(request: HttpRequest, pk: int) -> HttpResponse:
    """The form searches; what it found stands at the same address, and refreshes itself."""
    place = _store(request, pk)
    search = searching.remembered(request, place)
    if request.method == "GET":
        form = SearchForm(initial=_shown(search))
        template = "records/statements.html" if request.htmx else "records/store.html"
        return render(request, template, _page(request, place, search) | {"form": form})
    form = SearchForm(request.POST)
    if not form.is_valid():
        return render(request, "records/store.html", _page(request, place, None) | {"form": form}, status=422)
    given = {name: _plain(value) for name, value in form.cleaned_data.items() if value and name != "purpose"}
    searching.search_store(request.actor, place, purpose=form.cleaned_data["purpose"], search=given)
    searching.remember(request, place, given)
    return redirect("records:store", place.pk)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _shown(search: searching.Search | None) -> dict[str, Any]:
    """The last search as the form writes it."""
    agent = (search or {}).get("agent")
    return {**(search or {}), "agent": msgspec.json.encode(agent).decode() if agent else ""}


def _page(request: HttpRequest, place: Organisation, search: searching.Search | None) -> dict[str, Any]:
    after = request.GET.get("after", "")
    cursor = int(after) if after.isascii() and after.isdigit() and len(after) < 18 else None
    found = searching.find(place.pk, search, after=cursor) if search is not None else None
    return {
        "place": place,
        "found": found,
        "live": cursor is None,
        "endpoints": endpoints(request),
        "trial": TrialForm(_writing(request, place)),
    }


def _writing(request: HttpRequest, place: Organisation) -> QuerySet:
    """Live keys of this store that may write."""
    rows = Key.objects.visible_to(request.actor).filter(organisation=place, revoked=None)
    able = [key.pk for key in rows if WRITES & set(key.scopes)]
    return rows.filter(pk__in=able).order_by("name", "pk")


@never_cache
@require_GET
def statement(request: HttpRequest, pk: int, id: UUID) -> HttpResponse:
    """As the store gives it back. Only within a search that said why."""
    place = _store(request, pk)
    row = reading.one(place.pk, id.bytes) if searching.remembered(request, place) is not None else None
    if row is None:
        raise NotFound
    (found,) = rendering.statements([row])
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    return render(request, "records/statement.html", {"place": place, "id": id, "text": text})


@never_cache
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Writes one statement with a key of this store, reads it back and shows the answer."""
    place = _store(request, pk)
    form = TrialForm(_writing(request, place), request.POST)
    if not form.is_valid():
        raise NotFound
    answer = send_test_statement(request.actor, form.cleaned_data["key"])
    search = searching.remembered(request, place)
    context = _page(request, place, search) | {"form": SearchForm(initial=_shown(search)), "answer": answer}
    return render(request, "records/store.html", context)
