"""What an application may be told of a person, and under which number it knows the person.

Least by default: nothing but the number. A claim is released if it was approved for the client and, in OpenID,
asked for by a scope. The names are those of OpenID Connect Core 1.0 §5.1 where it has one.
"""

import base64
import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications.audience import is_guardian
from wutong.centres.identity.applications.clients import Client
from wutong.kernel.action import TITLES
from wutong.kernel.audit.api import journal
from wutong.kernel.errors import Sentence
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Membership, Person
from wutong.kernel.people.queries import actor_of, survivor
from wutong.kernel.prepared import Prepared

CONTEXT = b"applications.subject\0"
TITLES["applications.released"] = _("向应用提供敏感信息")
SEXES = {"1": "male", "2": "female"}


@dataclass(frozen=True)
class Claim:
    """`weight`: 1 is told by any class list, 2 is personal, 3 is sensitive and journalled at each release."""

    title: Sentence
    scope: str
    weight: int


CLAIMS = {
    "name": Claim(_("姓名"), "profile", 1),
    "roles": Claim(_("身份（学生、教师、家长等）"), "organisation", 1),
    "organisations": Claim(_("所在单位和班级"), "organisation", 1),
    "preferred_username": Claim(_("登录账号"), "profile", 2),
    "gender": Claim(_("性别"), "profile", 2),
    "birthdate": Claim(_("出生日期"), "profile", 2),
    "phone_number": Claim(_("手机"), "phone", 3),
    "staff_number": Claim(_("教师号"), "numbers", 3),
    "pupil_number": Claim(_("全国学籍号"), "numbers", 3),
}

# From which age somebody decides alone: about ordinary facts (PIPL art. 31), and about all.
DECIDES_ALONE, GROWN_UP = 14, 18
SEEN_IN_CLASS = 1


def age(person: Person, on: date) -> int | None:
    """Whole years; 0 for a pupil whose birth nobody recorded, None for anybody else without."""
    if person.born is None:
        return 0 if any(role.name == "pupil" for role in actor_of(person, on).roles) else None
    return on.year - person.born.year - ((on.month, on.day) < (person.born.month, person.born.day))


def fit_for_age(names: Iterable[str], years: int | None, *, trusted: bool) -> tuple[str, ...]:
    """A child's word is not enough for an application that the city did not take into trust.

    Below 14 it learns that this is a pupil, and nothing of who; below 18 what any class list says.
    """
    if trusted or years is None or years >= GROWN_UP:
        return tuple(names)
    if years < DECIDES_ALONE:
        return tuple(name for name in names if name == "roles")
    return tuple(name for name in names if CLAIMS[name].weight <= SEEN_IN_CLASS)


def subject(client: Client, person: Person) -> str:
    """26 small letters and digits by which the client knows the person, for life.

    Pairwise (OpenID Connect Core §8.1): two clients cannot find out that they speak of the same child.
    """
    sector = "" if client.subject_type == "public" else client.sector
    digest = hmac.digest(keyring().lookup, CONTEXT + f"{sector}\0{survivor(person).pk}".encode(), "sha256")
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def user_name(client: Client, person: Person, *, username: str, at: datetime) -> str:
    """The one name that CAS gives; empty for who lacks what the client knows people by."""
    if not client.user_claim:
        return subject(client, person)
    return str(_value(client.user_claim, survivor(person), username, at) or "")


def released(
    client: Client, person: Person, *, username: str, at: datetime, scopes: Collection[str] | None = None
) -> dict[str, Any]:
    """The claims that this client gets now, for a child those fit for its age; with `scopes`, only those that they
    ask for. Empty ones are left out."""
    names = tuple(
        name for name in client.claims if name in CLAIMS and (scopes is None or CLAIMS[name].scope in scopes)
    )
    person = survivor(person)
    if names and not client.trusted:
        names = fit_for_age(names, age(person, timezone.localdate(at)), trusted=False)
    told = {name: value for name in names if (value := _value(name, person, username, at))}
    if sensitive := sorted(name for name in told if CLAIMS[name].weight > 2):
        journal(
            actor_of(person),
            "applications.released",
            person,
            at=at,
            client=client.client_id,
            claims=sensitive,
        )
    return told


def _value(name: str, person: Person, username: str, at: datetime) -> Any:
    day = timezone.localdate(at)
    match name:
        case "name":
            return person.name
        case "preferred_username":
            return username
        case "gender":
            return SEXES.get(person.sex)
        case "birthdate":
            return person.born.isoformat() if person.born else None
        case "phone_number":
            return person.phone
        case "roles":
            return _roles(person, day)
        case "organisations":
            return _organisations(person, day)
        case _:
            return person.full.get({"staff_number": "staff", "pupil_number": "pupil_national"}[name])


def _roles(person: Person, day: date) -> list[str]:
    return sorted(
        {role.name for role in actor_of(person, day).roles}
        | ({"guardian"} if is_guardian(person, day) else set())
    )


def _organisations(person: Person, day: date) -> list[str]:
    return list(dict.fromkeys(row.organisation.full_name for row in _places(person.pk, day)))


@Prepared
def _places(person: int, day: date) -> QuerySet:
    rows = Membership.objects.unscoped("where the person belongs").on(day).filter(person=person)
    return rows.select_related("organisation__parent").order_by("pk")
