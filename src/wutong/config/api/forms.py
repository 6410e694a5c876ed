"""Forms of steps and openings, as JSON Schema and as what a program sends to them."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from wutong.kernel.errors import Invalid

# What every step may say stands beside the values, not among them.
APART = ("comment", "seen")


def schema(form: forms.Form) -> dict[str, Any]:
    fields = {name: field for name, field in form.fields.items() if name not in APART}
    required = [name for name, field in fields.items() if field.required]
    found: dict[str, Any] = {"type": "object", "properties": {n: _field(f) for n, f in fields.items()}}
    return {**found, "required": required} if required else found


def _field(field: forms.Field) -> dict[str, Any]:
    return {**_type(field), "title": field.label or "", "description": field.help_text}


def _type(field: forms.Field) -> dict[str, Any]:
    match field:
        case forms.MultipleChoiceField():
            return {"type": "array", "items": {"type": "string", "enum": _values(field)}}
        case forms.ModelMultipleChoiceField():
            return {"type": "array", "items": {"type": "integer"}}
        case forms.ModelChoiceField() | forms.IntegerField():
            return {"type": "integer"}
        case forms.ChoiceField():
            return {"type": "string", "enum": _values(field)}
        case forms.BooleanField():
            return {"type": "boolean"}
        case forms.DateField():
            return {"type": "string", "format": "date"}
        case forms.DecimalField():
            return {"type": "number"}
        case forms.CharField() if field.max_length:
            return {"type": "string", "maxLength": field.max_length}
    return {"type": "string"}


def _values(field: Any) -> list[Any]:
    return [value for value, _label in field.choices]


def cleaned(form: forms.Form) -> dict[str, Any]:
    """What the form makes of it; Invalid with the form's own sentences otherwise."""
    unknown = set(form.data) - set(form.fields)
    if unknown:
        raise Invalid(fields={min(unknown)[:60]: _("没有这一项。")}, rule="unknown_field")
    mistyped = [name for name, value in form.data.items() if not _fits(form.fields[name], value)]
    if mistyped:
        raise Invalid(fields=dict.fromkeys(mistyped, _("这一项的 JSON 类型不对。")), rule="type")
    if not form.is_valid():
        raise Invalid(fields={name: " ".join(errors) for name, errors in form.errors.items()})
    return dict(form.cleaned_data)


TYPES = {"string": str, "integer": int, "number": int | float, "boolean": bool, "array": list}


def _fits(field: forms.Field, value: Any) -> bool:
    wanted = TYPES[_type(field)["type"]]
    return value is None or (isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool))
