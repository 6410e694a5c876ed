"""Whatever is sent to an endpoint, the answer is the protocol's: never a fault of ours, never a word of how we work."""

import base64
import string

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from wutong.centres.identity.openid import throttle
from wutong.centres.identity.openid.endpoints.routes import BY_PATH
from wutong.centres.identity.openid.tests.relying import ASSERTION, CALLBACK, DEVICE, register

pytestmark = pytest.mark.django_db(databases="__all__")
POSTED = [
    "/oauth/token",
    "/oauth/introspect",
    "/oauth/revoke",
    "/oauth/par",
    "/oauth/device_authorization",
    "/oauth/userinfo",
]
NAMES = [
    "grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "client_id", "client_secret",
    "client_assertion", "client_assertion_type", "device_code", "token", "token_type_hint", "access_token", "request",
    "request_uri", "response_type", "response_mode", "state", "nonce", "prompt", "max_age", "acr_values", "claims",
    "code_challenge", "code_challenge_method", "dpop_jkt", "id_token_hint", "post_logout_redirect_uri", "resume", "user_code",
]  # fmt: skip
KNOWN = [
    "authorization_code", "refresh_token", "client_credentials", DEVICE, ASSERTION, CALLBACK, "openid profile", "code", "S256",
    "none", "login consent", "form_post", "0", "-1", '{"userinfo":{"name":null}}', '{"id_token":{"acr":{"values":[1]}}}',
    "urn:ietf:params:oauth:request_uri:x", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA", "A" * 43, "javascript:alert(1)",
]  # fmt: skip
ODD = some.text(some.characters(exclude_categories=["Cs"]), max_size=60)
VALUES = some.one_of(
    some.sampled_from(KNOWN),
    ODD,
    some.text(string.ascii_letters + "-_.", max_size=80),
    some.just("x" * 9_000),
)
FORMS = some.dictionaries(some.sampled_from(NAMES), VALUES, max_size=10)
HEADERS = some.fixed_dictionaries(
    {},
    optional={
        "Authorization": some.one_of(
            some.sampled_from(["Bearer x", "DPoP x", "Basic", "Bearer", "Negotiate x"]),
            some.binary(max_size=40).map(lambda data: "Basic " + base64.b64encode(data).decode()),
        ),
        "DPoP": some.sampled_from(
            ["x", "a.b.c", "eyJhbGciOiJFUzI1NiIsInR5cCI6ImRwb3Arand0IiwiandrIjp7fX0.e30.AAAA"]
        ),
        "Content-Type": some.sampled_from(
            ["application/json", "text/plain", "multipart/form-data; boundary=x", ""]
        ),
    },
)
MANY = settings(max_examples=60, suppress_health_check=list(HealthCheck))
SAID = {"error", "error_description"}


@pytest.fixture
def app(small_town):
    return register(small_town)


def no_limits():
    for each in (throttle.CLIENTS, throttle.FAILURES, throttle.USER_CODES):
        each.clear()


def is_of_the_protocol(answer):
    if answer.status_code in (200, 201):
        return True
    body = answer.json()
    plain = all(0x20 <= ord(sign) < 0x7F and sign not in '"\\' for sign in body.get("error_description", ""))
    return 400 <= answer.status_code < 500 and (not body or set(body) == SAID) and plain


@pytest.mark.parametrize("path", POSTED)
@pytest.mark.parametrize("proved", [True, False])
@MANY
@given(form=FORMS, headers=HEADERS)
def test_programs(app, path, proved, form, headers):
    no_limits()
    proof = {"client_id": app.client_id, "client_secret": app.secret} if proved else {}
    plain = {name: value for name, value in headers.items() if name != "Content-Type"}
    assert is_of_the_protocol(Browser().post(path, {**form, **proof}, headers=plain))
    if "Content-Type" in headers:
        raw = Browser().post(
            path, "\x00%ff=%&&=;" + str(form), content_type=headers["Content-Type"], headers=plain
        )
        assert is_of_the_protocol(raw)


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_every_method(small_town, path):
    for method in ("get", "head", "post", "put", "patch", "delete", "options", "trace"):
        assert getattr(Browser(), method)(path).status_code < 500


@MANY
@given(form=FORMS, known=some.booleans())
def test_browsers(app, teacher, form, known):
    """A page, or a way back to the application's own address; nowhere else."""
    asked = {**(app.given() if known else {}), **form}
    for path in ("/oauth/authorize", "/oauth/logout", "/oauth/device"):
        for answer in (teacher.get(path, asked), teacher.post(path, asked)):
            assert answer.status_code < 500
            target = answer.headers.get("Location", "/")
            assert target.startswith(("/", CALLBACK)) and not target.startswith("//")
