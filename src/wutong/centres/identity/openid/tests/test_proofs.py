"""Keys of applications: who they are (private_key_jwt), what they ask (request objects, PAR), what they hold (DPoP)."""

import base64
import hmac
import json
import time

import pytest
from django.test import Client as Browser
from django.test import RequestFactory
from joserfc import jwt

from wutong.centres.identity.openid import api
from wutong.centres.identity.openid.tests.relying import (
    ASSERTION,
    CALLBACK,
    ISSUER,
    agree,
    back,
    new_key,
    proof,
    register,
    unsigned,
)
from wutong.centres.identity.openid.tests.test_tokens import error_of, userinfo

pytestmark = pytest.mark.django_db(databases="__all__")
RSA = new_key("RS256")


@pytest.fixture
def key():
    return new_key()


@pytest.fixture
def signing(small_town, key):
    return register(small_town, key=key)


def ask(assertion, **more):
    values = {
        "grant_type": "client_credentials",
        "client_assertion": assertion,
        "client_assertion_type": ASSERTION,
    }
    return Browser().post("/oauth/token", {**values, **more})


def own(app, **claims):
    return app.signed(**{"sub": app.client_id, **claims})


@pytest.mark.parametrize("audience", [ISSUER, ISSUER + "/oauth/token", [ISSUER]])
def test_an_application_shows_its_key(signing, audience):
    assert ask(own(signing, aud=audience)).status_code == 200


def test_rsa_keys_too(small_town):
    app = register(small_town, key=RSA)
    assert [ask(own(app, alg=alg)).status_code for alg in ("RS256", "PS256")] == [200, 200]


def test_an_assertion_works_once(signing):
    assertion = own(signing)
    assert ask(assertion).status_code == 200
    assert error_of(ask(assertion), 401) == "invalid_client"


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "another"},
        {"sub": None},
        {"iss": "another"},
        {"aud": "https://elsewhere.example"},
        {"aud": [ISSUER, "https://elsewhere.example"]},
        {"aud": None},
        {"aud": []},
        {"exp": None},
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 3600},
        {"exp": "tomorrow"},
        {"nbf": int(time.time()) + 3600},
        {"jti": None},
        {"jti": ""},
        {"jti": 5},
        {"jti": "j" * 301},
    ],
)
def test_an_assertion_that_says_something_else(signing, claims):
    assert error_of(ask(own(signing, **claims), client_id=signing.client_id), 401) == "invalid_client"


def with_shared_secret(claims, secret):
    """As an attacker signs who hopes that the public key is taken for a shared secret."""
    body = unsigned(json.dumps(claims), '{"alg":"HS256"}')[:-1]
    mac = hmac.digest(secret, body.encode(), "sha256")
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def test_algorithms_are_not_confused(signing, small_town):
    """No signature; the public key taken for a shared secret; another's key; a key of another kind."""
    rsa = register(small_town, name="RSA", key=RSA)
    claims = {
        "iss": rsa.client_id,
        "sub": rsa.client_id,
        "aud": ISSUER,
        "exp": int(time.time()) + 60,
        "jti": "x",
    }
    forged = [
        unsigned(json.dumps(claims), '{"alg":"none"}'),
        unsigned(json.dumps(claims), '{"alg":"None"}'),
        unsigned(json.dumps(claims), "{}"),
        with_shared_secret(claims, RSA.as_pem(private=False)),
        own(signing, iss=rsa.client_id, sub=rsa.client_id),
        own(rsa, key=new_key("RS256"), alg="RS256"),
        "a.b.c",
        "..",
        "x" * 9_999,
    ]
    for each in forged:
        assert error_of(ask(each, client_id=rsa.client_id), 401) == "invalid_client"


def test_a_key_of_ones_own_in_the_header_proves_nothing(signing):
    stranger = new_key()
    header = {"jwk": stranger.as_dict(private=False)}
    assert error_of(ask(own(signing, key=stranger, header=header)), 401) == "invalid_client"


def test_who_has_a_key_is_not_let_in_by_a_secret_nor_the_other_way(signing, small_town, key):
    assert error_of(Browser().post("/oauth/token", {"grant_type": "client_credentials", "client_id": signing.client_id, "client_secret": "x"}), 401) == "invalid_client"  # fmt: skip
    secret = register(small_town, name="密钥")
    assert error_of(ask(own(secret, key=key)), 401) == "invalid_client"


def test_another_type_of_assertion(signing):
    assert error_of(ask(own(signing), client_assertion_type="saml")) == "invalid_request"


# Signed requests.


def requested(app, **claims):
    values = {**app.given(), "iss": app.client_id, "aud": ISSUER, "exp": int(time.time()) + 60, **claims}
    return jwt.encode(
        {"alg": "ES256"}, {k: v for k, v in values.items() if v is not None}, app.key, algorithms=["ES256"]
    )


def bring(browser, app, token, **more):
    return browser.get("/oauth/authorize", {"client_id": app.client_id, "request": token, **more})


def test_a_signed_request(signing, teacher):
    answer = agree(teacher, bring(teacher, signing, requested(signing, nonce="signed")))
    assert back(answer)["state"] == "state-of-the-app"


