from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master.change.actions import FIELDS, facts
from wutong.centres.data.master.change.models import ChangeRequest
from wutong.centres.data.master.models import Institution
from wutong.centres.data.master.registers import ORGANISATIONS
from wutong.kernel.register.spec import Column

# The register calls the form of a school "type", as the sheets do.
COLUMNS: dict[str, Column] = {
    name: ORGANISATIONS.by_name["type" if name == "form" else name] for name in FIELDS
}


class ChangeForm(forms.Form):
    """The school's entry as it stands, ready to be changed, and why."""

    reason = forms.CharField(
        label=_("变更原因"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("区和市会看到。"),
    )

    def __init__(
        self, institution: Institution, *args: Any, request: ChangeRequest | None = None, **kwargs: Any
    ):
        now = {**facts(institution), **(request.proposed if request else {})}
        initial = {**now, "reason": request.reason if request else ""}
        super().__init__(*args, initial=initial, **kwargs)
        fields = {
            name: column.kind.field(label=column.title, required=column.required)
            for name, column in COLUMNS.items()
        }
        self.fields.update(fields)
        self.order_fields([*fields, "reason"])

    def proposed(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS}


class ChangeOpening(forms.Form):
    """The same from a program: why, and only what should change."""

    reason = forms.CharField(label=_("变更原因"), max_length=300)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, column in COLUMNS.items():
            self.fields[name] = column.kind.field(label=column.title, required=False)


def rows(request: ChangeRequest) -> list[dict[str, Any]]:
    """Before and after, for the `diff` component."""
    return [
        {
            "label": COLUMNS[name].title,
            "before": _shown(name, request.before.get(name)),
            "after": _shown(name, value),
        }
        for name, value in request.proposed.items()
    ]


def _shown(name: str, value: Any) -> str:
    return COLUMNS[name].kind.show(value) if value else "—"
