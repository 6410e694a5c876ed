"""Refusals go into the journal: what was refused, of which service, never the ticket.

One of a kind from one place a minute: who tries a thousand tickets must not fill the journal.
"""

from hashlib import sha256
from urllib.parse import urlsplit

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import TITLES
from wutong.kernel.audit.api import journal

EVERY = 60
TITLES["cas.refused"] = _("拒绝 CAS 登录")


def tell(request: HttpRequest, code: str, service: str) -> None:
    where = host_of(service)
    key = sha256(f"{code}\0{where}\0{request.META.get('REMOTE_ADDR', '')}".encode()).hexdigest()
    if cache.add(f"cas.refused:{key}", 1, EVERY):
        journal(request.actor, "cas.refused", where, code=code)


def host_of(service: str) -> str:
    """The path and what follows it may say something of a person."""
    try:
        return (urlsplit(service[:2000]).hostname or "")[:200]
    except ValueError:
        return ""
