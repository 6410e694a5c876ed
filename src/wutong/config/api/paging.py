"""Pages that neither skip nor repeat a row while others write: each begins behind the last one.

Where a page begins is sealed: it may be a person's name, which stands in no address, and nobody asks with a place of
their own making who sorts before it.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Invalid
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.secrets import SecretError

USUAL, MOST = 25, 500
PAGING = frozenset({"cursor", "limit", "fields"})
UNREADABLE = _("cursor 请原样使用上一页 next 里给出的值。")


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Behind which row a page begins: its key, and the moment or the values that come before it in the order."""

    key: int
    moment: datetime | None = None
    order: tuple[int | str, ...] = ()


def cursor(place: Place, path: str) -> str:
    """Opaque to callers, who hand back what they were given, to the list that gave it."""
    sealed = keyring().seal(msgspec.json.encode(place).decode(), path)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def place_of(request: HttpRequest) -> Place | None:
    text = request.GET.get("cursor", "")
    if not text:
        return None
    try:
        sealed = base64.urlsafe_b64decode(text.encode("ascii", "replace") + b"=" * (-len(text) % 4))
        return msgspec.json.decode(keyring().open(sealed, request.path), type=Place)
    except (SecretError, msgspec.DecodeError, binascii.Error):
        raise refused("cursor", UNREADABLE) from None


def limit_of(request: HttpRequest) -> int:
    text = request.GET.get("limit", str(USUAL))
    if not (text.isascii() and text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= MOST):
        raise refused("limit", format_lazy(_("limit 请写 1 到 {most} 之间的整数。"), most=MOST))
    return int(text)


def refused(name: str, sentence: Any) -> Invalid:
    return Invalid(sentence, fields={name: sentence}, rule=name)


def known_only(request: HttpRequest, names: frozenset[str]) -> None:
    """A misspelt filter would give all rows: it is refused."""
    for name in request.GET:
        if name not in names:
            raise refused(name[:40], format_lazy(_("没有 {name} 这个查询参数。"), name=name[:40]))


def fields_of(request: HttpRequest, columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that were asked for, in the order of the table; all where none were named."""
    text = request.GET.get("fields", "")
    if not text:
        return tuple(columns)
    asked = {part.strip() for part in text.split(",")} - {"id"}
    if asked - set(columns):
        raise refused("fields", format_lazy(_("没有 {name} 这一列。"), name=min(asked - set(columns))[:40]))
    return tuple(name for name in columns if name in asked)


def page(request: HttpRequest, items: list[Any], behind: Place | None) -> dict[str, Any]:
    """`behind` is the last row of this page where the list goes on."""
    if behind is None:
        return {"items": items, "next": None}
    query = request.GET.copy()
    query["cursor"] = cursor(behind, request.path)
    return {"items": items, "next": f"{request.path}?{query.urlencode()}"}
