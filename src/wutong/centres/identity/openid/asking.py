"""What a request to sign in asks for, checked: first the address to answer to, then all else."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.applications.api import Client
from wutong.centres.identity.openid import keys
from wutong.centres.identity.openid.errors import NoWayBack, Refused, SentBack, Way
from wutong.centres.identity.openid.parameters import words
from wutong.centres.identity.openid.scopes import OFFLINE
from wutong.centres.identity.openid.tickets import Ticket

MODES = ("query", "form_post")
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
LONGEST_NONCE, LONGEST_STATE = 300, 1_000
NOT_OFFERED = {"registration": "registration_not_supported", "request_uri": "request_uri_not_supported"}


@dataclass(frozen=True)
class Asked:
    """`levels` are those of `acr_values`, `must` the level without which there is no sign-in; `hint` is the `sub` of
    the person who is expected. `userinfo` and `id_token` name claims asked for one by one."""

    client: Client
    way: Way
    scopes: tuple[str, ...]
    challenge: str
    prompts: frozenset[str]
    max_age: int | None = None
    levels: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    nonce: str = ""
    jkt: str = ""
    hint: str = ""
    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()

    @property
    def silent(self) -> bool:
        return "none" in self.prompts


def read(ticket: Ticket, *, issuer: str, at: datetime) -> Asked:
    """NoWayBack where nothing may be sent to the address given; SentBack for every other fault."""
    given = ticket.given
    client = applications.client(given["client_id"])
    if client is None:
        raise NoWayBack("client_id is not known", given["client_id"])
    way = way_of(client, given)
    try:
        return _read(client, way, ticket, issuer)
    except Refused as fault:
        raise SentBack(fault.code, fault.description, client_id=client.client_id, way=way) from None


def way_of(client: Client, given: Mapping[str, str]) -> Way:
    address = given.get("redirect_uri", "")
    if not address or not client.may_redirect(address):
        raise NoWayBack("redirect_uri is not registered for this client", client.client_id)
    mode = given.get("response_mode", "query")
    return Way(address, given.get("state", "")[:LONGEST_STATE], mode if mode in MODES else "query")


def _read(client: Client, way: Way, ticket: Ticket, issuer: str) -> Asked:
    given = ticket.given
    _of_protocol(client, ticket)
    claims = _claims(given.get("claims", ""))
    must = (client.acr,) if client.acr else claims.must
    return Asked(
        client=client,
        way=way,
        scopes=scopes_of(client, given),
        challenge=_challenge(given),
        prompts=_prompts(given),
        max_age=_max_age(given),
        levels=words(given.get("acr_values", "")) or claims.levels,
        must=must,
        nonce=_short(given, "nonce", LONGEST_NONCE),
        jkt=_thumbprint(given),
        hint=_hint(given, issuer) or claims.subject,
        userinfo=claims.userinfo,
        id_token=claims.id_token,
    )


def _of_protocol(client: Client, ticket: Ticket) -> None:
    given = ticket.given
    for name, code in NOT_OFFERED.items():
        if name in given:
            raise Refused(code, f"{name} is not supported")
    if given.get("response_type") != "code":
        kind = "unsupported_response_type" if "response_type" in given else "invalid_request"
        raise Refused(kind, "response_type must be code")
    if given.get("response_mode", "query") not in MODES:
        raise Refused("invalid_request", "response_mode must be query or form_post")
    if "authorization_code" not in client.grants:
        raise Refused("unauthorized_client", "this client does not sign people in")
    if client.require_par and not ticket.pushed:
        raise Refused("invalid_request", "this client must push its requests")
    _short(given, "state", LONGEST_STATE)


def _short(given: Mapping[str, str], name: str, most: int) -> str:
    value = given.get(name, "")
    if len(value) > most:
        raise Refused("invalid_request", f"{name} is longer than {most} characters")
    return value


def scopes_of(client: Client, given: Mapping[str, str]) -> tuple[str, ...]:
    """What was approved of what is asked; what the centre does not know is passed over (OpenID Core §3.1.2.1)."""
    found = tuple(word for word in words(given.get("scope", "")) if word in client.scopes)
    if "refresh_token" not in client.grants:
        found = tuple(word for word in found if word != OFFLINE)
    if not found:
        raise Refused("invalid_scope", "none of these scopes was approved for this client")
    return found


def _challenge(given: Mapping[str, str]) -> str:
    if given.get("code_challenge_method") != "S256" or not CHALLENGE.fullmatch(
        given.get("code_challenge", "")
    ):
        raise Refused("invalid_request", "PKCE is required: code_challenge with code_challenge_method=S256")
    return given["code_challenge"]


def _prompts(given: Mapping[str, str]) -> frozenset[str]:
    found = frozenset(words(given.get("prompt", "")))
    if found - PROMPTS or ("none" in found and len(found) > 1):
        raise Refused("invalid_request", "prompt is none, or login and consent")
    return found


def _max_age(given: Mapping[str, str]) -> int | None:
    value = given.get("max_age")
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise Refused("invalid_request", "max_age is a number of seconds")
    return int(value)


def _thumbprint(given: Mapping[str, str]) -> str:
    value = given.get("dpop_jkt", "")
    if value and not CHALLENGE.fullmatch(value):
        raise Refused("invalid_request", "dpop_jkt is no thumbprint")
    return value


def _hint(given: Mapping[str, str], issuer: str) -> str:
    if "id_token_hint" not in given:
        return ""
    claims = keys.verify(given["id_token_hint"], issuer)
    if claims is None or claims.get("aud") != given["client_id"]:
        raise Refused("invalid_request", "id_token_hint is not from here")
    return str(claims["sub"])


@dataclass(frozen=True)
class Wanted:
    """The claims parameter (OpenID Core §5.5)."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    subject: str = ""


def _claims(text: str) -> Wanted:
    if not text:
        return Wanted()
    try:
        asked = json.loads(text)
        userinfo, id_token = (asked.get(part) or {} for part in ("userinfo", "id_token"))
        if not (isinstance(userinfo, dict) and isinstance(id_token, dict)):
            raise TypeError("not claims by name")
        acr, subject = (id_token.get(name) or {} for name in ("acr", "sub"))
        levels = _values(acr)
        return Wanted(
            userinfo=tuple(userinfo),
            id_token=tuple(id_token),
            levels=levels,
            must=levels if acr.get("essential") else (),
            subject="".join(_values(subject)[:1]),
        )
    except (ValueError, AttributeError, TypeError, RecursionError):
        raise Refused("invalid_request", "claims is not as OpenID Connect Core 5.5 says") from None


def _values(said: dict[str, Any]) -> tuple[str, ...]:
    given = said.get("values") or [said["value"]] if said.get("values") or said.get("value") else []
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise TypeError("not a list of texts")
    return tuple(given)
