"""The registry of applications, remembered for a moment by each web process.

Every call of an interface asks who a client is; asking the database each time would cost as much as the rest. What
changes there (a suspension, a revoked secret) is felt a second later. Only clients in use are remembered, so nobody
fills the memory with names.
"""

import time

from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.applications.api import Client

MOMENT = 1.0
_known: dict[str, tuple[float, Client]] = {}


def client(client_id: str) -> Client | None:
    """None for one that is unknown, in draft or suspended."""
    read, found = _known.get(client_id, (float("-inf"), None))
    if found is not None and time.monotonic() - read < MOMENT:
        return found
    found = applications.client(client_id)
    if found is None:
        _known.pop(client_id, None)
    else:
        _known[client_id] = (time.monotonic(), found)
    return found


def forget() -> None:
    _known.clear()
