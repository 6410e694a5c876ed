"""What this centre can do, for programs to read: OpenID Connect Discovery, RFC 8414, and the keys."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from wutong.centres.identity.accounts.api import LEVELS
from wutong.centres.identity.applications.api import CLAIMS
from wutong.centres.identity.openid import client_jwt, dpop, keys
from wutong.centres.identity.openid.endpoints.answers import answer, endpoint
from wutong.centres.identity.openid.issuer import issuer_of
from wutong.centres.identity.openid.scopes import OF_PEOPLE, OFFLINE, OPENID

KEPT = {"Cache-Control": "public, max-age=3600"}
PROOFS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
ENDPOINTS = {
    "authorization_endpoint": "authorize",
    "token_endpoint": "token",
    "userinfo_endpoint": "userinfo",
    "introspection_endpoint": "introspect",
    "revocation_endpoint": "revoke",
    "end_session_endpoint": "logout",
    "device_authorization_endpoint": "device_authorization",
    "pushed_authorization_request_endpoint": "par",
    "jwks_uri": "jwks",
}


@endpoint("GET", "HEAD", cross=True)
def configuration(request: HttpRequest) -> HttpResponse:
    issuer = issuer_of(request)
    places = {name: f"{issuer}/oauth/{place}" for name, place in ENDPOINTS.items()}
    return answer({"issuer": issuer, **places, **ABILITIES}, headers=KEPT)


@endpoint("GET", "HEAD", cross=True)
def jwks(request: HttpRequest) -> HttpResponse:
    return answer(keys.key_set(), headers=KEPT)


ABILITIES: dict[str, Any] = {
    "response_types_supported": ["code"],
    "response_modes_supported": ["query", "form_post"],
    "grant_types_supported": [
        "authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code",
    ],
    "subject_types_supported": ["pairwise", "public"],
    "id_token_signing_alg_values_supported": list(keys.ALGORITHMS),
    "scopes_supported": [OPENID, OFFLINE, *OF_PEOPLE],
    "claims_supported": ["sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "nonce", "sid", *CLAIMS],
    "acr_values_supported": list(LEVELS),
    "prompt_values_supported": ["none", "login", "consent", "select_account"],
    "code_challenge_methods_supported": ["S256"],
    "token_endpoint_auth_methods_supported": [*PROOFS, "none"],
    "token_endpoint_auth_signing_alg_values_supported": list(client_jwt.ALGORITHMS),
    "introspection_endpoint_auth_methods_supported": PROOFS,
    "introspection_endpoint_auth_signing_alg_values_supported": list(client_jwt.ALGORITHMS),
    "revocation_endpoint_auth_methods_supported": [*PROOFS, "none"],
    "revocation_endpoint_auth_signing_alg_values_supported": list(client_jwt.ALGORITHMS),
    "request_object_signing_alg_values_supported": list(client_jwt.ALGORITHMS),
    "dpop_signing_alg_values_supported": list(dpop.KINDS),
    "claims_parameter_supported": True,
    "request_parameter_supported": True,
    "request_uri_parameter_supported": False,
    "require_pushed_authorization_requests": False,
    "authorization_response_iss_parameter_supported": True,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
    "ui_locales_supported": ["zh-CN", "en"],
}  # fmt: skip
