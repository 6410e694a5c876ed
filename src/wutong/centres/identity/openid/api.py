"""What interfaces of the house ask: who shows this token."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from wutong.centres.identity.openid import bearers, keys
from wutong.centres.identity.openid.errors import TokenRefused
from wutong.kernel.people.queries import survivor
from wutong.kernel.policy import SYSTEM

__all__ = ["Bearer", "TokenRefused", "bearer", "rotate_keys"]


@dataclass(frozen=True)
class Bearer:
    """Who calls with an access token: an application for itself (`person_id` None) or on behalf of a person.

    `person_id` is the person who acts (merges followed); `organisation` is the key of the organisation whose
    application it is; `acr` how surely the person signed in, empty for a machine.
    """

    client_id: str
    person_id: int | None
    scopes: frozenset[str]
    organisation: int
    acr: str


def bearer(request: HttpRequest) -> Bearer | None:
    """Who shows the token in `Authorization: Bearer` or `DPoP`: one query.

    None without such a header. `TokenRefused` (with `status` and `challenge`, the text for WWW-Authenticate) for a
    token that is unknown, expired, revoked, of a suspended application, or shown without the key it is bound to. The
    proof of a bound token is used up by this: ask once a request.
    """
    shown = bearers.shown_by(request, timezone.now())
    if shown is None:
        return None
    grant = shown.token.grant
    return Bearer(
        client_id=shown.client.client_id,
        person_id=survivor(grant.person).pk if grant else None,
        scopes=shown.scopes,
        organisation=shown.client.organisation,
        acr=grant.acr if grant else "",
    )


def rotate_keys(*, now: bool) -> list[str]:
    """For the command of the house: names of the new keys. See `keys.rotate` for `now`."""
    return [row.kid for row in keys.rotate(SYSTEM, None, now=now)]