def test_what_stands_beside_a_signed_request_does_not_count(signing, teacher):
    page = bring(teacher, signing, requested(signing, scope="openid"), scope="openid profile", prompt="none")
    assert page.status_code == 200
    assert page.context["facts"] == []


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": None},
        {"iss": "another"},
        {"aud": None},
        {"aud": "https://elsewhere.example"},
        {"aud": [ISSUER, "https://elsewhere.example"]},
        {"exp": None},
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 3600},
        {"client_id": "another"},
        {"request": "inside"},
        {"request_uri": "https://app.example/request"},
    ],
)
def test_a_signed_request_that_is_unsound(signing, teacher, claims):
    answer = bring(teacher, signing, requested(signing, **claims), redirect_uri=CALLBACK)
    assert back(answer)["error"] == "invalid_request_object"


def test_a_request_signed_by_nobody_or_another(signing, teacher):
    forged = [
        unsigned(json.dumps(signing.given()), '{"alg":"none"}'),
        jwt.encode({"alg": "ES256"}, signing.given(), new_key(), algorithms=["ES256"]),
        "nothing",
    ]
    for each in forged:
        assert back(bring(teacher, signing, each, redirect_uri=CALLBACK))["error"] == "invalid_request_object"
        assert bring(teacher, signing, each).status_code == 400


def test_a_signed_request_leads_nowhere_else_either(signing, teacher):
    answer = bring(teacher, signing, requested(signing, redirect_uri="https://evil.example/"))
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


# Pushed requests.


def push(app, **more):
    return app.post("/oauth/par", **app.given(**more))


def show(browser, app, address, **more):
    return browser.get("/oauth/authorize", {"client_id": app.client_id, "request_uri": address, **more})


def test_a_pushed_request_works_once(app, teacher):
    answer = push(app)
    assert (answer.status_code, answer.json()["expires_in"]) == (201, 90)
    address = answer.json()["request_uri"]
    assert address.startswith("urn:ietf:params:oauth:request_uri:")
    assert "code" in back(agree(teacher, show(teacher, app, address)))
    assert show(teacher, app, address).status_code == 400


def test_what_stands_beside_a_pushed_request_does_not_count(app, teacher):
    page = show(teacher, app, push(app, scope="openid").json()["request_uri"], scope="openid profile")
    assert page.context["facts"] == []


def test_a_pushed_request_is_for_its_own_application(app, teacher, small_town):
    other = register(small_town, name="别的")
    assert show(teacher, other, push(app).json()["request_uri"]).status_code == 400
    assert show(teacher, app, "urn:ietf:params:oauth:request_uri:guessed").status_code == 400


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "invalid_request"),
        ({"request": "nothing"}, "invalid_request_object"),
        ({"state": "s" * 1_500}, "invalid_request"),
    ],
)
def test_a_fault_is_told_when_it_is_pushed(app, change, error):
    assert error_of(push(app, **change)) == error


def test_a_signed_request_may_be_pushed(signing, teacher):
    values = {
        "client_assertion": own(signing),
        "client_assertion_type": ASSERTION,
        "request": requested(signing),
    }
    answer = Browser().post("/oauth/par", {"client_id": signing.client_id, **values})
    assert "code" in back(agree(teacher, show(teacher, signing, answer.json()["request_uri"])))


def test_who_must_push_must(small_town, teacher):
    app = register(small_town, require_par=True)
    assert back(app.ask(teacher))["error"] == "invalid_request"
    assert show(teacher, app, push(app).json()["request_uri"]).status_code == 200


# Tokens bound to a key.


def shown(token, scheme="DPoP", **headers):
    headers = {"Authorization": f"{scheme} {token}", **headers}
    return Browser().get("/oauth/userinfo", headers=headers)


def at_userinfo(key, token, **claims):
    return {"DPoP": proof(key, method="GET", url=ISSUER + "/oauth/userinfo", token=token, **claims)}


def test_a_bound_token_goes_with_its_key_alone(app, teacher, key):
    tokens = app.exchange(app.code(teacher), headers={"DPoP": proof(key)}).json()
    token = tokens["access_token"]
    assert tokens["token_type"] == "DPoP"
    assert shown(token, **at_userinfo(key, token)).json()["name"] == "陈语文"
    thief = new_key()
    for answer in (
        shown(token),
        shown(token, "Bearer"),
        shown(token, "Bearer", **at_userinfo(key, token)),
        shown(token, **at_userinfo(thief, token)),
        shown(token, **at_userinfo(key, token + "x")),
        shown(token, **at_userinfo(key, None)),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("DPoP error=")
    introspected = app.post("/oauth/introspect", token=token).json()
    assert introspected["cnf"] == {"jkt": key.thumbprint()}


def test_an_unbound_token_is_not_shown_as_bound(app, teacher, key):
    token = app.tokens(teacher)["access_token"]
    assert shown(token, **at_userinfo(key, token)).status_code == 401


def test_a_proof_works_once(app, teacher, key):
    tokens = app.exchange(app.code(teacher), headers={"DPoP": proof(key)}).json()
    once = at_userinfo(key, tokens["access_token"])
    assert [shown(tokens["access_token"], **once).status_code for _time in range(2)] == [200, 401]


def machine(app, token):
    return app.post(grant_type="client_credentials", headers={"DPoP": token})


@pytest.mark.parametrize(
    "change",
    [
        {"htm": "GET"},
        {"htm": None},
        {"htu": ISSUER + "/oauth/userinfo"},
        {"htu": "https://elsewhere.example/oauth/token"},
        {"iat": int(time.time()) - 600},
        {"iat": int(time.time()) + 600},
        {"iat": None},
        {"jti": None},
        {"jti": "j" * 301},
        {"header": {"typ": "JWT"}},
        {"header": {"jwk": {}}},
        {"header": {"jwk": {"kty": "EC"}}},
        {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}},
    ],
)
def test_a_proof_of_something_else(app, key, change):
    assert error_of(machine(app, proof(key, **change))) == "invalid_dpop_proof"


