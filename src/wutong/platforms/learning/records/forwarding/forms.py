from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.platforms.learning.records.forms import Place
from wutong.platforms.learning.records.queries import keyholders


class ForwardForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=60, help_text=_("转发给谁，例如“市教研室学习分析”。"))
    organisation = Place(label=_("机构"), queryset=Organisation.objects.none())
    url = forms.CharField(
        label=_("对方的接入地址"), max_length=500, help_text=_("对方的 LRS 地址，不带 statements。")
    )
    username = forms.CharField(label=_("用户名"), max_length=200)
    secret = forms.CharField(
        label=_("密码"), max_length=200, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    verb = forms.URLField(
        label=_("只转发这个动词"), max_length=500, required=False, assume_scheme="https",
        help_text=_("动词的网址；留空表示全部。"),
    )  # fmt: skip
    activity = forms.URLField(
        label=_("只转发这个活动"), max_length=500, required=False, assume_scheme="https",
        help_text=_("活动的网址，连同属于它的；留空表示全部。"),
    )  # fmt: skip
    earlier = forms.BooleanField(label=_("以前的记录也转发"), required=False)
    purpose = forms.CharField(
        label=_("用途"),
        max_length=200,
        help_text=_("为什么要交给对方，将写入日志。已经转发的记录，这里删除后对方那里仍然在。"),
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = self.fields["organisation"]
        places.queryset = keyholders(actor)
        places.initial = places.queryset.first()
