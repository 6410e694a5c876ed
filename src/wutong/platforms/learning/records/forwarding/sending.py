"""Statements on their way to other stores: a queue that is the store itself, and for each way a stamp of how far it is.

A statement goes at least once: who is interrupted between the answer and the stamp sends it again, and the other
store knows it by its id (xAPI 1.0.3 part 3, 2.1.2). What it refuses for itself is left behind and counted, so that one
statement holds up no others; all else is tried again, ever more seldom.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong.centres.identity.applications import api as applications
from wutong.kernel.action import TITLES
from wutong.kernel.audit.api import journal
from wutong.kernel.people.keyring import keyring
from wutong.kernel.policy import SYSTEM
from wutong.platforms.learning.records.door.statements import with_files
from wutong.platforms.learning.records.forwarding.models import Forward
from wutong.platforms.learning.records.store import reading, rendering
from wutong.platforms.learning.records.store.database import Row
from wutong.platforms.learning.records.store.reading import Question
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.formats import plainer
from wutong.platforms.learning.records.xapi.strict import encode

JOB, CONTEXT, SENT = "records.forward", "records.forward", "records.forwarded"
TITLES[SENT] = gettext_lazy("学习记录转发给另一个学习记录库")
BATCH, ROUNDS, PATIENCE = 100, 50, 30
LONGEST_WAIT = timedelta(hours=1)
# About what was sent, not about who sent it (1.0.3 part 3, 3.2).
OF_THE_STATEMENTS = frozenset({400, 409, 413, 422})
GIVEN_OVER_THERE = ("stored", "authority")


class Troubled(Exception):
    """The other store did not take what it might take another time."""


def forward_all(progress: Callable[..., None] | None = None) -> None:
    """Job: each way that is due, one after the other."""
    waiting = Forward.objects.unscoped("the house sends by itself").filter(stopped=None)
    for each in waiting.filter(next_try__lte=timezone.now()).order_by("next_try", "pk"):
        carry(each)


def carry(forward: Forward) -> None:
    """Sends what waits, for some rounds; the stamp moves with each batch that was answered."""
    before = forward.sent
    try:
        for _round in range(ROUNDS):
            if not (found := _waiting(forward)):
                break
            _step(forward, *send(forward, found), found[-1][0])
        _settle(forward, failures=0, trouble="", next_try=timezone.now())
    except (Troubled, applications.Unreachable) as fault:
        said = (
            str(fault)
            if isinstance(fault, Troubled)
            else _("对方没有回答，或者地址在认证中心不访问的内部网络里。")
        )
        failures = forward.failures + 1
        later = min(timedelta(minutes=2 ** min(failures, 10)), LONGEST_WAIT)
        _settle(forward, failures=failures, trouble=said, next_try=timezone.now() + later)
    if forward.sent > before:
        journal(SYSTEM, SENT, forward, number=forward.sent - before, purpose=forward.purpose)


def _waiting(forward: Forward) -> list[Row]:
    question = Question(
        tenant=forward.organisation_id,
        limit=BATCH,
        verb=forward.verb or None,
        activity=forward.activity or None,
        related_activities=bool(forward.activity),
        after=forward.cursor,
        ascending=True,
    )
    return reading.find(question)[:BATCH]


def send(forward: Forward, found: Sequence[Row]) -> tuple[int, int]:
    """How many were taken and how many refused. A batch that is refused is halved until the one is found."""
    status = _post(forward, [_outgoing(each) for each in rendering.statements(found)])
    if status in (200, 204):
        return len(found), 0
    if status not in OF_THE_STATEMENTS:
        raise Troubled(_("对方回答 HTTP %(status)s。") % {"status": status})
    if len(found) == 1:
        return 0, 1
    middle = len(found) // 2
    first, second = send(forward, found[:middle]), send(forward, found[middle:])
    return first[0] + second[0], first[1] + second[1]


def _outgoing(statement: JsonObject) -> JsonObject:
    return {name: value for name, value in plainer(statement).items() if name not in GIVEN_OVER_THERE}


def _post(forward: Forward, statements: list[JsonObject]) -> int:
    body, kind = encode(statements), "application/json"
    if any("attachments" in each for each in statements):
        kind, pieces = with_files(forward.organisation_id, body, statements)
        body = b"".join(pieces)
    secret = keyring().open(bytes(forward.sealed), CONTEXT)
    proof = b64encode(f"{forward.username}:{secret}".encode()).decode()
    headers = {
        "Authorization": f"Basic {proof}",
        "Content-Type": kind,
        "X-Experience-API-Version": "1.0.3",
    }
    there = f"{forward.url.rstrip('/')}/statements"
    status, _answer = applications.call("POST", there, body=body, headers=headers, patience=PATIENCE)
    return status


def _step(forward: Forward, sent: int, refused: int, cursor: int) -> None:
    """Written at once, so that a fault later sends little again. No business change: the journal has it by the run."""
    _settle(
        forward,
        cursor=cursor,
        sent=forward.sent + sent,
        refused=forward.refused + refused,
        **({"last_sent": timezone.now()} if sent else {}),
    )


def _settle(forward: Forward, **values: Any) -> None:
    Forward.objects.unscoped("the house sends by itself").filter(pk=forward.pk).update(**values)
    for name, value in values.items():
        setattr(forward, name, value)


def from_now(at: datetime) -> int:
    """The stamp from which a way begins that sends only what comes."""
    return rendering.stamp(at)
