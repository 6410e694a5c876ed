"""A large JSON object with lists of ids, read entry by entry.

A city of wishes names the same ids a million times; keeping each once as it comes takes half the memory of reading
all first. A name that stands twice is refused, of which JSON would silently keep the last.
"""

import re
from collections.abc import Callable
from functools import partial
from json import JSONDecodeError, JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs
from typing import Any, Final

from wutong.platforms.governance.admission.problems import AdmissionError

_NEXT: Final = re.compile(r"[ \t\n\r]*(.?)[ \t\n\r]*")
_scan: Final = JSONDecoder().scan_once  # type: ignore[attr-defined]  # not in the stubs
_Value = Callable[[str, int], tuple[Any, int]]


def read_object(text: str) -> dict[str, Any]:
    """Raises JSONDecodeError as `json.loads` does, and where the text holds anything but one object."""
    once: dict[str, str] = {}
    mark, at = _next(text, 0)
    if mark != "{":
        raise JSONDecodeError("Expecting an object", text, 0)
    found, at = _object(once, partial(_entry, once), text, at)
    if at != len(text):
        raise JSONDecodeError("Extra data", text, at)
    return found


def _next(text: str, at: int) -> tuple[str, int]:
    """The next mark, and where what follows it begins."""
    found = _NEXT.match(text, at)
    return (found[1], found.end()) if found else ("", at)


def _object(once: dict[str, str], value: _Value, text: str, at: int) -> tuple[dict[str, Any], int]:
    """Of an object whose opening brace was read: its entries, and where what follows begins."""
    found: dict[str, Any] = {}
    mark = text[at : at + 1]
    if mark == "}":
        return found, _next(text, at)[1]
    while mark != "}":
        if text[at : at + 1] != '"':
            raise JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
        name, at = scanstring(text, at + 1)
        mark, after = _next(text, at)
        if mark != ":":
            raise JSONDecodeError("Expecting ':' delimiter", text, at)
        if name in found:
            raise AdmissionError("twice", f"{name!r} stands twice in one object", name=name)
        found[once.setdefault(name, name)], at = value(text, after)
        mark, after = _next(text, at)
        if mark not in ("}", ","):
            raise JSONDecodeError("Expecting ',' delimiter", text, at)
        at = after
    return found, at


def _entry(once: dict[str, str], text: str, at: int) -> tuple[Any, int]:
    mark, after = _next(text, at)
    if mark == "{":
        return _object(once, partial(_leaf, once), text, after)
    return _leaf(once, text, at)


def _leaf(once: dict[str, str], text: str, at: int) -> tuple[Any, int]:
    try:
        value, end = _scan(text, at)
    except StopIteration as error:
        raise JSONDecodeError("Expecting value", text, error.value) from None
    try:
        return (list(map(once.setdefault, value, value)) if type(value) is list else value), end
    except TypeError:  # a list that holds lists or objects
        return value, end
