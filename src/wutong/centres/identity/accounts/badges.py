"""Badges for children who cannot type yet: a QR that is shown, and two pictures that are known.

What makes this safe enough is where it works: only while a teacher keeps the class open, only from the network the
teacher is in, with the lowest level of assurance, until the teacher closes. A lost badge opens nothing at home.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts.activation import account_of
from wutong.centres.identity.accounts.assurance import BADGE
from wutong.centres.identity.accounts.models import Account, Badge, ClassWindow
from wutong.centres.identity.accounts.rules import leads_class, may_issue_badge
from wutong.centres.identity.accounts.sessions import OPEN, end_session
from wutong.kernel.action import action, change, create
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Membership, Organisation, Person
from wutong.kernel.policy import SYSTEM, Actor
from wutong.kernel.search.readings import letters

CONTEXT = "accounts.badge"
LIVES, LESSON = timedelta(days=200), timedelta(minutes=45)
MOST_TRIES = 5
PICTURES = {
    "panda": ("🐼", _("熊猫")), "rabbit": ("🐰", _("兔子")), "fish": ("🐟", _("小鱼")), "bird": ("🐦", _("小鸟")),
    "apple": ("🍎", _("苹果")), "banana": ("🍌", _("香蕉")), "flower": ("🌻", _("向日葵")), "tree": ("🌳", _("大树")),
    "star": ("⭐", _("星星")), "moon": ("🌙", _("月亮")), "car": ("🚗", _("汽车")), "ball": ("⚽", _("足球")),
}  # fmt: skip
PAIRS = [(first, second) for first in PICTURES for second in PICTURES]


@dataclass(frozen=True)
class Printed:
    """What is printed once: the code for the badge, the pictures for the teacher's list."""

    name: str
    place: str
    code: str
    pictures: tuple[str, str]


def code_digest(code: str) -> bytes:
    return keyring().digest(code, CONTEXT)


def pictures_digest(reference: str, pictures: Iterable[str]) -> bytes:
    return keyring().digest(f"{reference}:{':'.join(pictures)}", CONTEXT)


@action("accounts.issue_badge", title=_("发徽章"), allow=may_issue_badge)
def issue_badge(actor: Actor, membership: Membership, *, at: datetime) -> Printed:
    """A new badge; the one before is void from now on. Who has no account gets one without a password."""
    person, place = membership.person, membership.organisation
    for old in Badge.objects.unscoped("the badge of one person").filter(person=person, voided=None):
        change(old, voided=at)
    if account_of(person) is None:
        create(Account(username=_free_name(person), password=make_password(None), person=person))
    code, pictures = secrets.token_hex(16), secrets.choice(PAIRS)
    badge = Badge(person=person, organisation=place, digest=code_digest(code), issued=at, expires=at + LIVES)
    badge.pictures = pictures_digest(badge.reference, pictures)
    create(badge)
    return Printed(person.name, place.full_name, code, pictures)


def _free_name(person: Person) -> str:
    return f"{letters(person.name)[:20] or 'wutong'}.{secrets.token_hex(4)}"


@action("accounts.void_badge", title=_("作废徽章"), allow=leads_class)
def void_badge(actor: Actor, badge: Badge, *, at: datetime) -> Badge:
    return badge if badge.voided else change(badge, voided=at)


def open_window(place: Organisation, at: datetime) -> ClassWindow | None:
    rows = ClassWindow.objects.unscoped("whether a class is open now").filter(
        organisation=place, until__gt=at
    )
    return rows.order_by("-until").first()


@action("accounts.open_class", title=_("开放徽章登录"), allow=leads_class)
def open_class(actor: Actor, place: Organisation, *, address: str, at: datetime) -> ClassWindow:
    """For one lesson, for devices that come from the same address as the teacher."""
    close_windows(place, at)
    network = keyring().digest(address, CONTEXT)
    return create(ClassWindow(organisation=place, network=network, opened=at, until=at + LESSON))


@action("accounts.close_class", title=_("关闭徽章登录"), allow=leads_class)
def close_class(actor: Actor, place: Organisation, *, at: datetime) -> Organisation:
    """Ends what the children began with their badges, too."""
    close_windows(place, at)
    children = Badge.objects.unscoped("the badges of one class").filter(organisation=place).values("person")
    for session in OPEN.filter(acr=BADGE, account__person__in=children).select_related("account__person"):
        end_session(SYSTEM, session, at=at)
    return place


def close_windows(place: Organisation, at: datetime) -> None:
    for window in ClassWindow.objects.unscoped("one class").filter(organisation=place, until__gt=at):
        change(window, until=at)


def usable(code: str, address: str, at: datetime) -> tuple[Badge, ClassWindow] | None:
    """The badge, if it is in use, its class is open now and the device is where the teacher is."""
    rows = Badge.objects.unscoped("found by who shows it").select_related("organisation", "person")
    badge = rows.filter(digest=code_digest(code), voided=None, expires__gt=at, tries__lt=MOST_TRIES).first()
    window = open_window(badge.organisation, at) if badge and _still_there(badge) else None
    if badge is None or window is None:
        return None
    here = constant_time_compare(bytes(window.network), keyring().digest(address, CONTEXT))
    return (badge, window) if here else None


def _still_there(badge: Badge) -> bool:
    rows = Membership.objects.unscoped("whether a child is still in the class").on(timezone.localdate())
    return rows.filter(person=badge.person, organisation=badge.organisation, role="pupil").exists()


def right_pictures(badge: Badge, pictures: Iterable[str]) -> bool:
    """A try is counted before it is looked at; the right one sets the count back."""
    rows = Badge.objects.unscoped("counts the tries of one badge").filter(pk=badge.pk, voided=None)
    if not rows.filter(tries__lt=MOST_TRIES).update(tries=F("tries") + 1):
        return False
    right = constant_time_compare(bytes(badge.pictures), pictures_digest(badge.reference, pictures))
    if right:
        rows.update(tries=0)
    return right
