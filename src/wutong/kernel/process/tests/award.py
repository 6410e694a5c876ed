"""A process with all that the larger ones need: the applicant holds it, two countersign, the public may object."""

from datetime import datetime
from typing import Any

from django.utils import timezone

from wutong.kernel.policy import signed_in
from wutong.kernel.process.engine import is_applicant, is_holder, open_case, take
from wutong.kernel.process.models import Case
from wutong.kernel.process.spec import Countersign, Process, Signer, State, Step
from wutong.kernel.process.tests.leave import MONDAY, Itself

SIGN = Countersign(
    (
        Signer("head", "校长", "head", "school"),
        Signer("officer", "区里", "officer", "district"),
        Signer("auditor", "监督", "auditor", "city"),
    ),
    needed=2,
)
STATES = (
    State("draft", "填报", holder="applicant"),
    State("review", "评议", holder="officer", level="district", within=5, plain="区教育局正在组织评议。"),
    State(
        "notice", "公示", holder="officer", level="district", notice=3, within=2, plain="正在公示，听取意见。"
    ),
    State("granted", "已授予", outcome="approved"),
    State("refused", "未授予", outcome="refused"),
    State("withdrawn", "已撤回", outcome="withdrawn"),
)
STEPS = (
    Step("submit", "提交", ("draft",), "review", by=is_applicant, tone="main"),
    Step("agree", "会签同意", ("review",), "notice", by=signed_in, sign=SIGN, tone="main"),
    Step("skip", "免公示授予", ("review",), "granted", by=is_holder, usual=False),
    Step("grant", "授予", ("notice",), "granted", by=is_holder, tone="main"),
    Step("uphold", "异议成立，退回", ("notice",), "review", by=is_holder, reason=True, anytime=True),
    Step("refuse", "不予授予", ("review",), "refused", by=is_holder, reason=True, tone="stop"),
    Step("withdraw", "撤回", ("draft", "review"), "withdrawn", by=is_applicant, tone="stop"),
)


def award(**values: Any) -> Process:
    given = {
        "name": "award",
        "title": "先进集体",
        "prefix": "XJ",
        "model": Itself,
        "states": STATES,
        "steps": STEPS,
    }
    given |= {
        "describe": lambda actor, subject: {"template": "ui/parts/leaf.html"},
        "announce": lambda subject: [("单位", str(subject.organisation))],
    }
    return Process(**{**given, **values})


AWARD = award()
FRIDAY = timezone.make_aware(datetime(2026, 11, 27, 9, 30))


def begin(town: Any, *, one: Process = AWARD, at: datetime = MONDAY) -> Case:
    return open_case(town.actor("clerk"), town.place("gaoan"), process=one, title="李小梅所在班级", at=at)


def in_review(town: Any, *, one: Process = AWARD, at: datetime = MONDAY) -> Case:
    return take(town.actor("clerk"), begin(town, one=one, at=at), step="submit", at=at)


def on_notice(town: Any, *, at: datetime = MONDAY) -> Case:
    case = in_review(town, at=at)
    take(town.actor("head"), case, step="agree", at=at)
    return take(town.actor("officer"), case, step="agree", at=at)
