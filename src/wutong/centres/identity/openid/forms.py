from django import forms
from django.utils.translation import gettext_lazy as _


class UserCodeForm(forms.Form):
    user_code = forms.CharField(
        label=_("设备上显示的代码"),
        max_length=20,
        help_text=_("八个字母，例如 BCDF-GHJK。"),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )
