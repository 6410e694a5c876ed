"""What families fill in: one thing at a time, each page a form of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.platforms.governance.enrolment import papers
from wutong.platforms.governance.enrolment import sheet as form
from wutong.platforms.governance.enrolment.models import Plan, Window


def choice(label: Any, options: Mapping[str, Any], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(options.items()), widget=forms.RadioSelect, **more)


def day(label: Any, **more: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(label=label, widget=widget, **more)


def address(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=200, help_text=help_text)


class PartForm(forms.Form):
    """A page of the sheet: begins with what the sheet says, gives back the parts it changes."""

    def __init__(self, sheet: Mapping[str, Any], data: Any = None) -> None:
        self.sheet = sheet
        super().__init__(data, initial=self.known())

    def known(self) -> dict[str, Any]:
        raise NotImplementedError

    def parts(self) -> dict[str, dict[str, Any]]:
        raise NotImplementedError

    def said(self, *names: str) -> dict[str, Any]:
        """As the sheet keeps them: days as text, without what was left empty."""
        values = {name: self.cleaned_data.get(name) for name in names}
        return {name: _text(value) for name, value in values.items() if value not in (None, "")}


def _text(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


class HouseholdForm(PartForm):
    kind = choice(_("孩子的户籍"), form.HOUSEHOLD_KINDS)
    address = address(_("户口簿上的地址"), _("写到门牌和室号，例如：徐汇区永嘉路388号501室"))
    since = day(_("孩子的入户日期"), required=False, help_text=_("在户口簿孩子那一页；外省市户籍可以不填。"))
    head = choice(_("户主是孩子的"), form.OWNERS, required=False)

    def known(self) -> dict[str, Any]:
        return dict(self.sheet.get("household", {}))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") in ("family", "collective") and not data.get("since"):
            self.add_error("since", _("请填写入户日期，同类孩子要比较它。"))
        return data

    def parts(self) -> dict[str, dict[str, Any]]:
        return {"household": self.said("kind", "address", "since", "head")}


class HomeForm(PartForm):
    kind = choice(_("现在住的房子"), form.HOME_KINDS)
    address = address(_("现在住的地址"), _("和户口簿上一样也请写上。"))

    def known(self) -> dict[str, Any]:
        return dict(self.sheet.get("home", {}))

    def parts(self) -> dict[str, dict[str, Any]]:
        kept = self.sheet.get("home", {})
        papers = {name: kept[name] for name in ("certificate", "since", "owner") if name in kept}
        return {"home": {**papers, **self.said("kind", "address")}}


class PapersForm(PartForm):
    """Of the two halves only those that this family needs."""

    certificate = forms.CharField(label=_("不动产权证号"), max_length=60)
    since = day(_("产证登记日期"))
    owner = choice(_("产权人是孩子的"), form.OWNERS)
    number = forms.CharField(label=_("家长的居住证号"), max_length=40)
    valid_to = day(_("居住证有效期至"))
    months = forms.IntegerField(label=_("连续缴纳社会保险的月数"), min_value=0, max_value=600, required=False)
    flexible_years = forms.IntegerField(
        label=_("或：连续灵活就业登记的年数"), min_value=0, max_value=50, required=False
    )

    HOME = ("certificate", "since", "owner")
    PERMIT = ("number", "valid_to", "months", "flexible_years")

    def __init__(self, sheet: Mapping[str, Any], data: Any = None) -> None:
        super().__init__(sheet, data)
        for name in self.HOME if sheet.get("home", {}).get("kind") != "owned" else ():
            del self.fields[name]
        for name in self.PERMIT if form.is_local(sheet) else ():
            del self.fields[name]

    def known(self) -> dict[str, Any]:
        return {**self.sheet.get("home", {}), **self.sheet.get("permit", {})}

    def parts(self) -> dict[str, dict[str, Any]]:
        home = {
            **self.sheet.get("home", {}),
            **self.said(*(name for name in self.HOME if name in self.fields)),
        }
        permit = self.said(*(name for name in self.PERMIT if name in self.fields))
        return {"home": home, "permit": permit}


FORMS: dict[str, type[PartForm]] = {"household": HouseholdForm, "home": HomeForm, "papers": PapersForm}


class SideForm(forms.Form):
    side = choice(_("报哪一类学校"), {"public": _("公办学校"), "private": _("民办学校")})


class PublicForm(forms.Form):
    """Asks only where the address belongs to more than one school, or where lots are drawn for several."""

    sure = forms.BooleanField(label=_("我知道提交以后不能改报"))

    def __init__(self, schools: Mapping[str, str], pool: Mapping[str, str], data: Any = None) -> None:
        super().__init__(data)
        if len(schools) > 1 and not pool:
            self.fields["school"] = choice(_("地址对口不止一所学校，请选一所"), schools)
        self.wished = [f"wish_{place}" for place in range(1, len(pool) + 1)]
        for place, name in enumerate(self.wished, 1):
            label = format_lazy(_("第 {place} 志愿"), place=place)
            options = [("", "—"), *pool.items()]
            self.fields[name] = forms.ChoiceField(label=label, choices=options, required=False)
        self.order_fields(["school", *self.wished, "sure"])

    def school(self) -> int | None:
        return int(self.cleaned_data["school"]) if "school" in self.fields else None

    def wishes(self) -> list[int]:
        """Best first; what was left empty is skipped."""
        return [int(key) for name in self.wished if (key := self.cleaned_data[name])]


class PrivateForm(forms.Form):
    first = forms.ModelChoiceField(label=_("报名志愿"), queryset=None)
    transfer = forms.ModelChoiceField(
        label=_("调剂志愿"),
        queryset=None,
        required=False,
        help_text=_("报名志愿没有录取时，愿意去的另一所；可以不填。"),
    )
    sure = forms.BooleanField(label=_("我知道提交以后不能改报公办"))

    def __init__(self, window: Window, data: Any = None) -> None:
        super().__init__(data)
        rows = Plan.objects.unscoped("plans are published").filter(window=window, side="private")
        for name in ("first", "transfer"):
            field = self.fields[name]
            field.queryset = rows.select_related("school").order_by("school__path", "category")
            field.label_from_instance = _plan_label
            field.empty_label = "—"


def _plan_label(plan: Plan) -> str:
    return str(_("%(plan)s，计划 %(seats)s 人") % {"plan": plan.title, "seats": plan.total})


class ReasonForm(forms.Form):
    """What goes with a deed that needs words; the label says which."""

    words = forms.CharField(max_length=200, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, label: Any, data: Any = None, help_text: Any = "") -> None:
        super().__init__(data)
        self.fields["words"].label, self.fields["words"].help_text = label, help_text


class TwinsForm(forms.Form):
    together = choice(
        _("多胞胎怎样摇号"),
        {"yes": _("捆绑：一起录取或一起不录取"), "no": _("分开：各摇各的")},
    )


class ChildForm(forms.Form):
    """A child the registers do not know yet, by the numbers in the household book."""

    name = forms.CharField(label=_("孩子姓名"), max_length=60)
    number = forms.CharField(label=_("孩子的身份证号"), max_length=18)
    relation = choice(
        _("您是孩子的"),
        {"51": _("父亲"), "52": _("母亲"), "61": _("祖父"), "62": _("祖母"), "97": _("其他监护人")},
    )


class BookForm(forms.Form):
    when = forms.ChoiceField(label=_("现场核验时间"), widget=forms.RadioSelect)

    def __init__(self, times: list[tuple[str, str]], data: Any = None) -> None:
        super().__init__(data)
        self.fields["when"].choices = times


class PaperForm(forms.Form):
    photo = forms.FileField(
        label=_("照片或 PDF"),
        help_text=_("最大 10 MB。"),
        widget=forms.FileInput(attrs={"accept": ",".join(papers.ACCEPTED)}),
        error_messages={
            "required": _("请先拍照或选择一张照片。"),
            "empty": _("文件是空的，请检查后重新上传。"),
        },
    )
