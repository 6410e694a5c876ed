"""What everybody may see without signing in: rules, plans, catchments, lists, seeds, tickets, and how to check them."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from wutong.kernel.errors import NotFound
from wutong.kernel.people.models import Organisation
from wutong.kernel.people.numbers import mask_name
from wutong.platforms.governance.admission.api import VERIFIER_FILES, verifier_file
from wutong.platforms.governance.enrolment import lists
from wutong.platforms.governance.enrolment.models import CatchmentRange, Draw, DrawEntry, Plan, Window
from wutong.platforms.governance.enrolment.ruleset import CLASS_TITLES, COMPARATOR_TITLES, PoolRule, Rules
from wutong.platforms.governance.enrolment.views.preparing import dates

WHY = "published rules and lists are for everybody"
MINUTE = 60


def public_window(pk: int) -> Window:
    rows = Window.objects.unscoped(WHY).exclude(state=Window.State.DRAFT).select_related("district")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


@login_not_required
@require_GET
def window(request: HttpRequest, pk: int) -> HttpResponse:
    found = public_window(pk)
    rules = found.rules
    context = {
        "window": found,
        "dates": dates(found),
        "rules": rules,
        "classes": [CLASS_TITLES[name] for name in rules.classes],
        "comparators": [COMPARATOR_TITLES[name] for name in rules.comparators],
        "plans": Plan.objects.unscoped(WHY)
        .filter(window=found)
        .select_related("school")
        .order_by("side", "school__path"),
        "catchments": CatchmentRange.objects.unscoped(WHY)
        .filter(window=found)
        .select_related("school")
        .order_by("school__path", "road", "first"),
        "ways": ways(rules),
        "draws": Draw.objects.unscoped(WHY).filter(window=found, rehearsal=False).order_by("pk"),
    }
    return render(request, "enrolment/public.html", context)


def ways(rules: Rules) -> list[tuple[str, str]]:
    """From which primary school to which junior school, and which draw lots together."""
    pairs = [*rules.feeders.items(), *((key, target) for key, target in rules.through.items())]
    keys = {key for pair in pairs for key in pair} | {
        key for pool in rules.pools for key in (*pool.primaries, *pool.juniors)
    }
    names = {row.pk: str(row) for row in Organisation.objects.unscoped(WHY).filter(pk__in=keys)}
    direct = [(names[key], names[target]) for key, target in dict.fromkeys(pairs)]
    return [*direct, *(_drawn_way(pool, names) for pool in rules.pools)]


def _drawn_way(pool: PoolRule, names: dict[int, str]) -> tuple[str, str]:
    targets = "、".join(names[key] for key in pool.juniors)
    return "、".join(names[key] for key in pool.primaries), _("%(targets)s（电脑派位）") % {
        "targets": targets
    }


def public_draw(pk: int) -> Draw:
    """Real ones only: a rehearsal is nobody's result."""
    rows = Draw.objects.unscoped(WHY).filter(rehearsal=False).select_related("window__district")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


@login_not_required
@require_GET
def draw(request: HttpRequest, pk: int) -> HttpResponse:
    """Names masked, numbers not shown at all: whose ticket it is the family knows by its 报名号."""
    found = public_draw(pk)
    entries = lists.entries_of(found)
    context = {
        "draw": found,
        "window": found.window,
        "lots": [_list(found, lots.school, entries) for lots in lists.lots(found, entries)],
        "files": sorted(lists.files(found, entries)),
        "witnesses": lists.signatures(found),
    }
    return render(request, "enrolment/public_draw.html", context)


def _list(found: Draw, name: str, entries: list[DrawEntry]) -> dict[str, object]:
    here = [entry for entry in entries if entry.list == name]
    told = found.state == Draw.State.PUBLISHED
    rows = [
        {
            "number": entry.application.number,
            "name": mask_name(entry.application.child.name),
            "ticket": entry.ticket[:12] if told else "",
            "position": entry.position if told else None,
            "admitted": entry.admitted and told,
        }
        for entry in sorted(
            here,
            key=lambda entry: (
                (entry.position or 0, entry.application.number) if told else (0, entry.application.number)
            ),
        )
    ]
    return {"name": name, "seats": found.seats[name], "rows": rows}


@login_not_required
@require_GET
@cache_control(public=True, max_age=MINUTE)
def verifier(request: HttpRequest, name: str) -> HttpResponse:
    """The program that checks, as the core hands it out: one file for a terminal, one page for a browser."""
    if name not in VERIFIER_FILES:
        raise NotFound
    return HttpResponse(verifier_file(name), content_type=VERIFIER_FILES[name])


@login_not_required
@require_GET
@cache_control(public=True, max_age=MINUTE)
def file(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """One of the published files, byte for byte what its digest was made of."""
    found = public_draw(pk)
    data = lists.files(found, lists.entries_of(found)).get(name)
    if data is None:
        raise NotFound
    kind = "application/json" if name.endswith(".json") else "text/csv"
    response = HttpResponse(data, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
