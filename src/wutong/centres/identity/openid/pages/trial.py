"""A dry run of each flow that an application uses: the requests in order, and what it would be told of who tries it.

Nothing is signed, kept or counted. Of sensitive facts only the names are shown: to tell them is journalled, and this is
no sign-in.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from wutong.centres.identity.accounts import api as accounts
from wutong.centres.identity.applications import api as applications
from wutong.centres.identity.applications.api import CLAIMS, Client
from wutong.centres.identity.openid import id_tokens
from wutong.centres.identity.openid.issuer import issuer_of
from wutong.centres.identity.openid.models import Grant
from wutong.centres.identity.openid.scopes import OFFLINE, OPENID, open_claims, told
from wutong.kernel.errors import NotFound

SENSITIVE = 3
SECRET = "PUT-THE-SECRET-HERE"  # noqa: S105  # a place to fill in


@dataclass(frozen=True)
class Step:
    """`text` is a request or an answer as it goes over the wire; `href` lets the browser really go there."""

    title: str
    text: str
    href: str = ""


@never_cache
@require_GET
def trial(request: HttpRequest, client_id: str) -> HttpResponse:
    client = applications.kept_client(request.actor, client_id)
    session = accounts.current_session(request)
    if client is None or session is None:
        raise NotFound
    flows = {
        title: make(client, issuer_of(request), session)
        for grant, (title, make) in FLOWS.items()
        if grant in client.grants
    }
    if not flows:
        raise NotFound
    return render(request, "openid/trial.html", {"client": client, "flows": flows})


def _code(client: Client, centre: str, session: Any) -> list[Step]:
    verifier, redirect = secrets.token_urlsafe(48), client.redirect_uris[0]
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code", "client_id": client.client_id, "redirect_uri": redirect,
        "scope": " ".join(client.scopes or (OPENID,)), "state": secrets.token_urlsafe(12),
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), "code_challenge_method": "S256",
    }  # fmt: skip
    sign_in = f"{centre}/oauth/authorize?{urlencode(asked)}"
    first = Step(
        _("应用把浏览器送到认证中心，自己留着 code_verifier"),
        f"{sign_in}\n\ncode_verifier={verifier}",
        sign_in,
    )
    if not applications.admits(client, session.account.person, timezone.now()):
        return [first, Step(_("认证中心不放行：这个应用不对您开放。"), "error=access_denied")]
    sent = urlencode({"code": "CODE", "state": asked["state"], "iss": centre})
    back = f"{redirect}{'&' if '?' in redirect else '?'}{sent}"
    form = {
        "grant_type": "authorization_code",
        "code": "CODE",
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    answer: dict[str, Any] = {"access_token": "…", "token_type": "Bearer", "scope": asked["scope"]}
    if OPENID in client.scopes:
        answer |= {"id_token": _id_token(client, centre, session)}
    if OFFLINE in client.scopes:
        answer |= {"refresh_token": "…"}
    steps = [
        first,
        Step(
            _("认证中心带着一次性的 code 送回应用；应用核对 state 和 iss"),
            back,
        ),
        Step(_("应用用 code 换令牌"), _curl(client, f"{centre}/oauth/token", form)),
        Step(_("答复；id_token 是签过名的，这里拆开来看"), _json(answer)),
    ]
    if OPENID not in client.scopes:
        return steps
    ask = f"curl -H 'Authorization: Bearer ACCESS_TOKEN' {centre}/oauth/userinfo"
    return [*steps, Step(_("应用问用户信息"), ask), Step(_("答复"), _json(_userinfo(client, session)))]


def _grant(client: Client, centre: str, session: Any) -> Grant:
    return Grant(
        issuer=centre, person=session.account.person, account=session.account_id, sid=session.sid,
        auth_time=session.auth_time, acr=session.acr, amr=session.amr, claims={},
    )  # fmt: skip


def _id_token(client: Client, centre: str, session: Any) -> dict[str, Any]:
    return id_tokens.claims_of(client, _grant(client, centre, session), timezone.now())


def _userinfo(client: Client, session: Any) -> dict[str, Any]:
    at, person = timezone.now(), session.account.person
    names = open_claims(client, person, client.scopes, (), at)
    light = replace(client, claims=tuple(name for name in names if CLAIMS[name].weight < SENSITIVE))
    facts = told(light, person, username=session.account.username, at=at, scopes=client.scopes)
    hidden = {name: "…" for name in names if CLAIMS[name].weight >= SENSITIVE}
    return {"sub": applications.subject(client, person), **facts, **hidden}


def _refresh(client: Client, centre: str, session: Any) -> list[Step]:
    form = {"grant_type": "refresh_token", "refresh_token": "REFRESH_TOKEN"}
    return [
        Step(_("令牌到期以前，应用用 refresh_token 换新的"), _curl(client, f"{centre}/oauth/token", form)),
        Step(
            _("答复里的 refresh_token 也是新的，旧的只能用一次：再用会作废整组令牌"),
            _json({"access_token": "…", "refresh_token": "…"}),
        ),
    ]


def _credentials(client: Client, centre: str, session: Any) -> list[Step]:
    scopes = " ".join(scope for scope in client.scopes if scope not in (OPENID, OFFLINE))
    form = {"grant_type": "client_credentials", **({"scope": scopes} if scopes else {})}
    return [
        Step(_("应用以自己的名义要令牌，没有用户在场"), _curl(client, f"{centre}/oauth/token", form)),
        Step(_("答复"), _json({"access_token": "…", "token_type": "Bearer", "scope": scopes})),
        Step(
            _("别的系统收到令牌，问它还有没有效"),
            _curl(client, f"{centre}/oauth/introspect", {"token": "ACCESS_TOKEN"}),
        ),
    ]


def _device(client: Client, centre: str, session: Any) -> list[Step]:
    kind = "urn:ietf:params:oauth:grant-type:device_code"
    scope = " ".join(client.scopes or (OPENID,))
    poll = {"grant_type": kind, "device_code": "DEVICE_CODE"}
    return [
        Step(
            _("没有键盘的设备要一个短码"),
            _curl(client, f"{centre}/oauth/device_authorization", {"scope": scope}),
        ),
        Step(
            _("设备显示短码和地址，用户在手机上打开，输入短码并同意"),
            f"{centre}/oauth/device",
            f"{centre}/oauth/device",
        ),
        Step(_("设备隔几秒问一次，直到用户同意"), _curl(client, f"{centre}/oauth/token", poll)),
    ]


def _curl(client: Client, url: str, form: dict[str, str]) -> str:
    """With a secret only where the application keeps one; keys sign instead (`private_key_jwt`)."""
    known = f"-u {client.client_id}:{SECRET}" if client.auth_method == "client_secret_basic" else ""
    fields = form if known else {"client_id": client.client_id, **form}
    if client.auth_method == "client_secret_post":
        fields["client_secret"] = SECRET
    if client.auth_method == "private_key_jwt":
        fields["client_assertion"] = "SIGNED_JWT"
    lines = [
        f"curl {known} {url}".replace("  ", " "),
        *(f"  -d '{urlencode({name: value})}'" for name, value in fields.items()),
    ]
    return " \\\n".join(lines)


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


FLOWS = {
    "authorization_code": (gettext_lazy("用户登录（code + PKCE）"), _code),
    "refresh_token": (gettext_lazy("换新令牌"), _refresh),
    "client_credentials": (gettext_lazy("机器对机器"), _credentials),
    "device_code": (gettext_lazy("没有键盘的设备"), _device),
}
