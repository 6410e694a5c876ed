"""The dry run shows each flow to who looks after the application, and leaves nothing behind."""

import html
import json
import re

import pytest

from wutong.centres.identity.openid.models import AccessToken, Grant
from wutong.centres.identity.openid.tests.relying import ALL, CALLBACK, register, signed_in
from wutong.kernel.audit.models import AuditEntry

pytestmark = pytest.mark.django_db(databases="__all__")


def page(app, who="clerk"):
    answer = signed_in(who).get(f"/oauth/try/{app.client_id}/")
    return answer.status_code, html.unescape(re.sub(r"<[^>]+>", "", answer.content.decode()))


def test_each_flow_stands_there_with_its_requests_and_what_would_be_told(small_town):
    app = register(
        small_town,
        grants=ALL,
        claims=["name", "roles", "phone_number"],
        scopes=["openid", "profile", "organisation", "phone", "offline_access"],
    )
    before = AuditEntry.objects.unscoped("test").count()
    status, text = page(app)
    assert status == 200
    for words in (
        "code_challenge_method=S256",
        "code_verifier=",
        "grant_type=refresh_token",
        "grant_type=client_credentials",
        "/oauth/device_authorization",
    ):
        assert words in text
    assert f"{CALLBACK}&code=CODE&state=" in text
    told = [json.loads(found) for found in re.findall(r"\{\n.*?\n\}", text, re.DOTALL)]
    (facts,) = [each for each in told if "sub" in each]
    assert (facts["name"], facts["roles"], facts["phone_number"]) == ("高教务", ["clerk"], "…")
    (tokens,) = [each for each in told if "id_token" in each]
    assert (tokens["id_token"]["aud"], tokens["id_token"]["sub"]) == (app.client_id, facts["sub"])
    assert (Grant.objects.unscoped("test").count(), AccessToken.objects.count()) == (0, 0)
    assert AuditEntry.objects.unscoped("test").filter(action="applications.released").count() == 0
    assert AuditEntry.objects.unscoped("test").count() <= before + 1  # the sign-in of who looks


def test_who_would_not_be_let_in_is_told(small_town):
    app = register(small_town, grants=ALL, audience=["pupil"])
    assert "这个应用不对您开放" in page(app)[1]


@pytest.mark.parametrize("who", ["head", "teacher", "pupil", "other_officer", "island_clerk"])
def test_it_is_for_who_looks_after_the_application(small_town, who):
    assert page(register(small_town, grants=ALL), who)[0] == 404
