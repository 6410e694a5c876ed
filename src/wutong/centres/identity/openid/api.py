"""What interfaces of the house ask: who shows this token."""

from dataclasses import dataclass

from django.http import HttpRequest


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
    """Who shows the token in `Authorization: Bearer` or `DPoP`.

    None without such a header. `TokenRefused` (with `challenge`, the text for WWW-Authenticate) for a token that is
    unknown, expired, revoked, of a suspended application, or shown without the key it is bound to.
    """
    raise NotImplementedError
