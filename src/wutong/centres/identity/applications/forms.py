"""The form of an application: what is asked for, in the words of who runs one."""

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts.api import PASSKEY, PASSWORD, TWO_FACTOR
from wutong.centres.identity.applications.claims import CLAIMS
from wutong.centres.identity.applications.facts import FACTS, facts_of
from wutong.centres.identity.applications.models import Application
from wutong.centres.identity.applications.rules import NAMING, only_cas
from wutong.kernel.people.models import Organisation

WEIGHTS = {1: "", 2: _("个人信息"), 3: _("敏感信息，每次提供都记入审计日志")}
LEVELS = (("", _("不限")), (PASSWORD, _("密码")), (TWO_FACTOR, _("密码加验证器")), (PASSKEY, _("通行密钥")))
ADVANCED = _("高级设置")
PARTS = (
    (_("应用"), ("organisation", "name", "purpose", "kind", "grants")),
    (_("地址"), ("service_prefixes", "redirect_uris", "post_logout_redirect_uris", "backchannel_logout_uri")),
    (_("用户与个人信息"), ("reach", "audience", "claims", "user_claim", "scopes", "acr")),
    (
        ADVANCED,
        (
            "auth_method",
            "jwks",
            "subject_type",
            "sector_identifier",
            "id_token_alg",
            "require_par",
            "dpop_bound",
        ),
    ),
    (_("说明"), ("reason",)),
)


class Lines(forms.CharField):
    """One address a line."""

    widget = forms.Textarea

    def __init__(self, **values: Any) -> None:
        super().__init__(
            required=False, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}), **values
        )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys(line.strip() for line in (value or "").splitlines() if line.strip()))


class Words(Lines):
    def prepare_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return list(dict.fromkeys((value or "").split()))


class Keys(forms.CharField):
    """A set of public keys as JSON."""

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value, indent=1) if isinstance(value, dict) and value else value or ""

    def to_python(self, value: Any) -> dict[str, Any]:
        if not (value or "").strip():
            return {}
        try:
            found = json.loads(value)
        except ValueError:
            found = None
        keys = found.get("keys") if isinstance(found, dict) else None
        if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
            raise ValidationError(_('请填写 JSON 格式的公钥集，例如 {"keys": [ … ]}。'))
        return {"keys": keys}


def _choice(name: str, **values: Any) -> forms.ChoiceField:
    field = Application._meta.get_field(name)
    return forms.ChoiceField(label=field.verbose_name, choices=field.choices, **values)


def _several(name: str, choices: Any, **values: Any) -> forms.MultipleChoiceField:
    widget = forms.CheckboxSelectMultiple
    return forms.MultipleChoiceField(
        label=label_of(name), choices=choices, widget=widget, required=False, **values
    )


def label_of(name: str) -> Any:
    return Application._meta.get_field(name).verbose_name


def _claims() -> list[tuple[str, str]]:
    return [
        (name, f"{claim.title}（{WEIGHTS[claim.weight]}）" if WEIGHTS[claim.weight] else str(claim.title))
        for name, claim in CLAIMS.items()
    ]


def given_back(application: Application) -> dict[str, Any]:
    """What was asked for last and not granted: it need not be typed again."""
    rows = application.registrations.unscoped("the cases of an application at hand").select_related("case")
    last = rows.order_by("-pk").first()
    return last.proposed if last and last.before and last.case.outcome == "refused" else {}


class ApplicationForm(forms.Form):
    organisation = forms.ModelChoiceField(label=_("所属单位"), queryset=None, empty_label=None)
    name = forms.CharField(label=label_of("name"), max_length=60, help_text=_("用户登录时会看到。"))
    purpose = forms.CharField(
        label=label_of("purpose"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("谁用它做什么。审核人和用户会看到。"),
    )
    kind = _choice("kind", widget=forms.RadioSelect)
    grants = _several("grants", Application.Grant.choices)
    service_prefixes = Lines(
        label=label_of("service_prefixes"),
        help_text=_("CAS 应用的网址开头，每行一个，例如 https://app.example.cn/library"),
    )
    redirect_uris = Lines(
        label=label_of("redirect_uris"), help_text=_("OpenID 回调的完整地址，每行一个，逐字比对。")
    )
    post_logout_redirect_uris = Lines(label=label_of("post_logout_redirect_uris"))
    backchannel_logout_uri = forms.CharField(
        label=label_of("backchannel_logout_uri"),
        max_length=500,
        required=False,
        help_text=_("用户在别处退出时，认证中心通知这个地址。"),
    )
    reach = _choice("reach", widget=forms.RadioSelect)
    audience = _several("audience", Application.Audience.choices, help_text=_("不选表示范围内所有人。"))
    claims = forms.MultipleChoiceField(
        label=label_of("claims"),
        choices=_claims,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("不选则只得到一个用户编号，不含任何个人信息。只选办事必需的。"),
    )
    user_claim = forms.ChoiceField(
        label=label_of("user_claim"),
        required=False,
        help_text=_("CAS 应用按什么认人。选用户编号以外的，须在上面勾选。"),
        choices=lambda: [("", _("用户编号")), *((name, CLAIMS[name].title) for name in NAMING)],
    )
    scopes = Words(label=label_of("scopes"), help_text=_("OAuth 权限范围，用空格隔开，例如 openid profile"))
    acr = forms.ChoiceField(label=label_of("acr"), choices=LEVELS, required=False)
    auth_method = _choice("auth_method")
    jwks = Keys(
        label=label_of("jwks"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    subject_type = _choice("subject_type", widget=forms.RadioSelect)
    sector_identifier = forms.CharField(
        label=label_of("sector_identifier"),
        max_length=60,
        required=False,
        help_text=_("本单位填写相同名称的应用，看到的用户编号相同。"),
    )
    id_token_alg = _choice("id_token_alg")
    require_par = forms.BooleanField(label=label_of("require_par"), required=False)
    dpop_bound = forms.BooleanField(label=label_of("dpop_bound"), required=False)
    reason = forms.CharField(
        label=_("申请说明"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}), required=False
    )

    def __init__(
        self, places: Any, *args: Any, application: Application | None = None, **kwargs: Any
    ) -> None:
        blank = Application(kind=Application.Kind.CONFIDENTIAL)
        initial = facts_of(application or blank) | (given_back(application) if application else {})
        super().__init__(*args, initial=initial, **kwargs)
        self.application = application
        self.fields["organisation"].queryset = places
        if application is not None or (
            isinstance(places, type(Organisation.objects.none())) and len(places) == 1
        ):
            del self.fields["organisation"]

    def parts(self) -> list[dict[str, Any]]:
        """The fields in groups, as the page shows them."""
        return [
            {
                "title": title,
                "folded": title is ADVANCED and not any(name in self.errors for name in names),
                "fields": [self[name] for name in names if name in self.fields],
            }
            for title, names in PARTS
        ]

    def facts(self) -> dict[str, Any]:
        """What follows from the rest is not asked: a public client, or one of CAS alone, has no secret."""
        found = {name: self.cleaned_data[name] for name in FACTS}
        if found["kind"] == Application.Kind.PUBLIC or only_cas(Application(grants=found["grants"])):
            found["auth_method"] = Application.Proof.NONE
        return found
