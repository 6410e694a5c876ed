"""What a process says of itself. Checked when it is declared: a wrong one stops the start."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from wutong.kernel.errors import Sentence
from wutong.kernel.policy import Predicate

# What stands in the place of a step in addresses and timelines.
RESERVED = ("delegate", "open", "print")


@dataclass(frozen=True)
class State:
    """Where a matter stands. An open state is held by a role at a level of the tree (a kind of organisation),
    for `within` working days; a final one has an outcome: approved, refused, withdrawn."""

    name: str
    title: Sentence
    holder: str = ""
    level: str = ""
    within: int | None = None
    outcome: str = ""

    @property
    def final(self) -> bool:
        return bool(self.outcome)


@dataclass(frozen=True)
class Step:
    """What moves a matter. `do(actor, subject, at=…, **form values)` is its effect; `reason` must be given."""

    name: str
    title: Sentence
    source: tuple[str, ...]
    target: str
    by: Predicate
    do: Callable[..., Any] | None = None
    form: type[forms.Form] | None = None
    reason: bool = False
    tone: str = "plain"
    hint: Sentence = ""


@dataclass(frozen=True)
class Opening:
    """How a program begins a matter: what it says, and the module's action `do(actor, at=…, **form values)` that
    returns the module's own row. Fields that were not sent are left out."""

    form: type[forms.Form]
    do: Callable[..., Any]


@dataclass(frozen=True)
class Process:
    """`model` is the module's own table with a one-to-one `case`; `describe(actor, subject)` gives the template
    and context of what is asked; `start` is the url name of the page where one begins, `may_start` who may."""

    name: str
    title: Sentence
    prefix: str
    model: type[Model]
    states: tuple[State, ...]
    steps: tuple[Step, ...]
    describe: Callable[..., Mapping[str, Any]]
    start: str = ""
    may_start: Predicate | None = None
    opening: Opening | None = None

    def __post_init__(self) -> None:
        problem = check(self)
        if problem:
            raise ImproperlyConfigured(f"process {self.name}: {problem}")

    @property
    def initial(self) -> State:
        return self.states[0]

    def state(self, name: str) -> State:
        return next(state for state in self.states if state.name == name)

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    def steps_from(self, state: str) -> list[Step]:
        return [step for step in self.steps if state in step.source]

    def picture(self) -> dict[str, Any]:
        """The declaration as data: what a version freezes."""
        return {
            "states": [[s.name, s.holder, s.level, s.within, s.outcome] for s in self.states],
            "steps": [[s.name, list(s.source), s.target, repr(s.by), s.reason] for s in self.steps],
        }

    def digest(self) -> str:
        text = json.dumps(self.picture(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


def check(process: Process) -> str:
    """The first thing wrong, as a sentence; empty if nothing is."""
    names = [state.name for state in process.states]
    if len(set(names)) != len(names):
        return "two states have one name."
    steps = [step.name for step in process.steps] + list(RESERVED)
    if len(set(steps)) != len(steps):
        return f"a step has the name of another, or one of {', '.join(RESERVED)}."
    for step in process.steps:
        unknown = {*step.source, step.target} - set(names)
        if unknown:
            return f"step {step.name!r} speaks of unknown states {sorted(unknown)}."
        if not step.by:
            return f"step {step.name!r} does not say who may take it."
        if step.form and not step.do:
            return f"step {step.name!r} has a form and does nothing with what it says."
    unreached = set(names) - reached(process)
    if unreached:
        return f"nothing leads to {sorted(unreached)}."
    for state in process.states:
        leads_on = bool(process.steps_from(state.name))
        if leads_on == state.final:
            return f"{state.name!r} is {'final, yet steps leave it' if state.final else 'open, yet no step leaves it'}."
        if not state.final and not (state.holder and state.level):
            return f"nobody holds {state.name!r}."
    return ""


def reached(process: Process) -> set[str]:
    found, waiting = set(), [process.initial.name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [step.target for step in process.steps_from(name)]
    return found
