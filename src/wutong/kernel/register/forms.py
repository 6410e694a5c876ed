"""A form for one row, built from the columns."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from wutong.kernel.errors import WutongError
from wutong.kernel.register.spec import Column, Register


class RowForm(forms.Form):
    """`version` is what the person saw: an edit of what somebody changed meanwhile is refused."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, register: Register, *args: Any, row: Any = None, **kwargs: Any) -> None:
        self.register, self.row = register, row
        super().__init__(*args, initial=_initial(register, row), **kwargs)
        for column in _columns(register):
            self.fields[column.name] = column.kind.field(
                label=column.title,
                required=column.required,
                help_text=column.help,
                disabled=row is not None and column.name in register.fixed,
            )

    def values(self) -> dict[str, Any]:
        """Given values with blanks as None, as a sheet would say them."""
        given = {name: self.cleaned_data[name] for name in self.fields if name != "version"}
        return {name: None if value in ("", []) else value for name, value in given.items()}

    def tell(self, error: WutongError) -> None:
        if not error.fields:
            self.add_error(None, str(error.message))
        for name, sentence in error.fields.items():
            words = _("%(sentence)s%(mend)s") % {"sentence": sentence, "mend": error.mend}
            self.add_error(name if name in self.fields else None, words)


def _columns(register: Register) -> list[Column]:
    return [column for column in register.columns if column.editable and not column.sensitive]


def _initial(register: Register, row: Any) -> dict[str, Any]:
    if row is None:
        return {}
    return {
        "version": getattr(row, "version", None),
        **{column.name: column.read(row) for column in _columns(register)},
    }
