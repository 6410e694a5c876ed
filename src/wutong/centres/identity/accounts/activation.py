"""Opening an account for somebody the registers know, or for a citizen who signs up.

Cards: issued by who looks after a class or school, printed once, used once. Codes by telephone or mail: what somebody
says about themselves is only noted while they wait; whether it is true is found out in the background, so that the
answer, and the time it takes, tell nothing about who is registered here.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong.centres.identity.accounts import codes, outbox
from wutong.centres.identity.accounts.models import Account, OneTimeCode
from wutong.centres.identity.accounts.rules import may_issue, may_void
from wutong.centres.identity.accounts.sessions import end_sessions
from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Invalid
from wutong.kernel.jobs.queue import ask
from wutong.kernel.people.actions import add_person
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Guardianship, Membership, Person
from wutong.kernel.people.queries import actor_of, find_by_number, survivor
from wutong.kernel.policy import SYSTEM, Actor, everyone

Purpose = OneTimeCode.Purpose
CARD_LIVES, CODE_LIVES = timedelta(days=30), timedelta(minutes=10)
MOST_TRIES = 5
CONTEXT = "accounts.claim"
CHILD_NUMBERS = ("pupil_national", "pupil_shanghai_secondary", "identity")
REFUSED = gettext_lazy("验证码不对，或者已经用过、过期、作废。")
TAKEN = gettext_lazy("这个账号名已有人使用，请换一个。")


@dataclass(frozen=True)
class Card:
    """What is printed; the only place where the code stands."""

    name: str
    place: str
    code: str
    expires: date


def open_codes(at: datetime) -> Any:
    rows = OneTimeCode.objects.unscoped("found by who holds the code")
    return rows.filter(used=None, voided=None, expires__gt=at)


@action("accounts.issue_card", title=gettext_lazy("发激活卡"), allow=may_issue)
def issue_card(actor: Actor, membership: Membership, *, at: datetime) -> Card:
    """A new card for a pupil or teacher; one printed earlier is void from now on."""
    person, place = membership.person, membership.organisation
    for old in open_codes(at).filter(purpose=Purpose.CARD, person=person):
        change(old, voided=at)
    code = codes.card_code()
    row = create(
        OneTimeCode(
            purpose=Purpose.CARD, person=person, organisation=place, digest=codes.card_digest(code),
            issued=at, expires=at + CARD_LIVES,
        )
    )  # fmt: skip
    return Card(person.name, place.full_name, code, timezone.localdate(row.expires))


@action("accounts.void_card", title=gettext_lazy("作废激活卡"), allow=may_void)
def void_card(actor: Actor, code: OneTimeCode, *, at: datetime) -> OneTimeCode:
    return code if code.used or code.voided else change(code, voided=at)


def card_behind(text: str, at: datetime) -> OneTimeCode | None:
    return open_codes(at).filter(purpose=Purpose.CARD, digest=codes.card_digest(text)).first()


def request_code(purpose: str, claim: Mapping[str, str], at: datetime) -> str:
    """Notes the claim and asks for the work; the reference under which the browser may try the code.

    The same rows are written whatever is claimed.
    """
    sealed = keyring().seal(json.dumps(dict(claim), ensure_ascii=False), CONTEXT)
    row = OneTimeCode.objects.create(purpose=purpose, claim=sealed, issued=at, expires=at + CODE_LIVES)
    ask("accounts.send_code", code=row.pk)
    return row.reference


def claim_of(row: OneTimeCode) -> dict[str, str]:
    return json.loads(keyring().open(bytes(row.claim), CONTEXT)) if row.claim else {}


def send_code(code: int, progress: Any = None) -> str:
    """Job: who claims what the registers know gets a code; for others nothing happens."""
    row = open_codes(timezone.now()).filter(pk=code).first()
    if row is None:
        return ""
    claim = claim_of(row)
    known, person = MATCH[row.purpose](claim)
    if known:
        text = codes.sent_code()
        row.person, row.digest = person, codes.sent_digest(row.reference, text)
        row.save(update_fields=["person", "digest"])
        words = _("【梧桐】验证码 %(code)s，10 分钟内有效。工作人员不会向您索要验证码，请勿告诉他人。")
        outbox.send(claim["contact"], words % {"code": text})
    return ""


def _guardian(claim: Mapping[str, str]) -> tuple[bool, Person | None]:
    """A living guardianship of the child of this name and number, by who has this telephone."""
    found = [find_by_number(kind, claim["number"]) for kind in CHILD_NUMBERS]
    children = [each for each in found if each is not None and each.name == claim["child"]]
    rows = Guardianship.objects.unscoped("who claims to be a guardian").on(timezone.localdate())
    wards = rows.filter(child__in=children, guardian__phone=claim["contact"]).select_related("guardian")
    row = wards.order_by("pk").first()
    return row is not None, row.guardian if row else None


def _staff(claim: Mapping[str, str]) -> tuple[bool, Person | None]:
    person = find_by_number("staff", claim["number"])
    known = person is not None and (person.name, person.phone) == (claim["name"], claim["contact"])
    return known, person if known else None


def _citizen(claim: Mapping[str, str]) -> tuple[bool, Person | None]:
    """A new one; or the one who signed up with this contact under this name. Numbers are given to others in time."""
    account = Account.objects.filter(username=claim["contact"].lower()).first()
    if account is None:
        return True, None
    return account.person.name == claim["name"], account.person


MATCH = {Purpose.GUARDIAN: _guardian, Purpose.STAFF: _staff, Purpose.CITIZEN: _citizen}


def code_behind(reference: str, text: str, at: datetime) -> OneTimeCode | None:
    """The row, if this is its code; a try is counted before it is looked at, so that no two count as one."""
    rows = open_codes(at).filter(reference=reference)
    if not rows.filter(tries__lt=MOST_TRIES).update(tries=F("tries") + 1):
        return None
    row = rows.get()
    expected = bytes(row.digest) if row.digest else b""
    return row if constant_time_compare(expected, codes.sent_digest(reference, text.strip())) else None


def account_of(person: Person | None) -> Account | None:
    if person is None:
        return None
    whose = Q(person=survivor(person)) | Q(person=person)
    return Account.objects.filter(whose).order_by("pk").first()


@action("accounts.activate", title=gettext_lazy("激活账号"), allow=everyone)
def activate(actor: Actor, code: OneTimeCode, *, username: str, password: str, at: datetime) -> Account:
    """Uses the code: opens the account, or gives the one there is its new password and ends its sessions.

    Everyone may who holds the code, which is the proof. `password` is hashed already: hashing takes long, and nobody
    else could write meanwhile.
    """
    held = open_codes(at).select_for_update().filter(pk=code.pk).first()
    if held is None:
        raise Invalid(REFUSED, rule="code")
    change(held, used=at)
    account = account_of(held.person)
    if account is not None:
        end_sessions(SYSTEM, account.person, at=at)
        return change(account, password=password)
    username = Account.normalize_username(username)
    if Account.objects.filter(username=username).exists():
        raise Invalid(TAKEN, fields={"username": TAKEN})
    return create(Account(username=username, password=password, person=_person_of(held, at)))


def _person_of(code: OneTimeCode, at: datetime) -> Person:
    if code.person is not None:
        return survivor(code.person)
    claim = claim_of(code)
    phone = claim["contact"] if outbox.channel_of(claim["contact"]) == outbox.SMS else ""
    return add_person(SYSTEM, None, name=claim["name"], phone=phone, at=at)


def who_activates(code: OneTimeCode) -> Actor:
    return actor_of(code.person) if code.person else SYSTEM


def forget_codes(at: datetime) -> int:
    """What can no longer be used is no longer needed; the journal keeps that it was."""
    rows = OneTimeCode.objects.unscoped("tidying")
    return rows.filter(expires__lt=at - CARD_LIVES).delete()[0]
