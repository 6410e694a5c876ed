"""What a process says of itself. Checked when it is declared: a wrong one stops the start."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from wutong.kernel.errors import Sentence
from wutong.kernel.policy import Predicate, everyone

# What stands in the place of a step in addresses and timelines.
RESERVED = ("delegate", "open", "print", "receipt", "objections")

# In the place of a role: the matter waits for the person who applied.
APPLICANT = "applicant"


@dataclass(frozen=True)
class State:
    """Where a matter stands. An open state is held by a role at a level of the tree (a kind of organisation), or by
    the applicant, for `within` working days; a final one has an outcome: approved, refused, withdrawn.

    `notice` working days of 公示 come first: meanwhile anybody who has signed in may object, and no step leads out
    (but those marked `anytime`) before the time is over and every objection is decided. `within` counts from then.
    `plain` says to who asks for the progress what this means; it names nobody.
    """

    name: str
    title: Sentence
    holder: str = ""
    level: str = ""
    within: int | None = None
    outcome: str = ""
    notice: int | None = None
    plain: Sentence = ""

    @property
    def final(self) -> bool:
        return bool(self.outcome)


@dataclass(frozen=True)
class Signer:
    """A place under a step: for whoever has the role at the level; `by` narrows it, to persons the subject names."""

    name: str
    title: Sentence
    role: str
    level: str
    by: Predicate = everyone


@dataclass(frozen=True)
class Countersign:
    """A step takes effect when `needed` of these (0: all) have taken it, each a different person."""

    signers: tuple[Signer, ...]
    needed: int = 0

    @property
    def count(self) -> int:
        return self.needed or len(self.signers)


@dataclass(frozen=True)
class Step:
    """What moves a matter. `do(actor, subject, at=…, **form values)` is its effect; `reason` must be given.

    With `sign` the last of the signers brings the effect about, in their name. A step that is not `usual` exists only
    where an office has settled so for the year. `gone` is a step of an old version that the code no longer knows.
    """

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
    sign: Countersign | None = None
    anytime: bool = False
    usual: bool = True
    gone: bool = False


@dataclass(frozen=True)
class Opening:
    """How a program begins a matter: what it says, and the module's action `do(actor, at=…, **form values)` that
    returns the module's own row. Fields that were not sent are left out."""

    form: type[forms.Form]
    do: Callable[..., Any]


@dataclass(frozen=True)
class Process:
    """`model` is the module's own table with a one-to-one `case`; `describe(actor, subject)` gives the template
    and context of what is asked; `start` is the url name of the page where one begins, `may_start` who may.

    `place(subject, state)` is the organisation from which on upwards the holder of a state is looked for; None, or no
    `place`: the case's own. `announce(subject)` are the lines, label and value, that a public notice shows.
    """

    name: str
    title: Sentence
    prefix: str
    model: type[Model]
    states: tuple[State, ...]
    steps: tuple[Step, ...]
    describe: Callable[..., Mapping[str, Any]]
    start: str = ""
    may_start: Predicate | None = None
    place: Callable[..., Any] | None = None
    announce: Callable[..., Sequence[tuple[Sentence, Sentence]]] | None = None
    frozen: bool = False
    opening: Opening | None = None

    def __post_init__(self) -> None:
        problem = "" if self.frozen else check(self) or check(self.reduced(lambda step: step.usual))
        if problem:
            raise ImproperlyConfigured(f"process {self.name}: {problem}")

    def __str__(self) -> str:
        return str(self.title)

    @property
    def initial(self) -> State:
        return self.states[0]

    def state(self, name: str) -> State:
        return next(state for state in self.states if state.name == name)

    def step(self, name: str) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    def steps_from(self, state: str) -> list[Step]:
        return [step for step in self.steps if state in step.source]

    def reduced(self, keep: Callable[[Step], bool]) -> Process:
        """With the steps to be kept only, and the states that are still reached by them."""
        return reduced(replace(self, steps=tuple(filter(keep, self.steps)), frozen=True))

    @cached_property
    def versions(self) -> dict[str, Process]:
        """The process as it stood, by the digest of the version: filled by `versions.frozen`."""
        return {}

    def picture(self) -> dict[str, Any]:
        """The declaration as data: what a version freezes."""
        return {
            "states": [_state(each) for each in self.states],
            "steps": [_step(each) for each in self.steps],
        }

    def digest(self) -> str:
        return digest(self.picture())


