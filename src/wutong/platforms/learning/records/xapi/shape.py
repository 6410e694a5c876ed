"""How an object of JSON may look: known properties, each with its check; those that must be there; further rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wutong.platforms.learning.records.xapi.atoms import Check
from wutong.platforms.learning.records.xapi.refusal import Refused


class Shape:
    """Called with a value it returns nothing or raises `Refused`."""

    __slots__ = ("fields", "required", "rules")

    def __init__(
        self,
        fields: Mapping[str, Check],
        required: tuple[str, ...] = (),
        *rules: Callable[[dict[str, Any]], None],
    ) -> None:
        self.fields, self.required, self.rules = dict(fields), required, rules

    def __call__(self, value: Any) -> None:
        if type(value) is not dict:
            raise Refused("must be an object")
        for name, item in value.items():
            check = self.fields.get(name)
            if check is None:
                raise Refused("is not a property that stands here").inside(name[:80])
            try:
                check(item)
            except Refused as refused:
                refused.inside(name)
                raise
        for name in self.required:
            if name not in value:
                raise Refused("is missing").inside(name)
        for rule in self.rules:
            rule(value)


def constant(*allowed: str) -> Check:
    def check(value: Any) -> None:
        if type(value) is not str or value not in allowed:
            raise Refused(f"must be {' or '.join(allowed)}")

    return check


def array(each: Check, *, least: int = 0) -> Check:
    def check(value: Any) -> None:
        if type(value) is not list:
            raise Refused("must be an array")
        if len(value) < least:
            raise Refused("must not be empty")
        for place, item in enumerate(value):
            try:
                each(item)
            except Refused as refused:
                refused.at(place)
                raise

    return check
