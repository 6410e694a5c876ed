from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wutong.kernel.process.engine import colleagues
from wutong.kernel.process.models import Case, Objection
from wutong.kernel.process.spec import Step


class StepForm(forms.Form):
    """What every step may say; a step with fields of its own adds them."""

    comment = forms.CharField(
        label=_("意见"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)


def step_form(step: Step, data: Any = None, *, seen: int | None = None) -> forms.Form:
    kind = type("StepForm", (step.form, StepForm), {}) if step.form else StepForm
    form = kind(data, initial={"seen": seen})
    comment = form.fields["comment"]
    if step.reason:
        comment.required, comment.label = True, _("理由")
        comment.error_messages["required"] = _("请写明理由，对方会看到。")
    return form


class BatchForm(forms.Form):
    """One step for many; `steps` are those that may be taken, by name."""

    step = forms.ChoiceField(label=_("办理"), widget=forms.RadioSelect)
    comment = forms.CharField(
        label=_("意见"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, steps: dict[str, Step], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.steps = steps
        self.fields["step"].choices = [(name, step.title) for name, step in steps.items()]

    def clean(self) -> dict[str, Any]:
        step = self.steps.get(self.cleaned_data.get("step", ""))
        if step and step.reason and not self.cleaned_data.get("comment", "").strip():
            self.add_error("comment", _("请写明理由，对方会看到。"))
        return self.cleaned_data


class DelegateForm(forms.Form):
    person = forms.ModelChoiceField(label=_("转交给"), queryset=None)
    comment = forms.CharField(label=_("说明"), max_length=200, required=False)

    def __init__(self, case: Case, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = colleagues(case).order_by("name", "pk")


class ProgressForm(forms.Form):
    number = forms.CharField(label=_("办件号"), max_length=30)
    code = forms.CharField(
        label=_("查询码"), max_length=20, help_text=_("印在回执上的十位字母数字，大小写不限。")
    )


class VerifyForm(forms.Form):
    number = forms.CharField(label=_("办件号"), max_length=30)
    code = forms.CharField(label=_("校验码"), max_length=40)


class ObjectionForm(forms.Form):
    text = forms.CharField(
        label=_("异议内容和理由"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("实名提出；只有办理单位看得到您是谁。"),
    )


class DecisionForm(forms.Form):
    outcome = forms.ChoiceField(label=_("处理结果"), choices=Objection.Outcome, widget=forms.RadioSelect)
    answer = forms.CharField(
        label=_("答复"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("会发给异议人。"),
    )
