"""How often people come into an application: counted by day, without keeping who."""

import hmac
from datetime import date, datetime, timedelta

from django.db.models import F
from django.utils import timezone

from wutong.centres.identity.applications.models import Application, DayVisitor, SignInDay
from wutong.kernel.people.keyring import keyring

CONTEXT = b"applications.visitor\0"
KEPT = timedelta(days=2)


def signed_in(client_id: str, person_id: int, protocol: str, at: datetime) -> None:
    """One more sign-in of today. Outside a transaction of the caller's: all sign-ins of a client meet in one row."""
    day = timezone.localdate(at)
    application = Application.objects.unscoped("a sign-in is counted").filter(client_id=client_id)
    key = application.values_list("pk", flat=True).first()
    if key is None:
        return
    new = int(_is_new(f"{day}:{client_id}:{protocol}:{person_id}", day))
    rows = SignInDay.objects.unscoped("a sign-in is counted")
    line = {"application_id": key, "day": day, "protocol": protocol}
    if not rows.filter(**line).update(count=F("count") + 1, people=F("people") + new):
        rows.get_or_create(**line)
        rows.filter(**line).update(count=F("count") + 1, people=F("people") + new)


def _is_new(visit: str, day: date) -> bool:
    digest = hmac.digest(keyring().lookup, CONTEXT + visit.encode(), "sha256")
    _row, new = DayVisitor.objects.get_or_create(digest=digest, defaults={"day": day})
    return new


def forget_visitors(at: datetime) -> int:
    return DayVisitor.objects.filter(day__lt=timezone.localdate(at) - KEPT).delete()[0]
