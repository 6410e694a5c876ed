"""What the city, a district and a school see of enrolment: numbers that are those of this minute."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from wutong.kernel.errors import NotFound
from wutong.kernel.people.models import Organisation
from wutong.platforms.governance.enrolment import queries
from wutong.platforms.governance.enrolment.machine import STATES
from wutong.platforms.governance.enrolment.models import Window
from wutong.platforms.governance.enrolment.phases import moment, upcoming
from wutong.platforms.governance.enrolment.rules import runs_enrolment
from wutong.platforms.governance.enrolment.ruleset import DATES


@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """The windows in the actor's line of the tree. A school goes straight to its own list."""
    found = list(queries.windows(request.actor))
    if not request.actor.holds("officer", "auditor"):
        return redirect("enrolment:school") if request.actor.holds("clerk", "head") else _none()
    lines = [_line(window, counts) for window, counts in zip(found, _counts(found), strict=True)]
    template = "enrolment/board_numbers.html" if request.htmx else "enrolment/board.html"
    return render(
        request, template, {"lines": lines, "figures": figures(lines), "may_prepare": _district(request)}
    )


def _none() -> HttpResponse:
    raise NotFound


def _counts(found: list[Window]) -> list[dict[str, int]]:
    counted = queries.tally(found)
    return [counted[window.pk] for window in found]


def _line(window: Window, counts: dict[str, int]) -> dict[str, Any]:
    sides = queries.seats_by_side(window)
    tally = queries.Tally(counts)
    return {
        "window": window,
        "tally": tally,
        "seats": sum(s for s, _t in sides.values()),
        "next": next_date(window),
    }


def next_date(window: Window) -> str:
    found = upcoming(window.rules.calendar, timezone.now()) if window.state == Window.State.OPEN else None
    return f"{DATES[found[0]]} {moment(found[1])}" if found else str(window.get_state_display())


def figures(lines: list[dict[str, Any]]) -> dict[str, int]:
    tallies = [line["tally"] for line in lines]
    return {
        "registered": sum(each.registered for each in tallies),
        "seats": sum(line["seats"] for line in lines),
        "seated": sum(each.seated for each in tallies),
        "open": sum(each.open for each in tallies),
    }


def _district(request: HttpRequest) -> Organisation | None:
    keys = [
        role.organisation_id
        for role in request.actor.roles
        if role.name == "officer" and role.kind == "district"
    ]
    rows = Organisation.objects.visible_to(request.actor).filter(pk__in=keys)
    return rows.first()


@require_GET
def window(request: HttpRequest, pk: int) -> HttpResponse:
    """One window: how many stand where, how tight each school is, and what is to be done."""
    found = seen_window(request, pk)
    counts = queries.tally([found])[found.pk]
    tally = queries.Tally(counts)
    context = {
        "window": found,
        "tally": tally,
        "stages": _stages(found, counts),
        "schools": queries.school_lines(found),
        "next": next_date(found),
        "runs": runs_enrolment(request.actor, found),
        "unregistered": queries.unregistered(found, timezone.localdate()).count(),
        "draws": found.draws.unscoped("of a window in sight").order_by("-pk")[:10],
        "placements": found.runs.unscoped("of a window in sight").order_by("-pk")[:10],
    }
    return render(
        request, "enrolment/window_numbers.html" if request.htmx else "enrolment/window.html", context
    )


def _stages(found: Window, counts: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"name": name, "title": state.title, "tone": state.tone, "number": counts[name]}
        for name, state in STATES.items()
        if counts.get(name)
    ]


def seen_window(request: HttpRequest, pk: int) -> Window:
    """For offices: another district's is not there."""
    found = queries.windows(request.actor).filter(pk=pk).first()
    if found is None or not request.actor.holds("officer", "auditor", over=found.district.path):
        raise NotFound
    return found


def own_window(request: HttpRequest, pk: int) -> Window:
    """For who runs it."""
    found = seen_window(request, pk)
    if not runs_enrolment(request.actor, found):
        raise NotFound
    return found
