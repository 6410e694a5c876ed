"""What an application may ask for by a word, and what it is told of a person.

The registry says which claims were approved for an application; here the age of the person has its say, too.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from wutong.centres.identity.applications.api import CLAIMS, Client, released
from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import actor_of, survivor

OPENID, OFFLINE, INTROSPECT = "openid", "offline_access", "introspect"
OF_PEOPLE = tuple(dict.fromkeys(claim.scope for claim in CLAIMS.values()))
# From which age somebody decides alone: about ordinary facts (PIPL art. 31), and about all.
DECIDES_ALONE, GROWN_UP = 14, 18
SEEN_IN_CLASS = 1


def asked_claims(client: Client, scopes: Collection[str], names: Collection[str] = ()) -> tuple[str, ...]:
    """Of what was approved for the client, that which scopes or the claims parameter ask for."""
    return tuple(
        name for name in client.claims if name in CLAIMS and (CLAIMS[name].scope in scopes or name in names)
    )


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


def open_claims(
    client: Client, person: Person, scopes: Collection[str], names: Collection[str], at: datetime
) -> tuple[str, ...]:
    """The names of what this client is told of this person."""
    asked = asked_claims(client, scopes, names)
    if not asked or client.trusted:
        return asked
    return fit_for_age(asked, age(survivor(person), timezone.localdate(at)), trusted=False)


def told(
    client: Client,
    person: Person,
    *,
    username: str,
    at: datetime,
    scopes: Collection[str],
    names: Collection[str] = (),
) -> dict[str, Any]:
    open_to_it = open_claims(client, person, scopes, names, at)
    if not open_to_it:
        return {}
    return released(replace(client, claims=open_to_it), person, username=username, at=at)
