"""Reading what a request says: each parameter once, none empty, none endless."""

import re
from collections.abc import Mapping

from django.http import QueryDict

from wutong.centres.identity.openid.errors import Refused

LONGEST, LONGEST_JWT, MOST = 2_000, 10_000, 60
JWTS = frozenset({"request", "client_assertion", "id_token_hint", "resume", "code"})
PRINTABLE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]*")


def read(query: QueryDict) -> dict[str, str]:
    """Refuses what RFC 6749 §3.1 forbids (a parameter twice) and what nobody sends in good faith."""
    if len(query) > MOST:
        raise Refused("invalid_request", "too many parameters")
    found = {}
    for name, values in query.lists():
        given = [value for value in values if value]
        if len(values) > 1:
            raise Refused("invalid_request", "a parameter is repeated")
        if given and acceptable(name, given[0]):
            found[name] = given[0]
    return found


def acceptable(name: str, value: str) -> bool:
    most = LONGEST_JWT if name in JWTS else LONGEST
    if len(value) > most or not PRINTABLE.fullmatch(value):
        raise Refused("invalid_request", "a parameter is too long or holds control characters")
    return True


def words(text: str) -> tuple[str, ...]:
    """Space-separated, each once, in the order given."""
    return tuple(dict.fromkeys(text.split(" "))) if text else ()


def required(given: Mapping[str, str], name: str) -> str:
    if name not in given:
        raise Refused("invalid_request", f"{name} is missing")
    return given[name]
