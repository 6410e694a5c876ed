"""What officers fill in beside the rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wutong.platforms.governance.enrolment.forms import choice
from wutong.platforms.governance.enrolment.models import Draw, PlacementRun, Plan, Window


class JudgeForm(forms.Form):
    good = choice(_("核验结果"), {"yes": _("通过"), "no": _("不通过")})
    comment = forms.CharField(label=_("说明"), max_length=300, required=False)


class MoveForm(forms.Form):
    """One of the district's own moves with its reason."""

    reason = forms.CharField(label=_("理由"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))


class SeatForm(forms.Form):
    plan = forms.ModelChoiceField(label=_("学校"), queryset=None)
    how = forms.CharField(label=_("安置方式"), max_length=60, required=False)

    def __init__(self, window: Window, data: Any = None, *, special: bool = False) -> None:
        super().__init__(data)
        rows = Plan.objects.unscoped("plans of the officer's own window").filter(window=window, side="public")
        self.fields["plan"].queryset = rows.select_related("school").order_by("school__path")
        self.fields["plan"].label_from_instance = _room
        if special:
            self.fields["how"].required, self.fields["how"].help_text = (
                True,
                _("随班就读、特教学校或送教上门"),
            )
        else:
            del self.fields["how"]


def _room(plan: Plan) -> str:
    return str(_("%(plan)s，还有 %(free)s 个学位") % {"plan": plan, "free": plan.free})


class FreezeForm(forms.Form):
    round = choice(_("轮次"), dict(Draw.Round.choices))
    rehearsal = forms.BooleanField(
        label=_("这是演练"), required=False, help_text=_("演练可以反复做，结果不能公布。")
    )


class SeedForm(forms.Form):
    public_seed = forms.CharField(
        label=_("公共种子"), max_length=200, help_text=_("冻结名单以后才产生的数，例如当晚的福彩开奖号码。")
    )
    public_source = forms.CharField(
        label=_("来源"), max_length=200, help_text=_("写清楚哪一期、在哪里能查到。")
    )


class WitnessForm(forms.Form):
    name = forms.CharField(label=_("姓名"), max_length=60)
    office = forms.CharField(label=_("身份"), max_length=100, help_text=_("例如：东方公证处公证员"))


class RunForm(forms.Form):
    kind = choice(_("批次"), dict(PlacementRun.Kind.choices))
