"""The way of an application: every state, every move, who may make it. Checked when it is read.

An application is no case of `kernel.process`: runs move them by the ten thousand, and a family's page speaks
of them in its own words. What an official weighs one by one (deferral) is a case.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Sentence


@dataclass(frozen=True)
class State:
    """`family` is what a family reads as the state of things, `next` what comes then. `seated`: holds a seat.
    `settled`: the child needs nothing more from anybody this year."""

    name: str
    title: Sentence
    family: Sentence
    next: Sentence
    tone: str = "info"
    seated: bool = False
    settled: bool = False


@dataclass(frozen=True)
class Move:
    """`by` names who makes it: guardian, district, school, or run for what only the system's runs do."""

    name: str
    title: Sentence
    source: tuple[str, ...]
    target: str
    by: str
    reason: bool = False


STATES: dict[str, State] = {
    state.name: state
    for state in (
        State("draft", _("登记中"), _("信息登记还没有完成。"), _("核对四页信息后确认。")),
        State("confirmed", _("已确认"), _("信息登记已确认并锁定。"), _("报名开始后，选择公办或民办。"), "ok"),
        State(
            "checking",
            _("待验证"),
            _("已报公办，正在核对材料。"),
            _("核对一致的不用到现场；需要到现场的会收到通知。"),
        ),
        State(
            "onsite", _("待现场核验"), _("有材料需要到现场核验。"), _("请按预约时间带原件到现场。"), "warn"
        ),
        State("returned", _("退回补正"), _("有材料要补。"), _("请补好后重新提交。"), "late"),
        State("failed", _("验证不通过"), _("材料没有通过验证。"), _("区教育局会联系您安排入学。"), "late"),
        State("checked", _("待录取"), _("材料已经通过，等待录取。"), _("结果会在公布日一起告知。"), "ok"),
        State(
            "overflow",
            _("待统筹"),
            _("对口学校已满，由区里统筹安排。"),
            _("区里会安排到有学位的公办学校。"),
            "warn",
        ),
        State(
            "applied",
            _("民办已报名"),
            _("已报民办学校。"),
            _("报名人数不超过计划就全部录取，超过则电脑随机录取。"),
        ),
        State(
            "transfer", _("调剂中"), _("第一志愿没有录取，正在调剂。"), _("调剂结果出来后会通知您。"), "warn"
        ),
        State(
            "placed",
            _("已录取"),
            _("已经录取，等待统一告知。"),
            _("结果会在公布日一起告知。"),
            "ok",
            seated=True,
        ),
        State("notified", _("已告知"), _("已经录取。"), _("开学时带孩子到校报到。"), "ok", seated=True),
        State(
            "arrived",
            _("已报到"),
            _("孩子已到校报到。"),
            _("祝孩子学习愉快。"),
            "ok",
            seated=True,
            settled=True,
        ),
        State("absent", _("未报到"), _("孩子还没有到校报到。"), _("请尽快与学校联系。"), "late", seated=True),
        State("given_up", _("已放弃"), _("已放弃录取。"), _("请告诉区教育局孩子将在哪里上学。"), "late"),
        State("deferring", _("缓学待批"), _("缓学申请正在审核。"), _("区教育局十个工作日内答复。")),
        State(
            "deferred", _("已缓学"), _("已同意缓学一年。"), _("明年招生时请重新登记。"), "ok", settled=True
        ),
        State(
            "special",
            _("特教评估中"),
            _("区特殊教育指导中心会与您联系。"),
            _("评估后安排随班就读、特教学校或送教上门。"),
        ),
        State(
            "elsewhere",
            _("去向已登记"),
            _("孩子将在别处上学，已登记去向。"),
            _("如有变化请联系区教育局。"),
            "off",
            settled=True,
        ),
        State(
            "withdrawn",
            _("已撤销"),
            _("这次登记已撤销。"),
            _("如仍要入学，请在登记截止前重新登记。"),
            "off",
            settled=True,
        ),
    )
}

WAITING = ("checking", "onsite", "returned", "failed", "checked", "overflow")
BEFORE_SEAT = ("confirmed", *WAITING, "applied", "transfer", "special")

MOVES: dict[str, Move] = {
    move.name: move
    for move in (
        Move("confirm", _("确认并锁定"), ("draft",), "confirmed", "guardian"),
        Move("reopen", _("退回重填"), ("confirmed",), "draft", "district", reason=True),
        Move("withdraw", _("撤销登记"), ("draft",), "withdrawn", "guardian"),
        Move("cancel", _("撤销"), ("draft", *BEFORE_SEAT), "withdrawn", "district", reason=True),
        Move("choose_public", _("报公办"), ("confirmed",), "checking", "guardian"),
        Move("choose_private", _("报民办"), ("confirmed",), "applied", "guardian"),
        Move("ask_deferral", _("申请缓学"), ("confirmed",), "deferring", "guardian"),
        Move("defer", _("同意缓学"), ("deferring",), "deferred", "district"),
        Move("refuse_deferral", _("不同意缓学"), ("deferring",), "confirmed", "district"),
        Move("ask_special", _("申请特殊教育评估"), ("confirmed",), "special", "guardian"),
        Move("settle_special", _("特殊教育安置"), ("special",), "placed", "district"),
        Move("pass_check", _("通过"), ("checking", "onsite", "failed"), "checked", "district"),
        Move("call_onsite", _("请到现场核验"), ("checking",), "onsite", "district"),
        Move("return", _("退回补正"), ("onsite",), "returned", "district", reason=True),
        Move("supplement", _("补好重新提交"), ("returned",), "onsite", "guardian"),
        Move("fail", _("不通过"), ("onsite", "returned"), "failed", "district", reason=True),
        Move("place", _("对口录取"), ("checked",), "placed", "run"),
        Move("pass_over", _("转统筹"), ("checked",), "overflow", "run"),
        Move("coordinate", _("统筹录取"), ("overflow", "failed", "given_up"), "placed", "district"),
        Move("admit", _("民办录取"), ("applied", "transfer", "checking", "onsite", "checked"), "placed", "run"),
        Move("to_transfer", _("转调剂"), ("applied",), "transfer", "run"),
        Move("to_public", _("转公办第二批"), ("applied", "transfer"), "checking", "run"),
        Move("notify", _("告知结果"), ("placed",), "notified", "district"),
        Move("arrive", _("已报到"), ("notified", "absent"), "arrived", "school"),
        Move("miss", _("未报到"), ("notified",), "absent", "school"),
        Move("give_up", _("放弃录取"), ("placed", "notified", "absent"), "given_up", "guardian"),
        Move(
            "record_destination", _("登记去向"),
            ("confirmed", "failed", "overflow", "given_up", "absent"), "elsewhere", "district",
        ),
    )
}  # fmt: skip
START = "draft"


def moves_from(state: str) -> list[Move]:
    return [move for move in MOVES.values() if state in move.source]


def reached() -> set[str]:
    found: set[str] = set()
    waiting = [START]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [move.target for move in moves_from(name)]
    return found


def check() -> None:
    named = {name for move in MOVES.values() for name in (*move.source, move.target)}
    problems: dict[str, Any] = {
        "unknown states": named - set(STATES),
        "unreachable states": set(STATES) - reached(),
        "dead ends": {name for name, state in STATES.items() if not state.settled and not moves_from(name)},
        "settled states with moves": {
            name for name, state in STATES.items() if state.settled and moves_from(name)
        },
    }
    wrong = {what: sorted(names) for what, names in problems.items() if names}
    if wrong:
        raise ImproperlyConfigured(f"enrolment: {wrong}")


check()
