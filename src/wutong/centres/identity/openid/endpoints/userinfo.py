"""What an application may know of the person who signed in (OpenID Connect Core §5.3)."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from wutong.centres.identity.accounts.api import standing
from wutong.centres.identity.applications.api import subject
from wutong.centres.identity.openid import bearers, parameters
from wutong.centres.identity.openid.bearers import Shown
from wutong.centres.identity.openid.endpoints.answers import answer, endpoint
from wutong.centres.identity.openid.errors import Refused, TokenRefused
from wutong.centres.identity.openid.models import Grant
from wutong.centres.identity.openid.scopes import OPENID, asked_claims, told


@endpoint("GET", "POST", cross=True)
def userinfo(request: HttpRequest) -> HttpResponse:
    """The token stands in the header or in the body of a form; in the address it would be kept in logs."""
    at = timezone.now()
    if "access_token" in request.GET:
        raise Refused("invalid_request", "the token may not stand in the address")
    body = parameters.read(request.POST).get("access_token", "") if request.method == "POST" else ""
    try:
        shown = bearers.shown_by(request, at, body=body)
        if shown is None:
            return answer({}, status=401, headers={"WWW-Authenticate": "Bearer"})
        return answer(_facts(shown, _grant(shown), at))
    except TokenRefused as fault:
        raise _refused(fault) from None


def _grant(shown: Shown) -> Grant:
    if shown.token.grant is None or OPENID not in shown.scopes:
        raise TokenRefused("insufficient_scope", "the scope openid is needed", status=403)
    return shown.token.grant


def _facts(shown: Shown, grant: Grant, at: Any) -> dict[str, Any]:
    names = grant.claims.get("userinfo", ())
    username = ""
    if "preferred_username" in asked_claims(shown.client, shown.scopes, names):
        who = standing(grant.account, grant.sid)
        username = who.username if who else ""
    claims = told(shown.client, grant.person, username=username, at=at, scopes=shown.scopes, names=names)
    return {**claims, "sub": subject(shown.client, grant.person)}


def _refused(fault: TokenRefused) -> Refused:
    headers = {"WWW-Authenticate": fault.challenge}
    return Refused(fault.code, fault.description, status=fault.status, headers=headers)
