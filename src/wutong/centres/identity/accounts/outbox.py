"""Sending codes to telephones and mailboxes: through the city's gateways, or into a box that a demonstration shows.

A gateway for SMS takes `POST {"to": …, "text": …}` as JSON, with the token of `keys/sms.key` as bearer if there is one,
and answers 2xx once it has taken the message over. Mail goes by SMTP.
"""

import json
import urllib.request
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone
from django.utils.translation import gettext as _

from wutong.centres.identity.accounts.models import Account, OutboxMessage
from wutong.kernel.people.keyring import keyring

CONTEXT = "accounts.outbox"
KEPT = timedelta(days=1)
PATIENCE = 10
SMS, MAIL = "sms", "mail"


def channel_of(contact: str) -> str:
    return MAIL if "@" in contact else SMS


def way(channel: str) -> str:
    """An address, `outbox` where a demonstration runs, or nothing: then codes cannot be sent."""
    said = settings.OPTION[channel]
    return said or ("outbox" if Account.objects.filter(demo=True).exists() else "")


def send(contact: str, text: str) -> None:
    """Raises OSError where the gateway does not take it; a job tries again."""
    channel = channel_of(contact)
    address = way(channel)
    if address == "outbox":
        _keep(channel, contact, text)
    elif address:
        GATEWAYS[channel](address, contact, text)


def _keep(channel: str, contact: str, text: str) -> None:
    sealed = [keyring().seal(each, CONTEXT) for each in (contact, text)]
    OutboxMessage.objects.create(channel=channel, recipient=sealed[0], text=sealed[1], at=timezone.now())


def _by_sms(address: str, contact: str, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    token = settings.DATA_DIR / "keys" / "sms.key"
    if token.exists():
        headers["Authorization"] = f"Bearer {token.read_text().strip()}"
    body = json.dumps({"to": contact, "text": text}).encode()
    request = urllib.request.Request(address, body, headers, method="POST")  # noqa: S310  # the operator's own option
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  # likewise
        answer.read()


def _by_mail(address: str, contact: str, text: str) -> None:
    parts = urlsplit(address)
    connection = get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname, port=parts.port or 25, use_ssl=parts.scheme == "smtps", timeout=PATIENCE,
        username=unquote(parts.username or ""), password=unquote(parts.password or ""),
    )  # fmt: skip
    sender = parts.fragment or f"no-reply@{parts.hostname}"
    EmailMessage(_("梧桐验证码"), text, sender, [contact], connection=connection).send()


GATEWAYS: dict[str, Callable[[str, str, str], None]] = {SMS: _by_sms, MAIL: _by_mail}


def kept() -> list[dict[str, Any]]:
    """What the outbox holds, the newest first."""
    rows = OutboxMessage.objects.order_by("-pk")[:50]
    return [
        {
            "channel": row.channel,
            "at": row.at,
            "to": keyring().open(bytes(row.recipient), CONTEXT),
            "text": keyring().open(bytes(row.text), CONTEXT),
        }
        for row in rows
    ]


def forget(at: datetime) -> int:
    return OutboxMessage.objects.filter(at__lt=at - KEPT).delete()[0]
