"""Giving and freeing seats. A plan is locked while its seats change; the tables refuse what would still slip by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import change, create
from wutong.kernel.errors import Conflict
from wutong.platforms.governance.enrolment.models import Application, Plan, Seat

CHUNK = 1_000


def locked_plans(keys: Iterable[int]) -> dict[int, Plan]:
    """In the order of their keys, so that two runs never wait for each other."""
    rows = Plan.objects.unscoped("plans that seats are given from").select_for_update(of=("self",))
    return {plan.pk: plan for plan in rows.filter(pk__in=set(keys)).order_by("pk").select_related("school")}


def seat(application: Application, plan: Plan, *, kind: str, at: datetime) -> Seat:
    """One seat by a person's decision; the caller moves the application."""
    plan = locked_plans([plan.pk])[plan.pk]
    if plan.free <= 0:
        raise Conflict(
            format_lazy(
                _("“{plan}”计划 {total} 人已满，请先申请增额或改到别的学校。"),
                plan=plan.title,
                total=plan.total,
            )
        )
    try:
        with transaction.atomic():
            made = create(_seat(application, plan.pk, kind, at))
    except IntegrityError:
        raise Conflict(_("这个孩子已经有学位，请先放弃原来的学位。")) from None
    change(plan, taken=plan.taken + 1)
    return made


def _seat(application: Application, plan: int, kind: str, at: datetime, **more: Any) -> Seat:
    return Seat(
        application=application,
        child_id=application.child_id,
        year=application.year,
        plan_id=plan,
        kind=kind,
        at=at,
        **more,
    )


def seat_all(
    chosen: Iterable[tuple[Application, int]], *, kind: str, at: datetime, **more: Any
) -> list[Application]:
    """Seats for those a run has decided on: application and key of the plan. All of them or none.

    A child that has a live seat already keeps that one; returned are those newly seated.
    """
    chosen = list(chosen)
    plans = locked_plans(plan for _application, plan in chosen)
    seated = _children_seated(chosen)
    fresh = [(application, plan) for application, plan in chosen if application.child_id not in seated]
    _require_room(plans, Counter(plan for _application, plan in fresh))
    rows = [_seat(application, plan, kind, at, **more) for application, plan in fresh]
    Seat.objects.bulk_create(rows, batch_size=CHUNK)
    for plan, number in Counter(plan for _application, plan in fresh).items():
        Plan.objects.unscoped("locked above").filter(pk=plan).update(
            taken=F("taken") + number, version=F("version") + 1
        )
    return [application for application, _plan in fresh]


def _children_seated(chosen: list[tuple[Application, int]]) -> set[int]:
    if not chosen:
        return set()
    live = Seat.objects.unscoped("one live seat a child").filter(released=None, year=chosen[0][0].year)
    children = [application.child_id for application, _plan in chosen]
    found: set[int] = set()
    for start in range(0, len(children), CHUNK):
        found.update(
            live.filter(child__in=children[start : start + CHUNK]).values_list("child_id", flat=True)
        )
    return found


def _require_room(plans: Mapping[int, Plan], wanted: Mapping[int, int]) -> None:
    for key, number in wanted.items():
        if number > plans[key].free:
            raise Conflict(
                format_lazy(
                    _("“{plan}”只剩 {free} 个学位，不能再录取 {number} 人。"),
                    plan=plans[key].title, free=plans[key].free, number=number,
                )
            )  # fmt: skip


def release(application: Application, *, reason: str, at: datetime) -> Seat | None:
    """Frees the live seat, if there is one: the plan has room for one more."""
    held = Seat.objects.unscoped("the seat of this application").filter(
        application=application, released=None
    )
    found = held.select_related("plan").first()
    if found is None:
        return None
    plan = locked_plans([found.plan_id])[found.plan_id]
    change(found, released=at, reason=reason)
    change(plan, taken=plan.taken - 1)
    return found


def live_seat(application: Application) -> Seat | None:
    rows = Seat.objects.unscoped("the seat of an application in sight").filter(
        application=application, released=None
    )
    return rows.select_related("plan__school").first()
