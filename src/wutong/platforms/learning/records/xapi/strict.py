"""JSON as the standard wants it: no key twice, no half characters, no NaN, no number that cannot be kept."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from wutong.platforms.learning.records.xapi.refusal import Refused

DEEPEST = 100
# A colon that does not stand right behind its key: rare, and counted the slow way.
SPACED = re.compile(rb'"[ \t\r\n]+:')
# Each string of a text, and the colon behind it where it is a key.
STRINGS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"[ \t\r\n]*(:?)', re.DOTALL)
encode = msgspec.json.encode
_decode = msgspec.json.Decoder().decode


def parse(raw: bytes) -> Any:
    try:
        value = _decode(raw)
    except RecursionError:
        raise Refused(f"JSON is nested deeper than {DEEPEST} levels") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused(f"not valid JSON: {_without_place(error)}") from None
    count = keys(value)
    if count != _keys_written(raw, count):
        raise Refused("a key stands twice in one JSON object")
    return value


def _keys_written(raw: bytes, expected: int) -> int:
    """How many keys the text has, those said twice counted twice.

    Where each colon follows its quote there are at most as many keys as such pairs, and never fewer than were read: if
    the pairs are as many as expected, so are the keys. Only a text whose values hold such pairs is read to the end.
    """
    if raw.count(b'":') == expected and SPACED.search(raw) is None:
        return expected
    return STRINGS.findall(raw).count(b":")


def keys(value: Any, depth: int = 0) -> int:
    """How many keys all objects in `value` have together."""
    if depth > DEEPEST:
        raise Refused(f"JSON is nested deeper than {DEEPEST} levels")
    kind = type(value)
    if kind is dict:
        count = len(value)
        for item in value.values():
            if type(item) is dict or type(item) is list:
                count += keys(item, depth + 1)
        return count
    if kind is list:
        return sum(keys(item, depth + 1) for item in value if type(item) is dict or type(item) is list)
    return 0


def _without_place(error: Exception) -> str:
    """What was sent is not said again: it may be personal."""
    return str(error).split(" - at ")[0] if isinstance(error, msgspec.MsgspecError) else "invalid UTF-8"
