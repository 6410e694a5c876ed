from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wutong.platforms.learning.records.models import Key
from wutong.platforms.learning.records.store.people import agent_of
from wutong.platforms.learning.records.xapi import agents, atoms
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.strict import parse

MOMENT = "%Y-%m-%dT%H:%M"


class Moment(forms.DateTimeField):
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)


class SearchForm(forms.Form):
    """What is looked for, and why. The filters are those of the standard's GET statements (4.1.6.1)."""

    purpose = forms.CharField(
        label=_("查看目的"), max_length=100, help_text=_("例如“核对接入”。会记入审计记录。")
    )
    agent = forms.CharField(
        label=_("学习者"),
        required=False,
        max_length=1_000,
        help_text=_("邮箱、person-编号、“账号主页 账号名”，或者 xAPI 的 agent。"),
    )
    verb = forms.CharField(label=_("动词"), required=False, max_length=500, help_text=_("完整网址。"))
    activity = forms.CharField(
        label=_("学习活动"), required=False, max_length=2_000, help_text=_("完整网址。")
    )
    registration = forms.UUIDField(label=_("注册号 registration"), required=False)
    since = Moment(label=_("写入时间晚于"), required=False)
    until = Moment(label=_("写入时间不晚于"), required=False)

    def clean_agent(self) -> JsonObject | None:
        text = self.cleaned_data["agent"]
        try:
            return _agent(text) if text else None
        except Refused:
            raise forms.ValidationError(_("看不懂这个学习者，请按下面的说明填写。")) from None

    def clean_verb(self) -> str:
        return _address(self.cleaned_data["verb"])

    def clean_activity(self) -> str:
        return _address(self.cleaned_data["activity"])


def _agent(text: str) -> JsonObject:
    if found := re.fullmatch(r"person-(\d{1,18})", text):
        return agent_of(int(found[1]))
    if text.startswith("{"):
        given = parse(text.encode())
    elif " " in text:
        page, _space, name = text.partition(" ")
        given = {"account": {"homePage": page, "name": name.strip()}}
    else:
        given = {"mbox": text if text.startswith("mailto:") else f"mailto:{text}"}
    agents.agent_or_group(given)
    return given


def _address(text: str) -> str:
    try:
        if text:
            atoms.iri(text)
    except Refused:
        raise forms.ValidationError(_("请填写完整的网址。")) from None
    return text


class TrialForm(forms.Form):
    key = forms.ModelChoiceField(label=_("用哪个密钥"), queryset=Key.objects.none(), empty_label=None)

    def __init__(self, keys: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].queryset = keys
