"""What programs call, described for programs (OpenAPI 3.1), after RFC 6749, 7009, 7662, 8628, 9126 and 9449."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from wutong import __version__
from wutong.centres.identity.openid.endpoints.answers import answer, endpoint
from wutong.centres.identity.openid.endpoints.discovery import ABILITIES, KEPT

Document = dict[str, Any]
TEXT = {"type": "string"}
SECONDS = {"type": "integer", "minimum": 0}
GRANTS = {"enum": ABILITIES["grant_types_supported"]}
# What a client proves itself with where it does not use HTTP Basic (OpenID Connect Core §9).
PROOF = ("client_id", "client_secret", "client_assertion", "client_assertion_type")
ASKED = (
    "response_type", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
    "response_mode", "prompt", "max_age", "acr_values", "claims", "request", "dpop_jkt",
)  # fmt: skip
REDEEMED = ("code", "redirect_uri", "code_verifier", "refresh_token", "device_code", "scope")


def schema(required: str = "", **properties: Document) -> Document:
    return {"type": "object", "properties": properties, "required": required.split()}


ERROR = schema("error", error=TEXT, error_description={"type": "string", "pattern": r"^[ !#-\[\]-~]*$"})
ERROR |= {"additionalProperties": False}
TOKENS = schema(
    "access_token token_type expires_in scope", access_token=TEXT, token_type={"enum": ["Bearer", "DPoP"]},
    expires_in=SECONDS, scope=TEXT, refresh_token=TEXT, id_token=TEXT,
)  # fmt: skip
WORTH = schema(
    "active", active={"type": "boolean"}, client_id=TEXT, scope=TEXT, token_type=TEXT, sub=TEXT, iss=TEXT, acr=TEXT,
    iat=SECONDS, exp=SECONDS, auth_time=SECONDS, cnf=schema("jkt", jkt=TEXT),
)  # fmt: skip
DEVICE = schema(
    "device_code user_code verification_uri expires_in interval", device_code=TEXT, user_code=TEXT,
    verification_uri=TEXT, verification_uri_complete=TEXT, expires_in=SECONDS, interval=SECONDS,
)  # fmt: skip
PUSHED = schema("request_uri expires_in", request_uri=TEXT, expires_in=SECONDS)
KEYS = schema("keys", keys={"type": "array", "items": schema("kty kid alg use", kty=TEXT, kid=TEXT)})
ABLE = schema("issuer token_endpoint jwks_uri", issuer={"type": "string", "format": "uri"})


@endpoint("GET", "HEAD", cross=True)
def description(_request: HttpRequest) -> HttpResponse:
    return answer(document(), headers=KEPT)


def document() -> Document:
    described = {
        "/.well-known/openid-configuration": {"get": _read("configuration", "What this centre can do", ABLE)},
        "/oauth/jwks": {"get": _read("jwks", "The keys that sign", KEYS)},
        "/oauth/token": {
            "post": _ask("token", "Tokens for a code, a refresh token, a device or the client itself", TOKENS,
                         ("grant_type", *REDEEMED), "grant_type")
        },
        "/oauth/introspect": {"post": _ask("introspect", "What a token is worth", WORTH, ("token",), "token")},
        "/oauth/revoke": {"post": _ask("revoke", "An end to a token", schema(), ("token",), "token")},
        "/oauth/par": {"post": _ask("par", "A request, pushed before the browser goes", PUSHED, ASKED, good="201")},
        "/oauth/device_authorization": {
            "post": _ask("device_authorization", "A device that a person signs in from a telephone", DEVICE, ("scope",))
        },
        "/oauth/userinfo": {"get": _of_person("get"), "post": _of_person("post")},
    }  # fmt: skip
    info = {"title": "梧桐认证中心 Wutong identity centre", "version": __version__}
    schemes = {
        "client": {"type": "http", "scheme": "basic"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    return {
        "openapi": "3.1.0",
        "info": info,
        "paths": described,
        "components": {"securitySchemes": schemes},
    }


def _read(name: str, summary: str, body: Document) -> Document:
    return {"operationId": name, "summary": summary, "responses": {"200": _answer("as it is", body)}}


def _ask(
    name: str, summary: str, body: Document, fields: tuple[str, ...], required: str = "", good: str = "200"
) -> Document:
    form = schema(required, **dict.fromkeys((*PROOF, *fields), TEXT))
    if "grant_type" in fields:
        form["properties"]["grant_type"] = GRANTS
    return {
        "operationId": name,
        "summary": summary,
        "security": [{"client": []}, {}],
        "parameters": [{"name": "DPoP", "in": "header", "schema": TEXT, "description": "RFC 9449 §4"}],
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": form}},
        },
        "responses": {
            good: _answer("granted", body),
            "400": _answer("the request is wrong", ERROR),
            "401": _answer("the client did not prove itself", ERROR),
            "429": _answer("too many requests; Retry-After says when", ERROR),
        },
    }


def _of_person(method: str) -> Document:
    return {
        "operationId": f"userinfo_{method}",
        "summary": "What an application may know of who signed in",
        "security": [{"token": []}],
        "responses": {
            "200": _answer("the claims that were approved", schema("sub", sub=TEXT)),
            "400": _answer("the request is wrong", ERROR),
            "401": _answer("no token, or none that holds", {**ERROR, "required": []}),
            "403": _answer("the scope openid is missing", ERROR),
        },
    }


def _answer(words: str, body: Document) -> Document:
    return {"description": words, "content": {"application/json": {"schema": body}}}
