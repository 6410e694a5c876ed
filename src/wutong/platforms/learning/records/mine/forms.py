from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Person
from wutong.platforms.learning.records.mine.record import Filters, Record
from wutong.platforms.learning.records.mine.words import KINDS

KIND_CHOICES = [("", _("全部")), *((kind, title) for kind, (title, _words) in KINDS.items())]


class PurposeForm(forms.Form):
    purpose = forms.CharField(
        label=_("查看目的"), max_length=100, help_text=_("例如“期末评语”。会记入审计记录，本人可以要求说明。")
    )


class FilterForm(forms.Form):
    """What is not in the lists is no filter: the address is not worth an error page."""

    year = forms.TypedChoiceField(label=_("年份"), required=False, coerce=int, empty_value=None)
    kind = forms.ChoiceField(label=_("类别"), required=False, choices=KIND_CHOICES)
    key = forms.TypedChoiceField(label=_("学习软件"), required=False, coerce=int, empty_value=None)

    def __init__(self, record: Record, years: list[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="f-%s", **kwargs)
        self.fields["year"].choices = [("", _("全部")), *((year, year) for year in reversed(years))]
        keys = [(key.pk, f"{key.name}（{key.organisation}）") for key in record.software()]
        self.fields["key"].choices = [("", _("全部")), *keys]

    def filters(self) -> Filters:
        self.full_clean()
        return Filters(**self.cleaned_data)


class CorrectionForm(forms.Form):
    reason = forms.CharField(
        label=_("哪里不对"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("请写明正确的情况。办理人会看到这条记录和您写的内容。"),
    )


class ShareForm(forms.Form):
    shown_as = forms.CharField(
        label=_("对外显示的姓名"), max_length=40, help_text=_("收到链接的人看到的名字，可以不写全名。")
    )
    year = forms.TypedChoiceField(label=_("年份"), required=False, coerce=int, empty_value=None)
    kind = forms.ChoiceField(label=_("类别"), required=False, choices=KIND_CHOICES)
    until = forms.DateField(
        label=_("有效期至"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("最长一年。到期后链接自动失效，也可以随时停止。"),
    )

    def __init__(self, person: Person, years: list[int], *args: Any, **kwargs: Any) -> None:
        until = timezone.localdate() + timedelta(days=30)
        super().__init__(*args, initial={"shown_as": str(person), "until": until}, **kwargs)
        self.fields["year"].choices = [("", _("全部")), *((year, year) for year in reversed(years))]

    def clean_shown_as(self) -> str:
        if "\x00" in self.cleaned_data["shown_as"]:
            raise ValidationError(_("姓名里有不能显示的字符。"))
        return self.cleaned_data["shown_as"]
