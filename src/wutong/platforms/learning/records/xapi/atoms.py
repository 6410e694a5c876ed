"""The small values of a statement. Each check returns nothing or raises `Refused`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from wutong.platforms.learning.records.xapi.refusal import Refused

Check = Callable[[Any], None]

# RFC 3987 in the part that every scheme shares: a scheme, then allowed characters, percent only before two digits.
_CHARACTER = (
    r"[A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=\u00a0-\ud7ff\ue000-\ufdcf\ufdf0-\uffef\U00010000-\U000efffd]"
    r"|%[0-9A-Fa-f]{2}"
)
IRI = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*:(?:{_CHARACTER})+(?:#(?:{_CHARACTER})*)?")
# RFC 5646: language, script, region, variants, extensions, private use; those registered before it.
LANGUAGE = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[a-wyz0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+"
    r"|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)"
    r"|en-gb-oed|sgn-be-fr|sgn-be-nl|sgn-ch-de|art-lojban|cel-gaulish|no-bok|no-nyn"
    r"|zh-(?:guoyu|hakka|min|min-nan|xiang))",
    re.IGNORECASE,
)
UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
MAILBOX = re.compile(r"mailto:[^\s@<>\"\\]+@[^\s@<>\"\\]+")
SHA1 = re.compile(r"[0-9a-fA-F]{40}")
SHA2 = re.compile(r"(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~\-]+"
MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}(?:\s*;\s*{_WORD}=(?:{_WORD}|\"[^\"]*\"))*\s*;?\s*")
DURATION = re.compile(
    r"P(?=.)(?:\d+(?:[.,]\d+)?W|(?:\d+(?:[.,]\d+)?Y)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?D)?"
    r"(?:T(?=\d)(?:\d+(?:[.,]\d+)?H)?(?:\d+(?:[.,]\d+)?M)?(?:\d+(?:[.,]\d+)?S)?)?)",
    re.ASCII,
)
INSTANT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d|60)(?:[.,]\d+)?)?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3])(?::?([0-5]\d))?)?",
    re.ASCII,
)


def text(value: Any) -> None:
    if type(value) is not str:
        raise Refused("must be a string")


def flag(value: Any) -> None:
    if type(value) is not bool:
        raise Refused("must be true or false")


def number(value: Any) -> None:
    if type(value) is not float and type(value) is not int:
        raise Refused("must be a number")


def length(value: Any) -> None:
    if type(value) is not int or value < 0:
        raise Refused("must be a whole number of bytes")


def anything(value: Any) -> None:
    return


def matching(pattern: re.Pattern[str], sentence: str) -> Check:
    """A check against the whole text; what passed once passes quickly: the same few values come again and again."""

    @lru_cache(maxsize=32_768)
    def known(value: str) -> None:
        if pattern.fullmatch(value) is None:
            raise Refused(sentence)

    def check(value: Any) -> None:
        if type(value) is not str:
            raise Refused("must be a string")
        if len(value) < 200:
            known(value)
        elif pattern.fullmatch(value) is None:
            raise Refused(sentence)

    return check


iri = matching(IRI, "must be an absolute IRI (RFC 3987)")
language = matching(LANGUAGE, "must be a language tag (RFC 5646)")
mailbox = matching(MAILBOX, "must be mailto: and an e-mail address")
sha1 = matching(SHA1, "must be the 40 hexadecimal digits of a SHA-1")
sha2 = matching(SHA2, "must be the hexadecimal digits of a SHA-2")
media_type = matching(MEDIA_TYPE, "must be a media type")


def uuid(value: Any) -> None:
    if type(value) is not str or UUID.fullmatch(value) is None:
        raise Refused("must be a UUID (RFC 4122)")


def duration(value: Any) -> None:
    if type(value) is not str or DURATION.fullmatch(value) is None:
        raise Refused("must be an ISO 8601 duration")


def instant(value: Any) -> None:
    """ISO 8601 with date and time; a negative offset of zero says that the offset is not known, and is refused."""
    found = INSTANT.fullmatch(value) if type(value) is str else None
    if found is None:
        raise Refused("must be an ISO 8601 timestamp")
    year, month, day, *_clock, sign, hours, minutes = found.groups()
    if sign == "-" and hours == "00" and minutes in (None, "00"):
        raise Refused("must not have the offset -00:00")
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        raise Refused("must be a day of the calendar") from None


def language_map(value: Any) -> None:
    if type(value) is not dict:
        raise Refused("must be an object of language tags and texts")
    for tag, item in value.items():
        language(tag)
        if type(item) is not str:
            raise Refused("must be a string").inside(tag)


def extensions(value: Any) -> None:
    if type(value) is not dict:
        raise Refused("must be an object with IRIs as keys")
    for name in value:
        iri(name)