def test_a_proof_that_is_none(app, key):
    private = proof(key, header={"jwk": key.as_dict(private=True)})
    claims = json.dumps({"htm": "POST", "htu": ISSUER + "/oauth/token", "iat": int(time.time()), "jti": "x"})
    bare = unsigned(claims, json.dumps({"alg": "none", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}))
    for each in (private, bare, "x", "x" * 5_000, "a.b.c"):
        assert error_of(machine(app, each)) == "invalid_dpop_proof"


def test_who_must_bind_must(small_town, key):
    app = register(small_town, dpop_bound=True)
    assert error_of(app.post(grant_type="client_credentials")) == "invalid_dpop_proof"
    assert machine(app, proof(key)).json()["token_type"] == "DPoP"


def test_a_public_clients_refresh_tokens_are_bound(small_town, teacher, key):
    app = register(small_town, kind="public")
    tokens = app.exchange(app.code(teacher), headers={"DPoP": proof(key)}).json()
    refresh = tokens["refresh_token"]
    assert error_of(app.refresh(refresh)) == "invalid_dpop_proof"
    assert error_of(app.refresh(refresh, headers={"DPoP": proof(new_key())})) == "invalid_dpop_proof"
    assert app.refresh(refresh, headers={"DPoP": proof(key)}).status_code == 200


def test_a_code_may_be_bound_to_a_key(app, teacher, key):
    code = app.code(teacher, dpop_jkt=key.thumbprint())
    assert error_of(app.exchange(code)) == "invalid_grant"
    assert error_of(app.exchange(code, headers={"DPoP": proof(new_key())})) == "invalid_grant"
    assert app.exchange(code, headers={"DPoP": proof(key)}).status_code == 200


# What the rest of the house asks.


def request_with(token, scheme="Bearer", **headers):
    return RequestFactory().get(
        "/api/v1/registers/persons/", headers={"Authorization": f"{scheme} {token}", **headers}
    )


def test_the_house_learns_who_calls(app, teacher, small_town, django_assert_num_queries):
    of_person = request_with(app.tokens(teacher)["access_token"])
    with django_assert_num_queries(1):
        found = api.bearer(of_person)
    gaoan = small_town.place("gaoan").pk
    scopes = frozenset({"openid", "profile"})
    assert found == api.Bearer(
        app.client_id, small_town.person("teacher").pk, scopes, gaoan, "urn:wutong:acr:password"
    )
    machine = app.post(grant_type="client_credentials").json()["access_token"]
    expected = api.Bearer(app.client_id, None, frozenset({"reading.write"}), gaoan, "")
    assert api.bearer(request_with(machine)) == expected


def test_no_token_is_nobody_and_a_bad_one_is_refused(app, rf):
    assert api.bearer(rf.get("/")) is None
    assert api.bearer(request_with("eDp5", "Basic")) is None
    for token in ("made-up", "", "two words", "\u5b66"):
        with pytest.raises(api.TokenRefused) as refused:
            api.bearer(request_with(token))
        assert refused.value.challenge.startswith("Bearer error=")


def test_a_bound_token_is_checked_for_the_house_too(app, key):
    token = machine(app, proof(key)).json()["access_token"]
    with pytest.raises(api.TokenRefused):
        api.bearer(request_with(token))
    header = {"DPoP": proof(key, method="GET", url=ISSUER + "/api/v1/registers/persons/", token=token)}
    assert api.bearer(request_with(token, "DPoP", **header)).client_id == app.client_id


def test_userinfo_takes_a_token_from_the_body_of_a_form_never_from_the_address(app, teacher):
    token = app.tokens(teacher)["access_token"]
    browser = Browser()
    assert browser.post("/oauth/userinfo", {"access_token": token}).json()["name"] == "陈语文"
    assert browser.post("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert browser.get("/oauth/userinfo", {"access_token": token}).status_code == 400
    both = browser.post(
        "/oauth/userinfo", {"access_token": token}, headers={"Authorization": f"Bearer {token}"}
    )
    assert error_of(both) == "invalid_request"
    assert browser.get("/oauth/userinfo").headers["WWW-Authenticate"] == "Bearer"
    assert userinfo(token + "x").headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')
