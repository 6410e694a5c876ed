"""Signing in on a screen without a keyboard (RFC 8628): the device shows a code, a telephone says yes."""

import secrets
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta

import msgspec
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications.api import Client
from wutong.centres.identity.openid.codes import SignIn
from wutong.centres.identity.openid.digests import digest_of, new_token
from wutong.centres.identity.openid.errors import Refused
from wutong.centres.identity.openid.grants import GRANTS, Begun, replayed
from wutong.centres.identity.openid.models import DeviceRequest
from wutong.kernel.action import action, note
from wutong.kernel.policy import Actor, signed_in

State = DeviceRequest.State
LIFE, INTERVAL, SLOWER = timedelta(minutes=10), 5, 5
# Without vowels and digits: no words come up, and nothing is mistaken for something else.
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


def new_user_code() -> str:
    code = "".join(secrets.choice(LETTERS) for _letter in range(8))
    return f"{code[:4]}-{code[4:]}"


def normal(user_code: str) -> str:
    return "".join(letter for letter in user_code.upper() if letter in LETTERS)


def begin(client: Client, scopes: tuple[str, ...], at: datetime, *, jkt: str) -> tuple[str, str]:
    """The device's code and the one for people. Two of the latter that are equal are hardly ever met: drawn again."""
    device_code, user_code = new_token(), new_user_code()
    row = DeviceRequest(
        device_digest=digest_of(device_code, "device"), user_digest=digest_of(normal(user_code), "user"),
        client_id=client.client_id, scopes=" ".join(scopes), jkt=jkt, interval=INTERVAL, expires=at + LIFE,
    )  # fmt: skip
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return begin(client, scopes, at, jkt=jkt)
    return device_code, user_code


def waiting(user_code: str, at: datetime) -> DeviceRequest | None:
    rows = DeviceRequest.objects.filter(user_digest=digest_of(normal(user_code), "user"), expires__gt=at)
    return rows.filter(state=State.WAITING).first()


@action("openid.answer_device", title=_("确认或拒绝设备登录"), allow=signed_in)
def decide(actor: Actor, row: DeviceRequest, *, at: datetime, sign_in: SignIn, yes: bool) -> bool:
    """Of two answers the first counts; whether this was it."""
    rows = DeviceRequest.objects.filter(pk=row.pk, state=State.WAITING, expires__gt=at)
    state = State.APPROVED if yes else State.DENIED
    if not rows.update(state=state, approved_by=asdict(sign_in) if yes else {}):
        return False
    note(client=row.client_id, answer=state.value)
    return True


def redeem(client: Client, device_code: str, at: datetime, *, issuer: str, jkt: str) -> Begun:
    """What was approved, for the first who comes for it. The row goes, its number stays in the grant: a device code
    that is shown again ends the family."""
    digest = digest_of(device_code, "device")
    row = DeviceRequest.objects.filter(device_digest=digest, client_id=client.client_id).first()
    if row is None:
        replayed(GRANTS.filter(code=_number(digest), client_id=client.client_id).first(), at)
        raise Refused("invalid_grant", "the device code is not known", client_id=client.client_id)
    _ready(client, row, at)
    if row.jkt and row.jkt != jkt:
        raise Refused(
            "invalid_dpop_proof", "the device code is bound to another key", client_id=client.client_id
        )
    sign_in = msgspec.convert(row.approved_by, SignIn)
    DeviceRequest.objects.filter(pk=row.pk).delete()
    return Begun(_number(digest), issuer, tuple(row.scopes.split()), sign_in)


def _ready(client: Client, row: DeviceRequest, at: datetime) -> None:
    if row.expires <= at:
        raise Refused("expired_token", "the device code is too old", client_id=client.client_id)
    if row.state == State.DENIED:
        raise Refused("access_denied", "the person said no", client_id=client.client_id)
    if row.state == State.WAITING:
        raise _not_yet(client, row, at)


def _not_yet(client: Client, row: DeviceRequest, at: datetime) -> Refused:
    """Who asks again too soon has to wait longer from then on (RFC 8628 §3.5)."""
    hasty = row.polled is not None and (at - row.polled).total_seconds() < row.interval
    interval = min(row.interval + SLOWER, 60) if hasty else row.interval
    DeviceRequest.objects.filter(pk=row.pk).update(polled=at, interval=interval)
    code = "slow_down" if hasty else "authorization_pending"
    return Refused(code, "the person did not answer yet", client_id=client.client_id)


def _number(digest: str) -> uuid.UUID:
    return uuid.UUID(hex=digest[:32])
