"""Signing in to an application: from the first redirect to the facts of the person."""

import pytest
from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import KeySet

from wutong.centres.identity.openid.tests.relying import ISSUER, agree, back, register

pytestmark = pytest.mark.django_db(databases="__all__")


def claims_of(token):
    keys = KeySet.import_key_set(Browser().get("/oauth/jwks").json())
    return jwt.decode(token, keys, algorithms=["ES256", "RS256"])


def userinfo(token, **more):
    return Browser().get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"}, **more)


def test_a_teacher_signs_in(app, teacher, small_town):
    page = app.ask(teacher)
    assert page.status_code == 200
    assert "阅读" in page.content.decode()
    answer = back(agree(teacher, page))
    assert (answer["state"], answer["iss"]) == ("state-of-the-app", ISSUER)
    tokens = app.exchange(answer["code"]).json()
    assert set(tokens) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    found = claims_of(tokens["id_token"])
    assert found.header["alg"] == "RS256"
    assert (found.claims["iss"], found.claims["aud"]) == (ISSUER, app.client_id)
    assert found.claims["nonce"] == "nonce-of-the-app"
    assert (found.claims["acr"], found.claims["amr"]) == ("urn:wutong:acr:password", ["pwd"])
    assert "name" not in found.claims
    assert userinfo(tokens["access_token"]).json() == {"sub": found.claims["sub"], "name": "陈语文"}


def test_who_agreed_is_not_asked_again(app, teacher):
    app.code(teacher)
    assert "code" in back(app.ask(teacher))
    assert app.ask(teacher, scope="openid profile organisation").status_code == 200
    assert app.ask(teacher, prompt="consent").status_code == 200


def test_es256(small_town, teacher):
    tokens = register(small_town, id_token_alg="ES256").tokens(teacher)
    assert claims_of(tokens["id_token"]).header["alg"] == "ES256"
