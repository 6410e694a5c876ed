from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.notice.audience import ROLES
from wutong.kernel.notice.models import Notice
from wutong.kernel.notice.queries import audiences
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor


class Audience(forms.ModelChoiceField):
    def label_from_instance(self, obj: Organisation) -> str:
        return obj.full_name


class NoticeForm(forms.Form):
    title = forms.CharField(label=_("标题"), max_length=120)
    body = forms.CharField(
        label=_("正文"),
        widget=forms.Textarea,
        max_length=5000,
        help_text=_("空一行另起一段；网址会变成链接。"),
    )
    kind = forms.ChoiceField(label=_("类别"), choices=[c for c in Notice.Kind.choices if c[0] != "system"])
    audience = Audience(
        label=_("发给"), queryset=Organisation.objects.none(), help_text=_("包括其下级单位。")
    )
    roles = forms.MultipleChoiceField(
        label=_("其中的身份"), choices=ROLES, widget=forms.CheckboxSelectMultiple
    )
    needs_receipt = forms.BooleanField(label=_("需要回执"), required=False)
    due = forms.DateField(label=_("回执截止"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["audience"].queryset = audiences(actor, timezone.localdate())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        due = values.get("due")
        if due and due < timezone.localdate():
            self.add_error("due", _("截止日期不能早于今天。"))
        return values
