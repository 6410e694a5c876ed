"""An application, as tests play it: its registration, its requests, its keys."""

import base64
import hashlib
import secrets
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, urlsplit

from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from wutong.centres.identity.applications import api as applications
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.factories import PASSWORD

ISSUER = "http://testserver"
CALLBACK = "https://app.example/callback?from=wutong"
GONE = "https://app.example/gone"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALL = ["authorization_code", "refresh_token", "client_credentials", "device_code"]


@dataclass
class App:
    """`given` is what a request to sign in says; a value of None leaves a parameter out."""

    client_id: str
    secret: str
    key: object = None
    row: object = None
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self):
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def given(self, **more):
        values = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": CALLBACK, "scope": "openid profile",
            "state": "state-of-the-app", "nonce": "nonce-of-the-app",
            "code_challenge": self.challenge, "code_challenge_method": "S256", **more,
        }  # fmt: skip
        return {name: value for name, value in values.items() if value is not None}

    def ask(self, browser, **more):
        return browser.get("/oauth/authorize", self.given(**more))

    def code(self, browser, **more):
        """Through the consent page if there is one."""
        answer = self.ask(browser, **more)
        if answer.status_code == 200:
            answer = agree(browser, answer)
        return back(answer)["code"]

    def post(self, path="/oauth/token", *, headers=None, **values):
        """As this client, by its secret in the form or, without one, by its name."""
        proof = {"client_id": self.client_id, **({"client_secret": self.secret} if self.secret else {})}
        return Browser().post(path, {**proof, **values}, headers=headers or {})

    def exchange(self, code, *, headers=None, **more):
        values = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK}
        return self.post(headers=headers, **{**values, "code_verifier": self.verifier, **more})

    def tokens(self, browser, **more):
        answer = self.exchange(self.code(browser, **more))
        assert answer.status_code == 200, answer.content
        return answer.json()

    def refresh(self, token, **more):
        return self.post(grant_type="refresh_token", refresh_token=token, **more)

    def signed(self, *, key=None, alg="ES256", header=None, **claims):
        now = int(time.time())
        values = {
            "iss": self.client_id,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": uuid.uuid4().hex,
            **claims,
        }
        values = {name: value for name, value in values.items() if value is not None}
        return jwt.encode({"alg": alg, **(header or {})}, values, key or self.key, algorithms=[alg])


def register(town, **facts):
    """An application in use, of the school Gaoan; `key` gives it a key of its own instead of a secret."""
    key = facts.pop("key", None)
    values = {
        "name": "阅读", "grants": ALL, "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [GONE],
        "scopes": ["openid", "profile", "organisation", "offline_access", "reading.write"],
        "claims": ["name", "roles", "organisations"], **facts,
    }  # fmt: skip
    if key is not None:
        values |= {"auth_method": "private_key_jwt", "jwks": {"keys": [key.as_dict(private=False)]}}
    if values.get("kind") == "public":
        values |= {
            "auth_method": "none",
            "grants": [each for each in values["grants"] if each != "client_credentials"],
        }
    made = applications.create_client(SYSTEM, town.place("gaoan"), **values)
    return App(made.application.client_id, made.secret, key, made.application)


def suspend(app):
    app.row.state = "suspended"
    app.row.save()


def signed_in(username):
    browser = Browser()
    answer = browser.post("/accounts/login/", {"login": username, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return browser


def agree(browser, page, answer="allow"):
    """Presses the button of the page that asks."""
    return browser.post("/oauth/consent", {"resume": page.context["resume"], "answer": answer})


def back(answer):
    """What the browser brings back to the application."""
    assert answer.status_code == 302, answer.content.decode()
    assert answer.url.startswith(CALLBACK + "&"), answer.url
    return dict(parse_qsl(urlsplit(answer.url).query)[1:])


def next_of(answer):
    """Where a sign-in page leads afterwards."""
    return parse_qs(urlsplit(answer.url).query)["next"][0]


def proof(key, *, method="POST", url=ISSUER + "/oauth/token", token=None, header=None, **claims):
    """A DPoP proof (RFC 9449)."""
    values = {"htm": method, "htu": url, "iat": int(time.time()), "jti": uuid.uuid4().hex}
    if token:
        digest = hashlib.sha256(token.encode()).digest()
        values["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False), **(header or {})}
    values = {name: value for name, value in {**values, **claims}.items() if value is not None}
    return jwt.encode(head, values, key, algorithms=[head["alg"]])


def unsigned(claims, header):
    parts = [base64.urlsafe_b64encode(each.encode()).rstrip(b"=").decode() for each in (header, claims)]
    return f"{parts[0]}.{parts[1]}."


def new_key(kind="ES256"):
    return ECKey.generate_key("P-256") if kind == "ES256" else RSAKey.generate_key(2048)
