"""What an application may ask for by a word, and what it is told of a person.

The registry says which claims were approved for an application, and what is open to it of somebody of this age.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils import timezone

from wutong.centres.identity.applications.api import CLAIMS, Client, age, fit_for_age, released
from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import survivor

OPENID, OFFLINE, INTROSPECT = "openid", "offline_access", "introspect"
OF_PEOPLE = tuple(dict.fromkeys(claim.scope for claim in CLAIMS.values()))


def asked_claims(client: Client, scopes: Collection[str], names: Collection[str] = ()) -> tuple[str, ...]:
    """Of what was approved for the client, that which scopes or the claims parameter ask for."""
    return tuple(
        name for name in client.claims if name in CLAIMS and (CLAIMS[name].scope in scopes or name in names)
    )


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
