"""How an entry of the journal reads on a page."""

from typing import Any

from django import template
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext

from wutong.kernel.audit.models import AuditEntry

register = template.Library()


@register.filter
def changed_rows(entry: AuditEntry) -> list[dict[str, Any]]:
    """The changes of an entry as rows for the `diff` component; facts that are no change stand after it."""
    app = entry.subject_kind.partition(".")[0]
    rows = []
    for key, change in entry.changes.items():
        before, after = change if isinstance(change, list) and len(change) == 2 else (None, change)
        rows.append({"label": _label(app, key), "before": _words(before), "after": _words(after)})
    return rows


def _label(app: str, key: str) -> str:
    """`organisation.name` of the journal as the title of that field."""
    model_name, _, field = key.partition(".")
    for config in (apps.get_app_config(app), *apps.get_app_configs()):
        try:
            return str(config.get_model(model_name)._meta.get_field(field).verbose_name)
        except (LookupError, FieldDoesNotExist):
            continue
    return key


def _words(value: Any) -> str:
    if isinstance(value, list):
        return gettext("、").join(str(item) for item in value)
    return "" if value is None else str(value)
