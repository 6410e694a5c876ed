"""Matters and the inbox: what waits, what may be done about it, and doing it."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Router

from wutong.config.api import schemas
from wutong.config.api.answers import answer, require_match, versioned
from wutong.config.api.caller import needs
from wutong.config.api.forms import cleaned, schema
from wutong.config.api.once import once
from wutong.config.api.paging import Place, known_only, limit_of, page, place_of, refused
from wutong.kernel.casework.forms import DelegateForm, step_form
from wutong.kernel.casework.views import case_of, step_of
from wutong.kernel.errors import NotFound
from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import Actor
from wutong.kernel.process import queries
from wutong.kernel.process.engine import delegate, is_holder, last_move, process_of, take
from wutong.kernel.process.models import Case, CaseEvent
from wutong.kernel.process.spec import Process, Step

router = Router(tags=["cases"])
inboxes = Router(tags=["cases"])
TABS = {"waiting": queries.inbox, "started": queries.started_by, "handled": queries.handled_by}


@router.get("/", summary=_("列出办件"), response=schemas.Cases, **needs("cases:read"))
def cases(
    request: HttpRequest, process: str = "", state: str = "", open: bool | None = None,
    limit: int = 25, cursor: str = "",
) -> HttpResponse:  # fmt: skip
    """Newest first."""
    known_only(request, frozenset({"process", "state", "open", "limit", "cursor"}))
    rows = Case.objects.visible_to(request.actor).select_related("organisation", "process_version")
    for name, value in (("process", process), ("state", state)):
        if value:
            rows = rows.filter(**{name: _word(name, value)})
    if open is not None:
        rows = rows.filter(closed__isnull=open)
    return _newest_first(request, rows)


def _word(name: str, value: str) -> str:
    if not value.isidentifier() or not value.isascii():
        raise refused(name, _("请写成小写英文名称。"))
    return value


def _newest_first(request: HttpRequest, rows: QuerySet) -> HttpResponse:
    limit, place = limit_of(request), place_of(request)
    behind = rows.filter(pk__lt=place.key) if place else rows
    found = list(behind.order_by("-pk")[: limit + 1])
    following = Place(found[limit - 1].pk) if len(found) > limit else None
    return answer(page(request, [line(case) for case in found[:limit]], following))


@inboxes.get("/", summary=_("待办"), response=schemas.Cases, **needs("cases:read"))
def inbox(request: HttpRequest, tab: str = "waiting", limit: int = 25, cursor: str = "") -> HttpResponse:
    """`tab`: waiting (what the caller has to do, most pressing first), started, handled."""
    known_only(request, frozenset({"tab", "limit", "cursor"}))
    if tab not in TABS:
        raise refused("tab", _("tab 请写 waiting、started 或 handled。"))
    rows = TABS[tab](request.actor)
    return _pressing_first(request, rows) if tab == "waiting" else _newest_first(request, rows)


def _pressing_first(request: HttpRequest, rows: QuerySet) -> HttpResponse:
    """By deadline, those without one last; the same order as on the page."""
    limit, place = limit_of(request), place_of(request)
    if place:
        later = Q(due=None) if place.moment is None else Q(due=place.moment)
        behind = later & Q(pk__gt=place.key)
        rows = rows.filter(behind if place.moment is None else behind | Q(due__gt=place.moment) | Q(due=None))
    found = list(rows[: limit + 1])
    last = found[limit - 1] if len(found) > limit else None
    following = Place(last.pk, last.due) if last else None
    return answer(page(request, [line(case) for case in found[:limit]], following))


def line(case: Case) -> dict[str, Any]:
    process = process_of(case)
    return {
        "number": case.number,
        "process": case.process,
        "process_title": process.title,
        "title": case.title,
        "state": case.state,
        "state_title": process.state(case.state).title,
        "organisation": case.organisation.name,
        "opened": case.opened,
        "due": case.due,
        "closed": case.closed,
        "outcome": case.outcome,
        "url": reverse("process:case", args=[case.number]),
    }


@router.get("/processes/", summary=_("可以发起的事项"), response=schemas.Processes, **needs("cases:read"))
def processes(request: HttpRequest) -> HttpResponse:
    found = [process for process in REGISTRY.all("processes") if _may_open(request.actor, process)]
    return answer(
        {"items": [{"name": p.name, "title": p.title, "body": schema(p.opening.form())} for p in found]}
    )


def _may_open(actor: Actor, process: Process) -> bool:
    return bool(process.opening and process.may_start and process.may_start(actor))


@router.post("/", summary=_("发起办件"), response={201: schemas.CaseLine}, **needs("cases:write"))
@once
def begin(request: HttpRequest, body: schemas.Opening) -> HttpResponse:
    """`process` and its `values`: see `/cases/processes/`."""
    found = [p for p in REGISTRY.all("processes") if p.name == body.process]
    if not found or not _may_open(request.actor, found[0]):
        raise NotFound
    opening = found[0].opening
    values = cleaned(opening.form(body.values))
    given = {name: value for name, value in values.items() if name in body.values}
    case = opening.do(request.actor, at=timezone.now(), **given).case
    location = f"/api/v1/cases/{case.number}/"
    return answer(line(case), 201, Location=location, ETag=tag_of(case))


def tag_of(case: Case) -> str:
    """The last that happened to it: what one must have read to decide."""
    return f'"{moves(case).values_list("pk", flat=True).first()}"'


@router.get("/{str:number}/", summary=_("读一件"), response=schemas.WholeCase, **needs("cases:read"))
def case(request: HttpRequest, number: str) -> HttpResponse:
    found = case_of(request, number)
    body = {
        **line(found),
        "steps": [_step(step) for step in queries.open_steps(request.actor, found)],
        "may_delegate": _may_delegate(request.actor, found),
        "timeline": [_move(found, move) for move in moves(found)],
    }
    return versioned(request, body, tag_of(found))


def _may_delegate(actor: Actor, case: Case) -> bool:
    return case.closed is None and case.holder_id is not None and is_holder(actor, case)


def moves(case: Case) -> QuerySet:
    return case.events.unscoped("the timeline of a visible case").order_by("-pk")


def _move(case: Case, move: CaseEvent) -> dict[str, Any]:
    step = process_of(case).step(move.step)
    begun = _("发起") if move.kind == "step" else move.get_kind_display()
    title = step.title if step and move.kind == "step" else begun
    return {"at": move.at, "title": title, "actor_name": move.actor_name, "comment": move.comment}


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "title": step.title,
        "reason_required": step.reason,
        "hint": step.hint,
        "body": schema(step_form(step)),
    }


@router.post(
    "/{str:number}/steps/{slug:step}/",
    summary=_("办理一步"),
    response=schemas.CaseLine,
    **needs("cases:write"),
)
@once
def act(request: HttpRequest, number: str, step: str, body: schemas.Taking) -> HttpResponse:
    """The caller has read the matter as it stands: If-Match is its ETag."""
    found = case_of(request, number)
    seen = last_move(found)
    require_match(request, tag_of(found))
    chosen = step_of(request, found, step)
    values = cleaned(step_form(chosen, {**body.values, "comment": body.comment}))
    values.pop("seen")
    taken = take(request.actor, found, step=step, comment=values.pop("comment"), values=values, seen=seen)
    return answer(line(taken), ETag=tag_of(taken))


@router.post(
    "/{str:number}/delegate/", summary=_("转交同事办理"), response=schemas.CaseLine, **needs("cases:write")
)
@once
def hand_over(request: HttpRequest, number: str, body: schemas.Delegating) -> HttpResponse:
    found = case_of(request, number)
    if not is_holder(request.actor, found):
        raise NotFound
    require_match(request, tag_of(found))
    values = cleaned(DelegateForm(found, body.dict()))
    handed = delegate(request.actor, found, **values)
    return answer(line(handed), ETag=tag_of(handed))
