from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.platforms.learning.records.models import Profile, Scope
from wutong.platforms.learning.records.queries import keyholders


class Place(forms.ModelChoiceField):
    def label_from_instance(self, obj: Organisation) -> str:
        return obj.full_name


class KeyForm(forms.Form):
    name = forms.CharField(label=_("名称"), max_length=60, help_text=_("哪个软件使用，例如“数学作业平台”。"))
    organisation = Place(
        label=_("机构"),
        queryset=Organisation.objects.none(),
        help_text=_("每个机构的学习记录分开存放，密钥只能进入这一个机构。"),
    )
    scopes = forms.MultipleChoiceField(
        label=_("权限"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple, initial=[Scope.WRITE]
    )

    profiles = forms.MultipleChoiceField(
        label=_("只收符合规范的记录"),
        choices=Profile.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("可以不选。选了以后，不符合规范的记录会被拒收，并说明哪里不符。"),
    )

    def __init__(self, actor: Actor, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = self.fields["organisation"]
        places.queryset = keyholders(actor)
        places.initial = places.queryset.first()
