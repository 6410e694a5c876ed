"""What programs read of the centre, the keys it signs with, and what scripts of other sites may read."""

import json
from datetime import timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from tools.town import wutong
from wutong.centres.identity.openid import keys
from wutong.centres.identity.openid.endpoints.routes import BY_PATH
from wutong.centres.identity.openid.models import SigningKey
from wutong.centres.identity.openid.tests.relying import ISSUER
from wutong.centres.identity.openid.tests.test_sign_in import claims_of
from wutong.kernel.errors import NotAllowed
from wutong.kernel.policy import SYSTEM

pytestmark = pytest.mark.django_db(databases="__all__")


def configuration():
    return Browser().get("/.well-known/openid-configuration").json()


def published():
    return {each["kid"]: each["alg"] for each in Browser().get("/oauth/jwks").json()["keys"]}


def test_both_documents_say_the_same(small_town):
    other = Browser().get("/.well-known/oauth-authorization-server").json()
    assert configuration() == other
    assert other["issuer"] == ISSUER
    assert other["response_types_supported"] == ["code"]
    assert other["code_challenge_methods_supported"] == ["S256"]
    assert other["id_token_signing_alg_values_supported"] == ["ES256", "RS256"]
    assert "none" not in other["request_object_signing_alg_values_supported"]


def test_every_address_that_is_named_answers(small_town):
    addresses = [value for name, value in configuration().items() if name.endswith(("_endpoint", "_uri"))]
    assert len(addresses) == 9
    answers = {each: Browser().get(each.removeprefix(ISSUER)).status_code for each in addresses}
    assert {each for each, status in answers.items() if status == 404} == set()


def test_the_issuer_is_the_address_people_use(small_town):
    found = Browser().get("/.well-known/openid-configuration", headers={"host": "localhost"}).json()
    assert found["issuer"] == "http://localhost"
    assert (
        Browser().get("/.well-known/openid-configuration", headers={"host": "evil.example"}).status_code
        == 422
    )


def test_keys_are_published_without_their_secrets(small_town):
    found = Browser().get("/oauth/jwks").json()["keys"]
    assert sorted(each["alg"] for each in found) == ["ES256", "RS256"]
    assert {name for each in found for name in each} == {
        "alg",
        "crv",
        "e",
        "kid",
        "kty",
        "n",
        "use",
        "x",
        "y",
    }


def test_keys_lie_sealed(small_town):
    assert not any(b"PRIVATE" in bytes(row.sealed) for row in SigningKey.objects.all())


def test_a_new_key_is_published_before_it_signs_and_the_old_one_after(app, teacher):
    before, at = published(), timezone.now()
    token = app.tokens(teacher)["id_token"]
    keys.rotate(SYSTEM, None)
    assert len(published()) == 4
    assert claims_of(app.tokens(teacher)["id_token"]).header["kid"] in before
    assert keys.RING.signing("RS256", at + timedelta(days=2)).kid not in before
    assert keys.verify(token, ISSUER)["iss"] == ISSUER
    keys.rotate_old(at=at + timedelta(days=9))
    keys.RING.forget()
    assert not set(published()) & set(before)
    assert keys.verify(token, ISSUER) is None


def test_stolen_keys_are_believed_by_nobody(app, teacher):
    token, before = app.tokens(teacher)["id_token"], published()
    keys.rotate(SYSTEM, None, now=True)
    assert not set(published()) & set(before)
    assert keys.verify(token, ISSUER) is None
    assert claims_of(app.tokens(teacher)["id_token"]).claims["iss"] == ISSUER


def test_keys_are_renewed_every_ninety_days(small_town):
    at = timezone.now()
    for day in (1, 80):
        keys.rotate_old(at=at + timedelta(days=day))
    assert SigningKey.objects.count() == 2
    keys.rotate_old(at=at + timedelta(days=91))
    assert SigningKey.objects.count() == 4


def test_nobody_rotates_keys_by_hand_but_the_house(small_town):
    with pytest.raises(NotAllowed):
        keys.rotate(small_town.actor("operator"), None)


def test_keys_are_parsed_once(small_town, django_assert_num_queries):
    first = keys.RING.all()
    with django_assert_num_queries(0):
        again = keys.RING.all()
    assert [id(key) for key in first] == [id(key) for key in again]
    keys.RING.forget()
    assert [id(key) for key in keys.RING.all()] == [id(key) for key in first]


CROSS = {
    "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
    "/oauth/jwks", "/oauth/openapi.json", "/oauth/token", "/oauth/userinfo", "/oauth/revoke",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(BY_PATH))
def test_scripts_of_other_sites_read_what_public_clients_need(small_town, path):
    asked = Browser().options(
        path, headers={"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    )
    assert asked.headers.get("Access-Control-Allow-Origin") == ("*" if path in CROSS else None)
    assert "Access-Control-Allow-Credentials" not in asked.headers
    assert asked.status_code == (204 if path in CROSS else 405)


def test_pages_are_not_read_by_scripts_of_other_sites(app, teacher):
    answer = app.ask(teacher, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_command_replaces_keys(tmp_path):
    first = json.loads(wutong("keys", "rotate", data=tmp_path).stdout)["keys"]
    second = json.loads(wutong("keys", "rotate", "--now", data=tmp_path).stdout)["keys"]
    assert (len(first), len(second), set(first) & set(second)) == (2, 2, set())
