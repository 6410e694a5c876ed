"""What a case runs on: the declaration with what the offices above settled for the year, frozen when it is opened.

What can be said as data (who holds a state, for how long, which steps exist, who countersigns) is the version's;
what only code can do (rights, effects, forms) is found by the step's name in the code of today.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Invalid, Sentence
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor, nobody, over
from wutong.kernel.process.models import ProcessVersion, Variant
from wutong.kernel.process.spec import Countersign, Process, Signer, State, Step, can_end, digest

Terms = Mapping[str, Mapping[str, Any]]
# What of a state an office may settle; `steps` says of each step whether it exists.
SETTLED = ("within", "notice", "holder")
settles = over("officer")


def effective(process: Process, organisation: Organisation, year: int) -> Process:
    """What a case opened there in that year runs on: settled from the root down, the nearest office last."""
    return settled(process, variants_above(process, organisation, year))


def variants_above(process: Process, organisation: Organisation, year: int) -> list[Variant]:
    rows = Variant.objects.unscoped("what binds an office is no secret of the one above").select_related(
        "organisation"
    )
    line = [*organisation.ancestors, organisation.pk]
    return list(
        rows.filter(process=process.name, year=year, organisation__in=line).order_by("organisation__path")
    )


def settled(process: Process, variants: Iterable[Variant]) -> Process:
    exists = {step.name: step.usual for step in process.steps}
    states = {state.name: state for state in process.states}
    for terms in (variant.terms for variant in variants):
        exists.update({name: on for name, on in terms.get("steps", {}).items() if name in exists})
        for name in SETTLED:
            for state, value in terms.get(name, {}).items():
                if state in states:
                    states[state] = replace(states[state], **_said(name, value))
    found = replace(process, states=tuple(states.values()), frozen=True)
    return found.reduced(lambda step: exists[step.name])


def _said(name: str, value: Any) -> dict[str, Any]:
    """A holder is written `role@level`."""
    if name != "holder":
        return {name: value}
    role, _at, level = str(value).partition("@")
    return {"holder": role, "level": level}


@action("process.settle", title=_("设定办理规则"), allow=settles)
def settle(
    actor: Actor, organisation: Organisation, *, process: Process, year: int, terms: Terms, at: datetime
) -> Variant:
    """For cases that are opened from now on; those on their way keep what they began with.

    The lock on the office keeps two of it from settling at the same moment.
    """
    Organisation._base_manager.select_for_update().get(pk=organisation.pk)
    rows = Variant.objects.unscoped("the one of this office")
    found = rows.filter(process=process.name, year=year, organisation=organisation).first()
    above = [
        each
        for each in variants_above(process, organisation, year)
        if each.organisation_id != organisation.pk
    ]
    draft = Variant(process=process.name, year=year, organisation=organisation, terms=dict(terms), at=at)
    if sentence := problem(settled(process, [*above, draft])):
        raise Invalid(sentence)
    return change(found, terms=dict(terms), at=at) if found else create(draft)


def problem(process: Process) -> Sentence:
    """Why a matter could not come to its end under these rules; empty if it can."""
    stuck = [state for state in process.states if state.name not in can_end(process)]
    if stuck:
        return format_lazy(
            _("这样设定后，“{state}”没有步骤可以办结，请保留至少一个去向。"), state=stuck[0].title
        )
    if not any(state.outcome == "approved" for state in process.states):
        return _("这样设定后，办件不可能获得同意，请保留通向办结的步骤。")
    return ""


def version_of(process: Process, organisation: Organisation, at: datetime) -> ProcessVersion:
    """The frozen version for a case opened now; the same rules are the same version."""
    year = timezone.localdate(at).year
    with translation.override("zh-hans"):
        picture = effective(process, organisation, year).picture()
    found, _made = ProcessVersion.objects.get_or_create(
        process=process.name, year=year, digest=digest(picture), defaults={"picture": picture, "at": at}
    )
    return found


def frozen(process: Process, version: ProcessVersion) -> Process:
    """The process as it stood; code and words are those of today as far as they are there."""
    if version.digest not in process.versions:
        process.versions[version.digest] = as_it_stood(process, version.picture)
    return process.versions[version.digest]


def as_it_stood(process: Process, picture: Mapping[str, Any]) -> Process:
    states = tuple(_state(process, row) for row in picture["states"])
    steps = tuple(_step(process, row) for row in picture["steps"])
    return replace(process, states=states, steps=steps, frozen=True)


def _state(process: Process, row: Mapping[str, Any]) -> State:
    known = {state.name: state for state in process.states}
    title = row["title"]
    state = known.get(row["name"]) or State(row["name"], _(title))
    facts = ("holder", "level", "within", "outcome", "notice")
    return replace(state, **{name: row[name] for name in facts})


def _step(process: Process, row: Mapping[str, Any]) -> Step:
    title, step = row["title"], process.step(row["name"])
    if step is None:
        step = Step(row["name"], _(title), (), "", by=nobody, tone="quiet", gone=True)
    sign = row["sign"] and _countersign(step, row["sign"])
    return replace(
        step,
        source=tuple(row["source"]),
        target=row["target"],
        reason=row["reason"],
        anytime=row["anytime"],
        sign=sign,
    )


def _countersign(step: Step, said: Mapping[str, Any]) -> Countersign:
    known = {each.name: each for each in step.sign.signers} if step.sign else {}
    signers = [
        replace(known.get(name) or Signer(name, name, role, level), role=role, level=level)
        for name, role, level in said["signers"]
    ]
    return Countersign(tuple(signers), said["needed"])


def holder_words(state: State) -> str:
    level, role = LEVELS.get(state.level, ""), ROLES.get(state.holder, state.holder)
    return str(format_lazy(_("{level}{role}"), level=level, role=role)).strip()


LEVELS: dict[str, Sentence] = {
    "city": _("市级"),
    "district": _("区级"),
    "school": _("学校"),
    "class": _("班级"),
}
ROLES: dict[str, Sentence] = {
    "officer": _("管理人员"),
    "clerk": _("经办人"),
    "head": _("负责人"),
    "auditor": _("审计人员"),
    "class_teacher": _("班主任"),
    "applicant": _("申请人"),
    "": "",
}
