"""What the pages of a process show."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from wutong.kernel.casework.diagram import Drawing, draw, with_figures
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.kernel.process.models import Case, CaseEvent, ProcessVersion, Variant
from wutong.kernel.process.spec import Process
from wutong.kernel.process.versions import differences, effective, frozen, settled, variants_above
from wutong.platforms.governance.processes.log import events
from wutong.platforms.governance.processes.measures import Measures, Move, measured

SHOWN = 10
# So many of the newest cases are measured on a page; the event log holds all.
MOST = 10_000


def every_process(actor: Actor, year: int) -> list[dict[str, Any]]:
    """All that are declared, with what the actor sees of this year's cases."""
    rows = Case.objects.visible_to(actor).filter(opened__year=year).order_by().values("process")
    late = Q(closed=None, due__lt=timezone.now())
    counts = {
        row["process"]: row
        for row in rows.annotate(
            total=Count("pk"), open=Count("pk", filter=Q(closed=None)), late=Count("pk", filter=late)
        )
    }
    none = {"total": 0, "open": 0, "late": 0}
    return [{**counts.get(process.name, none), "process": process} for process in REGISTRY.all("processes")]


def measures(actor: Actor, process: Process, year: int) -> Measures:
    moves = (
        Move(number, step, source, target, at, unit or "")
        for number, kind, step, source, target, at, unit in events(actor, process, year, most=MOST)
        if kind == CaseEvent.Kind.STEP
    )
    return measured(moves, final=frozenset(state.name for state in process.states if state.final))


def drawing(process: Process, found: Measures) -> Drawing:
    """The declared process with how often each step was taken and how long each state lasted."""
    waits = found.by_state
    notes = {name: _("中位 %(days)s 天") % {"days": f"{wait.median:.1f}"} for name, wait in waits.items()}
    return with_figures(draw(process), process, counts=found.steps, notes=notes)


def words(process: Process, found: Measures) -> dict[str, Any]:
    """Ways, waits and rework with the titles people know."""
    states = {state.name: str(state.title) for state in process.states}
    steps = {step.name: str(step.title) for step in process.steps} | {"open": _("发起")}
    ways = [
        {"steps": [steps.get(name, name) for name in way.steps], "cases": way.cases, "days": way.days,
         "share": round(100 * way.cases / found.ended)}
        for way in found.ways[:SHOWN]
    ]  # fmt: skip
    waits = [{"state": states.get(wait.state, wait.state), "wait": wait} for wait in found.waits]
    units = [{"state": states.get(wait.state, wait.state), "wait": wait} for wait in found.units[:SHOWN]]
    rework = [
        {"state": states.get(each.state, each.state), "step": steps.get(each.step, each.step), "rework": each}
        for each in found.rework
    ]
    return {
        "ways": ways,
        "more_ways": max(0, len(found.ways) - SHOWN),
        "waits": waits,
        "units": units,
        "rework": rework,
    }


def versions(actor: Actor, process: Process, year: int) -> list[dict[str, Any]]:
    """Those of a year under which the actor sees cases, oldest first, each with what it changed."""
    cases = Case.objects.visible_to(actor).filter(process=process.name, process_version__year=year).order_by()
    counts = {
        row["process_version"]: row
        for row in cases.values("process_version").annotate(
            total=Count("pk"), open=Count("pk", filter=Q(closed=None))
        )
    }
    found, before = [], process.reduced(lambda step: step.usual)
    for version in ProcessVersion.objects.filter(pk__in=counts).order_by("at", "pk"):
        stood = frozen(process, version)
        found.append({"version": version, **counts[version.pk], "differences": differences(before, stood)})
        before = stood
    return found


def settled_by(process: Process, year: int) -> list[dict[str, Any]]:
    """What each office settled, against what it would have had without."""
    rows = Variant.objects.unscoped(
        "the rules of every office are public to those who oversee"
    ).select_related("organisation")
    found = []
    for row in rows.filter(process=process.name, year=year).order_by("organisation__path"):
        before, after = inherited(process, row.organisation, year), effective(process, row.organisation, year)
        found.append(
            {"organisation": row.organisation, "at": row.at, "differences": differences(before, after)}
        )
    return found


def inherited(process: Process, organisation: Organisation, year: int) -> Process:
    """What holds there without its own settings."""
    above = [
        row for row in variants_above(process, organisation, year) if row.organisation_id != organisation.pk
    ]
    return settled(process, above)


def offices(actor: Actor) -> QuerySet:
    """Where the actor may settle: the city and the districts in which they are officers."""
    own = [role.organisation_id for role in actor.roles if role.name == "officer"]
    rows = Organisation.objects.visible_to(actor).filter(pk__in=own, kind__in=("city", "district"))
    return rows.order_by("path")


def years(today: date) -> Mapping[str, int]:
    return {"this": today.year, "next": today.year + 1}
