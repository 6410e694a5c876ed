"""The way of a change: school, district, city."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master.change import actions
from wutong.centres.data.master.change.forms import ChangeOpening, rows
from wutong.centres.data.master.change.models import ChangeRequest
from wutong.kernel.policy import Actor, holds, predicate
from wutong.kernel.process.engine import is_holder
from wutong.kernel.process.models import Case
from wutong.kernel.process.spec import Opening, Process, State, Step


@predicate
def is_the_schools_clerk(actor: Actor, case: Case) -> bool:
    """Those of today: who has left the school withdraws nothing, and no office above does it for the school."""
    return any(role.name == "clerk" and role.organisation_id == case.organisation_id for role in actor.roles)


def describe(actor: Actor, request: ChangeRequest) -> Mapping[str, Any]:
    return {
        "template": "master/change_case.html",
        "rows": rows(request),
        "reason": request.reason,
        "organisation": request.organisation,
        "may_revise": actions.may_edit_draft(actor, request),
        "request": request,
    }


CHANGE = Process(
    name="change",
    title=_("学校信息变更"),
    prefix="BG",
    model=ChangeRequest,
    describe=describe,
    start="master:change_start",
    may_start=holds("clerk"),
    opening=Opening(ChangeOpening, actions.ask_for_own),
    states=(
        State("draft", _("学校填报"), holder="clerk", level="school", plain=_("学校正在填报，还没有提交。")),
        State(
            "head",
            _("校长确认"),
            holder="head",
            level="school",
            within=2,
            plain=_("等校长确认后报区教育局。"),
        ),
        State(
            "district",
            _("区级审核"),
            holder="officer",
            level="district",
            within=5,
            plain=_("区教育局正在核对材料。"),
        ),
        State(
            "city",
            _("市级备案"),
            holder="officer",
            level="city",
            within=3,
            plain=_("区里已同意，等市教委备案。"),
        ),
        State("effective", _("已生效"), outcome="approved"),
        State("refused", _("不同意"), outcome="refused"),
        State("withdrawn", _("已撤回"), outcome="withdrawn"),
    ),
    steps=(
        Step("submit", _("提交校长确认"), ("draft",), "head", by=is_holder, tone="main"),
        Step("confirm", _("确认并报区"), ("head",), "district", by=is_holder, tone="main"),
        Step("agree", _("同意并报市"), ("district",), "city", by=is_holder, tone="main"),
        Step(
            "file",
            _("备案并生效"),
            ("city",),
            "effective",
            by=is_holder,
            do=actions.apply,
            tone="main",
            hint=_("生效后学校信息立即更新，并通知学校。"),
        ),
        Step("return", _("退回修改"), ("head", "district", "city"), "draft", by=is_holder, reason=True),
        Step(
            "refuse", _("不予同意"), ("district", "city"), "refused", by=is_holder, reason=True, tone="stop"
        ),
        Step(
            "withdraw",
            _("撤回"),
            ("draft", "head", "district"),
            "withdrawn",
            by=is_the_schools_clerk,
            tone="stop",
        ),
    ),
)
