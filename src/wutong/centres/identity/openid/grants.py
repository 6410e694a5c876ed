"""Families of tokens: begun once by a code or a device, carried on by refreshing, ended together."""

import hmac
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts.api import Standing, standing
from wutong.centres.identity.applications.api import Client, admits
from wutong.centres.identity.openid.codes import SignIn
from wutong.centres.identity.openid.digests import digest_of, keyed, new_token, packed, unpacked
from wutong.centres.identity.openid.errors import Refused
from wutong.centres.identity.openid.models import AccessToken, Grant
from wutong.centres.identity.openid.scopes import OFFLINE
from wutong.kernel.action import action, change, note
from wutong.kernel.people.queries import survivor
from wutong.kernel.policy import SYSTEM, Actor, predicate
from wutong.kernel.prepared import Prepared, Text

ACCESS = timedelta(hours=1)
# Without `offline_access` a family ends with the browser session; with it, when it was not used for a month.
IDLE, LONGEST = timedelta(days=30), timedelta(days=180)
GRANTS = Grant.objects.unscoped("an application shows what it was given")


@dataclass(frozen=True)
class Begun:
    """How a grant begins: by which number, for what, by whose sign-in."""

    number: uuid.UUID
    issuer: str
    scopes: tuple[str, ...]
    sign_in: SignIn
    jkt: str = ""
    nonce: str = ""
    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()


def begin(client: Client, begun: Begun, at: datetime, *, jkt: str) -> tuple[Grant, str]:
    """The grant and its first access token. A second use of the same number ends what the first one gave."""
    grant = _grant_of(client, begun, at)
    try:
        with transaction.atomic():
            grant.save(force_insert=True)
            token = issue(client, grant, begun.scopes, at, jkt=jkt)
    except IntegrityError:
        replayed(GRANTS.filter(code=begun.number).first(), at)
        raise Refused("invalid_grant", "this was used before", client_id=client.client_id) from None
    return grant, token


def _grant_of(client: Client, begun: Begun, at: datetime) -> Grant:
    who = begun.sign_in
    return Grant(
        client_id=client.client_id, code=begun.number, issuer=begun.issuer,
        person_id=who.person, account=who.account, sid=who.sid,
        auth_time=datetime.fromtimestamp(who.auth_time, UTC), acr=who.acr, amr=list(who.amr),
        scopes=" ".join(begun.scopes), nonce=begun.nonce,
        claims={"userinfo": list(begun.userinfo), "id_token": list(begun.id_token)},
        jkt=begun.jkt, issued=at, used=at, expires=at + (IDLE if OFFLINE in begun.scopes else LONGEST),
    )  # fmt: skip


def issue(
    client: Client, grant: Grant | None, scopes: Collection[str], at: datetime, *, jkt: str = ""
) -> str:
    token = new_token()
    AccessToken.objects.create(
        digest=digest_of(token, "access"), client_id=client.client_id, grant=grant,
        scopes=" ".join(scopes), jkt=jkt, issued=at, expires=at + ACCESS,
    )  # fmt: skip
    return token


def stands(account: int, sid: str, scopes: Collection[str]) -> Standing | None:
    """The account, while it may be used, and is signed in unless what was granted outlives that."""
    found = standing(account, sid)
    if found is None or not found.active:
        return None
    return found if found.session_open or OFFLINE in scopes else None


def refresh_token_of(grant: Grant) -> str:
    place = grant.pk.to_bytes(8, "big") + grant.serial.to_bytes(4, "big")
    return packed(place + _seal(place, bytes(grant.secret)))


def _seal(place: bytes, secret: bytes) -> bytes:
    return hmac.digest(keyed(secret.hex(), "refresh"), place, "sha256")[:24]


def family_of(token: str) -> tuple[Grant, int] | None:
    """The family a refresh token belongs to, and which of its tokens this is; None for what was never given out."""
    try:
        data = unpacked(token)
    except ValueError:
        return None
    if len(data) != 36:
        return None
    place, shown = data[:12], data[12:]
    if (key := int.from_bytes(place[:8], "big")) >= 2**63:
        return None
    grant = GRANTS.filter(pk=key).select_related("person").first()
    if grant is None or not hmac.compare_digest(_seal(place, bytes(grant.secret)), shown):
        return None
    return grant, int.from_bytes(place[8:], "big")


def carry_on(client: Client, token: str, scopes: Collection[str], at: datetime, *, jkt: str) -> Grant:
    """The grant with its next refresh token. Of several that show the same token at once one wins; the family ends."""
    found = family_of(token)
    if found is None or found[0].client_id != client.client_id:
        raise Refused("invalid_grant", "the refresh token is not known", client_id=client.client_id)
    grant, serial = found
    if grant.jkt and grant.jkt != jkt:
        raise Refused("invalid_dpop_proof", "the refresh token is bound to a key", client_id=client.client_id)
    if not _goes_on(client, grant, at):
        raise Refused("invalid_grant", "the grant has ended", client_id=client.client_id)
    if set(scopes) - set(grant.scopes.split()):
        raise Refused("invalid_scope", "this was not granted", client_id=client.client_id)
    if not _step(grant, serial, at):
        replayed(grant, at)
        raise Refused("invalid_grant", "the refresh token was used before", client_id=client.client_id)
    return grant


def _goes_on(client: Client, grant: Grant, at: datetime) -> bool:
    """Who left the school or closed the account is not let in by what was granted before."""
    if not alive(grant, at) or stands(grant.account, grant.sid, grant.scopes.split()) is None:
        return False
    return admits(client, grant.person, at)


def _step(grant: Grant, serial: int, at: datetime) -> bool:
    """One conditional update: nobody else made this step."""
    longest = grant.issued + LONGEST
    expires = min(at + IDLE, longest) if OFFLINE in grant.scopes.split() else longest
    rows = GRANTS.filter(pk=grant.pk, serial=serial, ended=None)
    if not rows.update(serial=F("serial") + 1, used=at, expires=expires):
        return False
    grant.serial = serial + 1
    return True


def alive(grant: Grant, at: datetime) -> bool:
    return grant.ended is None and grant.expires > at


def find(token: str, at: datetime) -> AccessToken | None:
    """An access token that holds, with its grant and person: one query."""
    found = next(iter(_with(Text(digest_of(token, "access")))), None)
    if found is None or found.expires <= at:
        return None
    return found if found.grant_id is None or alive(found.grant, at) else None


@Prepared
def _with(digest: str) -> QuerySet:
    return AccessToken.objects.select_related("grant__person").filter(digest=digest)


@predicate
def is_own_grant(actor: Actor, grant: Grant) -> bool:
    return actor.person_id is not None and survivor(grant.person).pk == actor.person_id


@action("openid.end_grant", title=_("结束应用授权"), allow=is_own_grant)
def end_grant(actor: Actor, grant: Grant, *, at: datetime, reason: str) -> Grant:
    """All tokens of the family are worth nothing from now on. Ending twice changes nothing."""
    still = GRANTS.filter(pk=grant.pk, ended=None).select_for_update().first()
    if still is None:
        return grant
    note(reason=reason, client=grant.client_id)
    return change(still, ended=at)


def replayed(grant: Grant | None, at: datetime) -> None:
    """Somebody showed what was used already: a thief, or the one who was robbed. Neither goes on."""
    if grant is not None:
        end_grant(SYSTEM, grant, at=at, reason="replayed")
