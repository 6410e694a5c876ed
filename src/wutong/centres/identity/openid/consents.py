"""What people allowed applications, and what they take back."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications.api import Client
from wutong.centres.identity.openid.grants import GRANTS, end_grant
from wutong.centres.identity.openid.models import Consent
from wutong.kernel.action import action, change, create, note
from wutong.kernel.errors import NotFound
from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import survivor
from wutong.kernel.policy import Actor, predicate

ROWS = Consent.objects.unscoped("what the person who signs in allowed")


@predicate
def is_oneself(actor: Actor, person: Person) -> bool:
    return actor.person_id is not None and survivor(person).pk == actor.person_id


def consent_of(person: Person, client_id: str) -> Consent | None:
    return ROWS.filter(person=person, client_id=client_id, withdrawn=None).first()


def covers(consent: Consent | None, scopes: Collection[str], claims: Collection[str]) -> bool:
    """Whether nothing is asked for that was not allowed."""
    return consent is not None and set(scopes) <= set(consent.scopes) and set(claims) <= set(consent.claims)


@action("openid.allow", title=_("同意应用使用个人信息"), allow=is_oneself)
def allow(
    actor: Actor,
    person: Person,
    *,
    client: Client,
    scopes: Collection[str],
    claims: Collection[str],
    at: datetime,
) -> Consent:
    """What was allowed before stays allowed."""
    there = consent_of(person, client.client_id)
    if there is None:
        return create(
            Consent(
                person=person,
                client_id=client.client_id,
                scopes=sorted(scopes),
                claims=sorted(claims),
                given=at,
            )
        )
    more = {"scopes": sorted({*there.scopes, *scopes}), "claims": sorted({*there.claims, *claims})}
    return change(there, **more, given=at)


@action("openid.withdraw", title=_("撤回对应用的同意"), allow=is_oneself)
def withdraw(actor: Actor, person: Person, *, client_id: str, at: datetime) -> None:
    """The application's tokens for this person are worth nothing from now on."""
    there = consent_of(person, client_id)
    grants = list(GRANTS.filter(person=person, client_id=client_id, ended=None))
    if there is None and not grants:
        raise NotFound
    for grant in grants:
        end_grant(actor, grant, at=at, reason="withdrawn")
    note(client=client_id)
    if there is not None:
        change(there, withdrawn=at)
