"""What differs between two versions of a process, in words."""

from __future__ import annotations

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.process.spec import Process, State, Step
from wutong.kernel.process.versions import holder_words


def differences(before: Process, after: Process) -> list[str]:
    """What differs, each as one sentence."""
    return [*_state_differences(before, after), *_step_differences(before, after)]


def _state_differences(before: Process, after: Process) -> list[str]:
    old, new = ({state.name: state for state in each.states} for each in (before, after))
    found = [
        str(format_lazy(_("增加环节“{name}”"), name=new[name].title)) for name in new.keys() - old.keys()
    ]
    found += [
        str(format_lazy(_("取消环节“{name}”"), name=old[name].title)) for name in old.keys() - new.keys()
    ]
    for name in [name for name in old if name in new]:
        pairs = zip(FACTS, facts(old[name]), facts(new[name]), strict=True)
        found += [
            f"{new[name].title} · {fact}：{before} → {after}"
            for fact, before, after in pairs
            if before != after
        ]
    return found


FACTS = (_("办理期限"), _("公示时间"), _("办理人"))


def facts(state: State) -> tuple[str, str, str]:
    """Limit, time of notice and holder, in words."""
    return days(state.within), days(state.notice), holder_words(state)


def days(number: int | None) -> str:
    return str(_("不限") if number is None else format_lazy(_("{n} 个工作日"), n=number))


def _step_differences(before: Process, after: Process) -> list[str]:
    old, new = ({step.name: step for step in each.steps} for each in (before, after))
    found = [str(format_lazy(_("增加步骤“{name}”"), name=new[name].title)) for name in new if name not in old]
    found += [
        str(format_lazy(_("取消步骤“{name}”"), name=old[name].title)) for name in old if name not in new
    ]
    for name in [name for name in old if name in new]:
        one, other = old[name], new[name]
        if _moves(one) != _moves(other):
            found.append(str(format_lazy(_("步骤“{name}”的办法有变"), name=other.title)))
    return found


def _moves(step: Step) -> tuple[Any, ...]:
    signers = [(each.name, each.role, each.level) for each in step.sign.signers] if step.sign else []
    return set(step.source), step.target, step.reason, step.anytime, signers, step.sign and step.sign.count
