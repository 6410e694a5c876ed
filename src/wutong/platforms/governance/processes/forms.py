from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.process.spec import APPLICANT, Process, State
from wutong.kernel.process.versions import LEVELS, ROLES

HOLDERS = [
    (f"{role}@{level}", format_lazy(_("{level}{role}"), level=LEVELS[level], role=ROLES[role]))
    for level in ("school", "district", "city")
    for role in ("clerk", "head", "officer")
    if (role == "officer") == (level != "school")
]


class TermsForm(forms.Form):
    """The rules as they hold at an office; what is changed against what it inherits becomes its own."""

    def __init__(self, process: Process, inherited: Process, now: Process, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.process, self.inherited = process, inherited
        known = {state.name: state for state in now.states}
        self.held = [state for state in inherited.states if not state.final]
        for state in self.held:
            self._add_state(state, known.get(state.name, state))
        steps = {step.name for step in now.steps}
        self.fields["steps"] = forms.MultipleChoiceField(
            label=_("本年度有这些步骤"),
            choices=[(step.name, step.title) for step in process.steps],
            initial=sorted(steps),
            widget=forms.CheckboxSelectMultiple,
            help_text=_("取消以后发起的办件就没有这一步；已在办的不受影响。"),
        )

    def _add_state(self, inherited: State, now: State) -> None:
        self.fields[f"within_{now.name}"] = _days(
            format_lazy(_("{state}：办理期限"), state=now.title), now.within
        )
        if inherited.notice is not None:
            field = _days(format_lazy(_("{state}：公示时间"), state=now.title), now.notice)
            field.required, field.min_value = True, 1
            self.fields[f"notice_{now.name}"] = field
        if inherited.holder != APPLICANT:
            held = f"{now.holder}@{now.level}"
            choices = HOLDERS if held in dict(HOLDERS) else [*HOLDERS, (held, held)]
            self.fields[f"holder_{now.name}"] = forms.ChoiceField(
                label=format_lazy(_("{state}：办理人"), state=now.title), choices=choices, initial=held
            )

    def terms(self) -> dict[str, dict[str, Any]]:
        """Only what differs from above, so that what the office above settles later reaches it."""
        found: dict[str, dict[str, Any]] = {}
        for state in self.held:
            held = f"{state.holder}@{state.level}"
            for name, above in (("within", state.within), ("notice", state.notice), ("holder", held)):
                key = f"{name}_{state.name}"
                if key in self.fields and self.cleaned_data[key] != above:
                    found.setdefault(name, {})[state.name] = self.cleaned_data[key]
        there, chosen = {step.name for step in self.inherited.steps}, set(self.cleaned_data["steps"])
        steps = {step.name: step.name in chosen for step in self.process.steps}
        changed = {name: on for name, on in steps.items() if on != (name in there)}
        return {**found, "steps": changed} if changed else found


def _days(label: Any, now: int | None) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=0,
        max_value=250,
        initial=now,
        help_text=_("工作日；空着表示不限。"),
    )
