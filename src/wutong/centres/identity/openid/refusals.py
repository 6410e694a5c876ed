"""Refusals are journalled: who asked, what was wrong, from where; never what was shown."""

import logging

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts.api import address_of
from wutong.centres.identity.openid.errors import Refused
from wutong.centres.identity.openid.throttle import JOURNAL, JOURNAL_PLACES
from wutong.kernel.action import TITLES
from wutong.kernel.audit.api import journal
from wutong.kernel.policy import ANONYMOUS

log = logging.getLogger(__name__)
NAME = "openid.refused"
TITLES[NAME] = _("拒绝应用的请求")
# Part of every ordinary conversation.
ORDINARY = frozenset(
    {
        "login_required",
        "consent_required",
        "authorization_pending",
        "slow_down",
        "access_denied",
        "expired_token",
    }
)


class AtClient:
    """The subject of an entry: the client by its public name."""

    def __init__(self, client_id: str) -> None:
        self.pk = client_id[:64] if client_id.isprintable() else ""

    def __str__(self) -> str:
        return self.pk


def remember(request: HttpRequest, fault: Refused) -> None:
    """Noted for the middleware, which writes where a look may write."""
    request._openid_refusal = fault


def write(request: HttpRequest, fault: Refused) -> None:
    """Once a minute for the same fault of the same client from the same place, and not without end from any place."""
    address = address_of(request)
    again = f"{fault.client_id} {fault.code} {address}"
    if fault.code in ORDINARY or not (JOURNAL.take(again) and JOURNAL_PLACES.take(address)):
        return
    log.warning("refused %s on %s: %s", fault.code, request.path, fault.description)
    network = ".".join(address.split(".")[:2]) + ".*.*" if "." in address else address[:9]
    client = AtClient(fault.client_id)
    journal(
        ANONYMOUS,
        NAME,
        client,
        error=fault.code,
        about=fault.description,
        at_path=request.path,
        network=network,
    )
