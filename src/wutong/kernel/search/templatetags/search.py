from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def of(mapping: Mapping[str, Any], key: str) -> Any:
    """The value of a key that is itself a variable; the key where there is none."""
    return mapping.get(key, key)
