"""A large JSON object with lists of ids, read entry by entry.

A city of wishes names the same ids a million times; keeping each once as it comes takes half the memory of reading
all first. A name that stands twice is refused, of which JSON would silently keep the last.
"""

import re
from collections.abc import Callable
from json import JSONDecodeError, JSONDecoder
from json.decoder import scanstring  # type: ignore[attr-defined]  # not in the stubs
from typing import Any, Final

from wutong.platforms.governance.admission.problems import AdmissionError

_OPEN: Final = re.compile(r"[ \t\n\r]*\{[ \t\n\r]*")
_COLON: Final = re.compile(r"[ \t\n\r]*:[ \t\n\r]*")
_NEXT: Final = re.compile(r"[ \t\n\r]*([,}])[ \t\n\r]*")
_scan: Final = JSONDecoder().scan_once  # type: ignore[attr-defined]  # not in the stubs


def read_object(text: str) -> dict[str, Any]:
    """Raises JSONDecodeError as `json.loads` does, and where the text holds anything but one object."""
    reader = _Reader(text)
    found, at = reader.entries(_after(_OPEN, text, 0, "an object"), reader.entry)
    if at != len(text):
        raise JSONDecodeError("Extra data", text, at)
    return found


def _after(mark: re.Pattern[str], text: str, at: int, expected: str) -> int:
    if found := mark.match(text, at):
        return found.end()
    raise JSONDecodeError(f"Expecting {expected}", text, at)


class _Reader:
    """Each method reads what begins at `at`, and returns it with the place where the next thing begins."""

    def __init__(self, text: str) -> None:
        self.text, self.once = text, dict[str, str]()

    def entries(self, at: int, value: Callable[[int], tuple[Any, int]]) -> tuple[dict[str, Any], int]:
        """Of an object, after its opening brace, to after its closing one."""
        text, found = self.text, dict[str, Any]()
        if text.startswith("}", at):
            return found, _after(_NEXT, text, at, "'}'")
        while True:
            if not text.startswith('"', at):
                raise JSONDecodeError("Expecting a name in double quotes", text, at)
            name, at = scanstring(text, at + 1)
            if name in found:
                raise AdmissionError("twice", f"{name!r} stands twice in one object", name=name)
            found[self.once.setdefault(name, name)], at = value(_after(_COLON, text, at, "':'"))
            mark = _NEXT.match(text, at)
            if not mark:
                raise JSONDecodeError("Expecting ',' or '}'", text, at)
            at = mark.end()
            if mark[1] == "}":
                return found, at

    def entry(self, at: int) -> tuple[Any, int]:
        if opening := _OPEN.match(self.text, at):
            return self.entries(opening.end(), self.leaf)
        return self.leaf(at)

    def leaf(self, at: int) -> tuple[Any, int]:
        try:
            value, end = _scan(self.text, at)
        except StopIteration as error:
            raise JSONDecodeError("Expecting a value", self.text, error.value) from None
        once = self.once.setdefault
        try:
            return (list(map(once, value, value)) if type(value) is list else value), end
        except TypeError:  # a list that holds lists or objects
            return value, end