def digest(picture: Mapping[str, Any]) -> str:
    """A version is known by what it says; how a state or step is called does not count."""
    said = {
        part: [{key: value for key, value in row.items() if key != "title"} for row in rows]
        for part, rows in picture.items()
    }
    text = json.dumps(said, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _state(state: State) -> dict[str, Any]:
    facts = ("name", "holder", "level", "within", "outcome", "notice")
    return {"title": str(state.title), **{name: getattr(state, name) for name in facts}}


def _step(step: Step) -> dict[str, Any]:
    facts = ("name", "target", "reason", "anytime")
    sign = step.sign and {
        "needed": step.sign.count,
        "signers": [[each.name, each.role, each.level] for each in step.sign.signers],
    }
    said = {name: getattr(step, name) for name in facts}
    return {"title": str(step.title), **said, "source": list(step.source), "by": repr(step.by), "sign": sign}


def check(process: Process) -> str:
    """The first thing wrong, as a sentence; empty if nothing is."""
    return _check_names(process) or _check_ways(process) or _check_states(process)


def _check_names(process: Process) -> str:
    names = [state.name for state in process.states]
    if len(set(names)) != len(names):
        return "two states have one name."
    steps = [step.name for step in process.steps] + list(RESERVED)
    if len(set(steps)) != len(steps):
        return f"a step has the name of another, or one of {', '.join(RESERVED)}."
    return next(filter(None, (_check_step(step, set(names)) for step in process.steps)), "")


def _check_step(step: Step, names: set[str]) -> str:
    unknown = {*step.source, step.target} - names
    if unknown:
        return f"step {step.name!r} speaks of unknown states {sorted(unknown)}."
    if not step.by:
        return f"step {step.name!r} does not say who may take it."
    if step.form and not step.do:
        return f"step {step.name!r} has a form and does nothing with what it says."
    if step.sign and step.form:
        return f"step {step.name!r} is countersigned and has a form: all would have to say the same."
    if step.sign and not 2 <= step.sign.count <= len({each.name for each in step.sign.signers}):
        return f"step {step.name!r} needs at least two signers, each with a name, and as many as it counts."
    return ""


def _check_ways(process: Process) -> str:
    """Every state is reached, and from every state there is a way to an end."""
    unreached = {state.name for state in process.states} - reached(process)
    if unreached:
        return f"nothing leads to {sorted(unreached)}."
    for state in process.states:
        leads_on = bool(process.steps_from(state.name))
        if leads_on == state.final:
            return f"{state.name!r} is {'final, yet steps leave it' if state.final else 'open, yet no step leaves it'}."
    endless = {state.name for state in process.states} - can_end(process)
    return f"from {sorted(endless)} there is no way to an end." if endless else ""


def _check_states(process: Process) -> str:
    for state in process.states:
        held = state.holder == APPLICANT or (state.holder and state.level)
        if not state.final and not held:
            return f"nobody holds {state.name!r}."
        if state.notice is not None and (state.final or not process.announce):
            return (
                f"{state.name!r} is a public notice: it must be open, and the process say what it announces."
            )
    return ""


def reached(process: Process, start: str = "") -> set[str]:
    """The states that steps lead to from one of them, from the first if none is named; itself too."""
    found, waiting = set(), [start or process.initial.name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [step.target for step in process.steps_from(name)]
    return found


def can_end(process: Process) -> set[str]:
    found: set[str] = set()
    waiting = [state.name for state in process.states if state.final]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [source for step in process.steps if step.target == name for source in step.source]
    return found


def reduced(process: Process) -> Process:
    """Without what nothing leads to any more."""
    kept = reached(process)
    states = tuple(state for state in process.states if state.name in kept)
    steps = tuple(
        replace(step, source=tuple(name for name in step.source if name in kept))
        for step in process.steps
        if kept.intersection(step.source)
    )
    return replace(process, states=states, steps=steps)
