"""What other modules may ask of accounts."""

from dataclasses import dataclass

from django.db.models import Exists, QuerySet
from django.http import HttpRequest

from wutong.centres.identity.accounts import sessions
from wutong.centres.identity.accounts.assurance import BADGE, LEVELS, PASSKEY, PASSWORD, TWO_FACTOR, reaches
from wutong.centres.identity.accounts.models import Account, BrowserSession
from wutong.centres.identity.accounts.sessions import address_of, end_session, end_sessions
from wutong.centres.identity.accounts.step_up import confirmed, reauthenticate_url
from wutong.centres.identity.accounts.throttle import Throttle
from wutong.kernel.people.models import Person
from wutong.kernel.prepared import Prepared, Text

__all__ = [
    "BADGE",
    "LEVELS",
    "PASSKEY",
    "PASSWORD",
    "TWO_FACTOR",
    "Standing",
    "Throttle",
    "address_of",
    "any_demo",
    "confirmed",
    "current_session",
    "demo_people",
    "end_session",
    "end_sessions",
    "open_account",
    "other_than_demo",
    "reaches",
    "reauthenticate_url",
    "standing",
]


@dataclass(frozen=True)
class Standing:
    """How it stands with an account now; `session_open` is about the one session that was asked for."""

    username: str
    active: bool
    session_open: bool


def standing(account: int, sid: str) -> Standing | None:
    """Whether an account may be used and whether its session `sid` is still open: one query, without a browser."""
    return next((Standing(*row) for row in _standing(account, Text(sid))), None)


@Prepared
def _standing(account: int, sid: str) -> QuerySet:
    session_open = Exists(sessions.OPEN.filter(sid=sid, account=account))
    rows = Account.objects.filter(pk=account).annotate(session_open=session_open)
    return rows.values_list("username", "is_active", "session_open")


def current_session(request: HttpRequest) -> BrowserSession | None:
    """Who is signed in with this browser, since when and how surely: `sid`, `account`, `auth_time`, `amr`, `acr`.

    None for who is not signed in and for requests without a browser. One query a request, asked already.
    """
    return sessions.current(request)


def open_account(person: Person, *, username: str, password: str, demo: bool = False) -> Account:
    """Makes the account, or gives the existing one of that name a new password."""
    username = Account.normalize_username(username)
    account = Account.objects.filter(username=username).first() or Account(username=username)
    account.person, account.demo = person, demo
    account.set_password(password)
    account.save()
    return account


def other_than_demo() -> bool:
    """Whether anybody real can sign in here."""
    return Account.objects.filter(demo=False).exists()


def any_demo() -> bool:
    return Account.objects.filter(demo=True).exists()


def demo_people() -> dict[str, int]:
    """Login of each demo account to its person."""
    return dict(Account.objects.filter(demo=True).values_list("username", "person_id"))
