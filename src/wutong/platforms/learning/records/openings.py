"""What somebody opened by saying why stays open for half an hour of their session."""

import time
from typing import Any

from django.http import HttpRequest

OPEN_FOR = 30 * 60  # seconds
KEY = "records.openings"


def keep(request: HttpRequest, what: str, value: Any = True) -> None:
    """`value` is JSON: what the pages behind this opening go by."""
    now = time.time()
    kept = {name: each for name, each in request.session.get(KEY, {}).items() if each[0] > now}
    request.session[KEY] = kept | {_name(request, what): [now + OPEN_FOR, value]}


def kept(request: HttpRequest, what: str) -> Any:
    """None where nothing was opened, or too long ago."""
    until, value = request.session.get(KEY, {}).get(_name(request, what), (0, None))
    return value if until > time.time() else None


def _name(request: HttpRequest, what: str) -> str:
    """With who asked: a session may pass to another account."""
    return f"{request.actor.person_id} {what}"
