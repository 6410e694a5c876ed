"""Idempotency-Key: a request that is sent again is answered again, and done once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.config.api.models import Answer
from wutong.kernel.errors import Conflict, Invalid, WutongError

KEEP = timedelta(days=1)
LONGEST = 120
KEPT_HEADERS = ("Content-Type", "Location", "ETag")


def once(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorator of an operation that writes: all of it in one transaction, and only once for a key.

    The same key with another request is refused with 422; while the first is under way, with 409. A request that
    failed has changed nothing, and its key may be used again.
    """

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "").strip()
        if not key:
            with transaction.atomic():
                return view(request, *args, **kwargs)
        if len(key) > LONGEST or not key.isprintable():
            raise Invalid(_("Idempotency-Key 请用不超过 120 个可见字符。"), rule="idempotency_key")
        return _kept(request, key, lambda: view(request, *args, **kwargs))

    return inner


def _kept(request: HttpRequest, key: str, do: Callable[[], HttpResponse]) -> HttpResponse:
    row = _row(request, key)
    try:
        with transaction.atomic():
            held = _locked(row)
            if held.status is not None:
                return _again(held)
            response = do()
            _keep(held, response)
    except WutongError:
        Answer.objects.filter(pk=row.pk, status=None).delete()
        raise
    return response


def _row(request: HttpRequest, key: str) -> Answer:
    """On disk before anything is done, so that the same request on another process finds it."""
    said = (request.method, request.get_full_path(), request.body.hex())
    digest = sha256("\n".join(map(str, said)).encode()).hexdigest()
    values = {"digest": digest, "at": timezone.now()}
    row, _made = Answer.objects.get_or_create(caller=request.caller.key, key=key, defaults=values)
    if row.digest != digest:
        raise Invalid(_("这个 Idempotency-Key 已用于另一个请求，请换一个。"), rule="idempotency_key_reused")
    return row


def _locked(row: Answer) -> Answer:
    """A lock of the transaction: what a killed process held is free again. SQLite lets one writer in at a time."""
    nowait = connection.features.has_select_for_update_nowait
    try:
        found = Answer.objects.select_for_update(nowait=nowait).filter(pk=row.pk).first()
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") != "55P03":
            raise
        found = None
    if found is None:
        raise Conflict(_("同一个请求正在办理，请稍候。"), rule="in_flight")
    return found


def _keep(row: Answer, response: HttpResponse) -> None:
    row.status, row.body = response.status_code, response.content
    row.headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    row.save(update_fields=["status", "body", "headers"])


def _again(row: Answer) -> HttpResponse:
    headers = {**row.headers, "Idempotency-Replayed": "true"}
    return HttpResponse(bytes(row.body), status=row.status, headers=headers)


def forget(at: datetime) -> int:
    return Answer.objects.filter(at__lt=at - KEEP).delete()[0]
