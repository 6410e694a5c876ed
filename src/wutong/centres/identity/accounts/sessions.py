"""Browser sessions: made at sign-in, renewed when somebody proves again who they are, ended once for all protocols."""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts import throttle
from wutong.centres.identity.accounts.assurance import acr_of, amr_of, reaches
from wutong.centres.identity.accounts.device import device_of, network_of
from wutong.centres.identity.accounts.events import SessionEnded
from wutong.centres.identity.accounts.models import Account, BrowserSession
from wutong.centres.identity.accounts.rules import may_end, may_end_sessions
from wutong.kernel.action import action, change, note
from wutong.kernel.event import emit
from wutong.kernel.notice.actions import send
from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import actor_of, survivor
from wutong.kernel.policy import SYSTEM, Actor
from wutong.kernel.prepared import Prepared, Text

KEY = "browser_session"
# Seconds for which a proof stands for sensitive acts.
FRESH = 15 * 60
SEEN_EVERY = timedelta(minutes=5)
MOST_AT_ONCE = 5000
REMEMBERED = timedelta(days=180)
OPEN = BrowserSession.objects.unscoped("the session that a browser shows").filter(ended=None)


def begin(request: HttpRequest, account: Account, at: datetime) -> BrowserSession:
    """What the browser was signed in as before ends: one browser is one session."""
    leave(request, at)
    device, address = device_of(request), network_of(address_of(request))
    strange = is_strange(account, device, address, at)
    amr = amr_of(get_authentication_records(request, account))
    session = BrowserSession.objects.create(
        account=account, auth_time=at, amr=amr, acr=acr_of(amr), created=at, last_seen=at,
        device=device, address=address,
    )  # fmt: skip
    if strange:
        tell_of_strange(session)
    request.session[KEY] = session.sid
    request._browser_session = session  # read by `current`
    return session


def is_strange(account: Account, device: str, address: str, at: datetime) -> bool:
    """A kind of device or a network that the account was not used from lately; a first sign-in is not strange."""
    lately = BrowserSession.objects.unscoped("where the account was used").filter(
        account=account, created__gte=at - REMEMBERED
    )
    if not lately.exists():
        return False
    return not (lately.filter(device=device).exists() and lately.filter(address=address).exists())


def tell_of_strange(session: BrowserSession) -> None:
    words = {"device": session.device, "address": session.address or "—"}
    send(
        [survivor(session.account.person).pk],
        key=f"accounts.strange:{session.sid}",
        title=str(_("您的账号在新的设备或地点登录")),
        body=str(
            _("设备：%(device)s，网络地址：%(address)s。如果不是您本人，请退出这个设备并修改密码。") % words
        ),
        href=reverse("accounts:sessions"),
        at=session.created,
    )


def address_of(request: HttpRequest) -> str:
    """Behind proxies what they say of the browser; empty for a request that came over no network."""
    return get_adapter().get_client_ip(request) if "REMOTE_ADDR" in request.META else ""


def household_of(request: HttpRequest) -> str:
    """What throttles count by."""
    return throttle.household(address_of(request))


def current(request: HttpRequest) -> BrowserSession | None:
    """The session of this browser, unless it has ended; one query for each request."""
    if not hasattr(request, "_browser_session"):
        request._browser_session = _find(request)  # kept for this request
    return request._browser_session


def _find(request: HttpRequest) -> BrowserSession | None:
    sid = request.session.get(KEY) if hasattr(request, "session") else None
    user = getattr(request, "user", None)
    if not sid or user is None or not user.is_authenticated:
        return None
    for found in _open(Text(sid), user.pk):
        found.account = user  # the same row, read already
        return found
    return None


@Prepared
def _open(sid: str, account: int) -> QuerySet:
    return OPEN.filter(sid=sid, account=account)


def renew(request: HttpRequest, account: Account, at: datetime) -> None:
    """Who is signed in proved again who they are, or proved more."""
    session = current(request)
    if session is None or session.account_id != account.pk:
        return
    session.amr = amr_of(get_authentication_records(request, account))
    session.acr, session.auth_time = acr_of(session.amr), at
    session.save(update_fields=["amr", "acr", "auth_time"])


def leave(request: HttpRequest, at: datetime) -> None:
    """This browser signs out."""
    session = current(request)
    if session is not None:
        end_session(actor_of(session.account.person), session, at=at)
    request._browser_session = None  # nothing is left to be found


def suffices(session: BrowserSession, *, max_age: int | None = None, acr: str | None = None) -> bool:
    """Whether the last proof is young and sure enough; asked for nothing, nothing suffices."""
    if max_age is None and acr is None:
        return False
    age = (timezone.now() - session.auth_time).total_seconds()
    return (max_age is None or 0 < max_age >= age) and reaches(session.acr, acr)


def seen(session: BrowserSession, at: datetime) -> None:
    """Not journalled: that somebody is still here changes no record of business."""
    if at - session.last_seen >= SEEN_EVERY:
        OPEN.filter(pk=session.pk).update(last_seen=at)


@action("accounts.end_session", title=_("结束登录"), allow=may_end)
def end_session(actor: Actor, session: BrowserSession, *, at: datetime) -> BrowserSession:
    """The browser is outside at its next request; applications are told. Ending twice changes nothing."""
    return _end(session, at)


@action("accounts.end_sessions", title=_("结束全部登录"), allow=may_end_sessions)
def end_sessions(actor: Actor, person: Person, *, at: datetime, keep: str = "") -> int:
    """All sessions of the person, but the one whose `sid` is to be kept; how many were ended."""
    rows = OPEN.filter(account__person=person).exclude(sid=keep).select_related("account__person")
    sessions = [_end(session, at) for session in rows.order_by("pk")]
    note(ended=len(sessions))
    return len(sessions)


def _end(session: BrowserSession, at: datetime) -> BrowserSession:
    """Of two that end it at once one announces it."""
    still = OPEN.filter(pk=session.pk).select_for_update().first()
    if still is None:
        return session
    emit(SessionEnded(session.sid, session.account_id, session.account.person_id))
    return change(session, ended=at)


def expire(progress: Any = None, at: datetime | None = None) -> str:
    """Job: what no browser can still hold. The cookie lives as long as `SESSION_COOKIE_AGE` from its last writing."""
    at = at or timezone.now()
    unseen = at - timedelta(seconds=settings.SESSION_COOKIE_AGE) - SEEN_EVERY
    over = OPEN.filter(last_seen__lt=unseen).select_related("account__person").order_by("pk")[:MOST_AT_ONCE]
    for session in over:
        end_session(SYSTEM, session, at=at)
    return str(len(over))
