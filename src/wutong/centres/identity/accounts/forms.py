"""What people fill in to open an account."""

import re
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_email
from django.utils.translation import gettext_lazy as _

MOBILE = re.compile(r"1\d{10}")
NAMED = RegexValidator(
    r"^[a-z0-9][a-z0-9.@_+-]{3,59}$", _("账号名用 4 到 60 个小写字母、数字或 . _ - @，以字母或数字开头。")
)


def plain_contact(text: str) -> str:
    """A mobile number without country code and gaps; a mail address in small letters."""
    if "@" in text:
        return text.strip().lower()
    digits = re.sub(r"[\s()-]", "", text)
    return digits.removeprefix("+86").removeprefix("0086")


class ContactField(forms.CharField):
    def __init__(self, *, mail: bool = False, **options: Any) -> None:
        self.mail = mail
        attrs = {"autocomplete": "username" if mail else "tel", "inputmode": "text" if mail else "tel"}
        super().__init__(max_length=60, widget=forms.TextInput(attrs=attrs), **options)

    def to_python(self, value: Any) -> str:
        return plain_contact(super().to_python(value))

    def validate(self, value: str) -> None:
        super().validate(value)
        if self.mail and "@" in value:
            validate_email(value)
        elif not MOBILE.fullmatch(value):
            raise ValidationError(_("请填写 11 位手机号。"))


def _text(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=60, **options)


class CardForm(forms.Form):
    code = forms.CharField(
        label=_("激活码"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class GuardianForm(forms.Form):
    child = _text(_("孩子姓名"))
    number = _text(_("孩子的学籍号或身份证号"))
    contact = ContactField(label=_("您的手机号"), help_text=_("在学校登记过的那个号码。"))


class StaffForm(forms.Form):
    name = _text(_("姓名"))
    number = _text(_("教师号"))
    contact = ContactField(label=_("您的手机号"), help_text=_("在学校登记过的那个号码。"))


class CitizenForm(forms.Form):
    name = _text(_("姓名"))
    contact = ContactField(label=_("手机号或邮箱"), mail=True)


class SentCodeForm(forms.Form):
    code = forms.CharField(
        label=_("验证码"),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasswordForm(forms.Form):
    """For who has an account already; `account` is whom the password is for."""

    password = forms.CharField(
        label=_("新密码"),
        help_text=_("至少 10 个字符，不要用常见密码。一句您记得住的话也很好。"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再输一次"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def clean_password(self) -> str:
        validate_password(self.cleaned_data["password"])
        return self.cleaned_data["password"]

    def clean_again(self) -> str:
        if self.cleaned_data["again"] != self.cleaned_data.get("password", self.cleaned_data["again"]):
            raise ValidationError(_("两次输入的密码不一样。"))
        return self.cleaned_data["again"]


class AccountForm(PasswordForm):
    username = forms.CharField(
        label=_("账号名"),
        max_length=60,
        help_text=_("以后用它登录，可以改成好记的。"),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    field_order = ("username", "password", "again")

    def clean_username(self) -> str:
        username = self.cleaned_data["username"].strip().lower()
        NAMED(username)
        return username
