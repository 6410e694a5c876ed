"""Clients as the protocols see them: all that was approved, read in one query."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Length

from wutong.centres.identity.applications.addresses import prefixes_of, redirect_allowed
from wutong.centres.identity.applications.models import Application, ServicePrefix
from wutong.kernel.prepared import Prepared, Text

State = Application.State


class KeptSecret(NamedTuple):
    """What is kept of a secret of a client: its keyed hash, and from when to when it is good."""

    pk: int
    digest: bytes
    expires: datetime | None
    revoked: datetime | None
    last_used: datetime | None


@dataclass(frozen=True)
class Client:
    """An application in use. `organisation` is the key of its owner; `jwks` is empty or a JWK set (RFC 7517).

    Who it is for is asked with `admits`.
    """

    client_id: str
    name: str
    purpose: str
    organisation: int
    organisation_name: str
    organisation_path: str
    kind: str
    grants: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    backchannel_logout_uri: str
    service_prefixes: tuple[str, ...]
    scopes: tuple[str, ...]
    claims: tuple[str, ...]
    reach: str
    audience: tuple[str, ...]
    user_claim: str
    subject_type: str
    sector_identifier: str
    auth_method: str
    jwks: dict[str, Any]
    id_token_alg: str
    require_par: bool
    dpop_bound: bool
    acr: str
    risk: str
    trusted: bool
    secrets: tuple[KeptSecret, ...] = field(default=(), repr=False, compare=False)

    @property
    def confidential(self) -> bool:
        return self.kind == Application.Kind.CONFIDENTIAL

    @property
    def sector(self) -> str:
        """Within which a person has one pairwise number: the client, or the clients of its organisation that say so."""
        return f"{self.organisation}:{self.sector_identifier}" if self.sector_identifier else self.client_id

    def may_redirect(self, uri: str) -> bool:
        return redirect_allowed(uri, self.redirect_uris)

    def may_redirect_after_logout(self, uri: str) -> bool:
        return redirect_allowed(uri, self.post_logout_redirect_uris)


ELSEWHERE = {"organisation_name": "organisation__name", "organisation_path": "organisation__path"}
COLUMNS = [ELSEWHERE.get(each.name, each.name) for each in fields(Client) if each.name != "secrets"]
OF_SECRETS = [f"secrets__{name}" for name in KeptSecret._fields]


def client(client_id: str) -> Client | None:
    """None for what no client can be called: PostgreSQL keeps no text with a NUL, and asks no question with one."""
    return None if "\0" in client_id else _read(_named(Text(client_id)))


@Prepared
def _named(client_id: str) -> QuerySet:
    """The client beside each of its secrets: who it is and whether it is the one are asked together."""
    rows = _active().filter(client_id=client_id).order_by("secrets__pk")
    return rows.values_list(*COLUMNS, *OF_SECRETS)


def client_for_service(url: str) -> Client | None:
    """The client whose prefix is the longest that the address of a CAS service lies under."""
    if "\0" in url:
        return None
    prefixes = ServicePrefix.objects.unscoped("whose service this is").filter(prefix__in=prefixes_of(url))
    longest = prefixes.order_by(Length("prefix").desc()).values("application")[:1]
    return _read(_active().filter(pk=Subquery(longest)).values_list(*COLUMNS)[:1])


def _active() -> QuerySet:
    return Application.objects.unscoped("a protocol asks who a client is").filter(state=State.ACTIVE)


def _read(rows: Iterable[Any]) -> Client | None:
    found = list(rows)
    if not found:
        return None
    end = len(COLUMNS)
    facts: dict[str, Any] = {
        each.name: tuple(value) if isinstance(value, list) else value
        for each, value in zip(fields(Client), found[0][:end], strict=False)
    }
    kept = tuple(KeptSecret(*row[end:]) for row in found if row[end:] and row[end] is not None)
    return Client(**facts, secrets=kept)
