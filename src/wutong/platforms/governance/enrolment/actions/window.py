"""What a district does before families come: rules, plans, catchments, publication."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Sum
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create, note, remove
from wutong.kernel.errors import Conflict, Invalid, Sentence
from wutong.kernel.event import emit
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.platforms.governance.enrolment.events import WindowPublished
from wutong.platforms.governance.enrolment.models import CatchmentRange, Draw, Plan, RuleSet, Window
from wutong.platforms.governance.enrolment.rules import runs_enrolment
from wutong.platforms.governance.enrolment.ruleset import Rules, contradictions


@action("enrolment.prepare_window", title=_("建立招生批次"), allow=runs_enrolment)
def prepare_window(
    actor: Actor, district: Organisation, *, year: int, stage: str, rules: Rules, at: datetime
) -> Window:
    if (
        Window.objects.unscoped("a district has one")
        .filter(district=district, year=year, stage=stage)
        .exists()
    ):
        raise Conflict(_("这一年这个学段的招生批次已经建立。"))
    window = create(Window(district=district, year=year, stage=stage))
    create(RuleSet(window=window, number=1, content=rules.written(), at=at))
    return window


@action("enrolment.save_rules", title=_("修改招生规则"), allow=runs_enrolment)
def save_rules(actor: Actor, window: Window, *, rules: Rules, at: datetime) -> RuleSet:
    """Each saving is a version of its own. Drafts may contradict themselves, what is published may not."""
    _require_draft(window)
    rows = RuleSet.objects.unscoped("versions of one window").filter(window=window)
    last = rows.latest("number")
    if last.content == rules.written():
        return last
    window.__dict__.pop("_rule_set", None)
    return create(RuleSet(window=window, number=last.number + 1, content=rules.written(), at=at))


def _require_draft(window: Window) -> None:
    state = Window.objects.unscoped("as it is now").select_for_update().get(pk=window.pk).state
    if state != Window.State.DRAFT:
        raise Conflict(_("规则已经公布并冻结，今年不能再改。"))


@action("enrolment.save_plan", title=_("登记招生计划"), allow=runs_enrolment)
def save_plan(
    actor: Actor, school: Organisation, *, window: Window, plan: Plan | None, at: datetime, **values: Any
) -> Plan:
    """Never below what is given already, nor at all where a list was frozen on it."""
    if not school.path.startswith(window.district.path):
        raise Invalid(_("这所学校不在本区。"), fields={"school": _("这所学校不在本区。")})
    if plan is None:
        return create(Plan(window=window, school=school, **values))
    held = Plan.objects.unscoped("the plan itself").select_for_update().get(pk=plan.pk)
    total = values.get("seats", held.seats) + values.get("extra", held.extra)
    if total < held.taken:
        raise Conflict(
            format_lazy(_("已录取 {taken} 人，计划不能减到 {total} 人。"), taken=held.taken, total=total)
        )
    if total < held.total and _is_drawn(held):
        raise Conflict(_("摇号名单已经冻结，公布的计划数不能再减。"))
    return change(held, **values)


def _is_drawn(plan: Plan) -> bool:
    draws = Draw.objects.unscoped("lists frozen on this plan").filter(rehearsal=False, entries__plan=plan)
    return draws.exists()


@action("enrolment.save_catchment", title=_("登记对口地段"), allow=runs_enrolment)
def save_catchment(
    actor: Actor,
    school: Organisation,
    *,
    window: Window,
    row: CatchmentRange | None,
    at: datetime,
    **values: Any,
) -> CatchmentRange:
    _require_draft(window)
    if row is None:
        return create(CatchmentRange(window=window, school=school, **values))
    return change(row, school=school, **values)


@action("enrolment.remove_catchment", title=_("删除对口地段"), allow=runs_enrolment)
def remove_catchment(actor: Actor, row: CatchmentRange, *, at: datetime) -> None:
    _require_draft(row.window)
    remove(row)


@action("enrolment.publish", title=_("公布招生规则"), allow=runs_enrolment)
def publish(actor: Actor, window: Window, *, at: datetime) -> Window:
    """From here on the rules stand still. Refused with every contradiction named."""
    _require_draft(window)
    rules = window.rule_set
    found = [*contradictions(rules.rules), *unplanned(window)]
    if found:
        raise Invalid(found[0], fields={f"rules_{number}": each for number, each in enumerate(found)})
    change(rules, frozen=at)
    emit(WindowPublished(window.pk))
    return change(window, state=Window.State.OPEN)


def unplanned(window: Window) -> list[Sentence]:
    """Where rules, plans and catchments contradict one another."""
    plans = Plan.objects.unscoped("plans of one window").filter(window=window)
    found: list[Sentence] = []
    if not plans.filter(side="public").aggregate(total=Sum("seats"))["total"]:
        found.append(_("还没有公办招生计划，公办报名无处可去。"))
    ranges = CatchmentRange.objects.unscoped("of one window").filter(window=window)
    if window.rules.by_catchment and not ranges.exists():
        found.append(_("选择了按地段对口，却还没有登记对口地段。"))
    public = plans.filter(side="public").values("school")
    for name in ranges.exclude(school__in=public).values_list("school__name", flat=True).distinct():
        found.append(format_lazy(_("“{name}”有对口地段，却没有公办招生计划。"), name=name))
    return [*found, *_unknown_schools(window, set(public.values_list("school", flat=True)))]


def _unknown_schools(window: Window, public: set[int]) -> list[Sentence]:
    rules = window.rules
    named = {
        *rules.feeders.values(),
        *rules.through.values(),
        *(key for pool in rules.pools for key in pool.juniors),
    }
    missing = Organisation.objects.unscoped("schools the rules name").filter(pk__in=named - public)
    sentence = _("规则里写到“{name}”，它却没有公办招生计划。")
    return [
        format_lazy(sentence, name=name) for name in missing.order_by("pk").values_list("name", flat=True)
    ]


@action("enrolment.close", title=_("结束招生"), allow=runs_enrolment)
def close(actor: Actor, window: Window, *, at: datetime) -> Window:
    """Only when no child is left without a seat, a deferral or a recorded destination."""
    from wutong.platforms.governance.enrolment.queries import without_seat  # noqa: PLC0415  # reads what these verbs wrote

    left = without_seat(window).count()
    if left:
        raise Conflict(format_lazy(_("还有 {number} 个孩子没有着落，不能结束。"), number=left))
    note(year=window.year)
    return change(window, state=Window.State.CLOSED)
