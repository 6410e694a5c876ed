from django import forms
from django.utils.translation import gettext_lazy as _


class PurposeForm(forms.Form):
    purpose = forms.CharField(
        label=_("用途"),
        max_length=200,
        help_text=_("例如：核对学籍、办理转学。会和您的姓名一起记入审计日志。"),
    )
