"""What a token may do: what its person may and its scopes say, or what a program of an organisation may."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from wutong.centres.identity.applications.api import create_client
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.factories import PASSWORD, identity, number

pytestmark = pytest.mark.django_db(databases="__all__")
PERSONS = "/api/v1/registers/persons/"
BACK = "https://app.example/back"
VERIFIER = "v" * 64


@pytest.fixture
def token(small_town):
    """The headers of an application that got its token as applications do: by its secret, or by a person's consent."""
    cache.clear()

    def issue(*scopes, person="", place="gaoan"):
        grant = "authorization_code" if person else "client_credentials"
        facts = {"name": "教务系统", "grants": [grant], "scopes": list(scopes), "reach": "all"}
        facts |= {"redirect_uris": [BACK]} if person else {}
        made = create_client(SYSTEM, small_town.place(place), **facts)
        proof = {"client_id": made.application.client_id, "client_secret": made.secret}
        more = consented(proof["client_id"], person, scopes) if person else {"scope": " ".join(scopes)}
        answer = Client().post("/oauth/token", {**proof, "grant_type": grant, **more})
        assert answer.status_code == 200, answer.content
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    return issue


def consented(client_id, username, scopes):
    """A person signs in and agrees; what the application then shows for its token."""
    browser = Client()
    browser.post("/accounts/login/", {"login": username, "password": PASSWORD})
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": BACK, "scope": " ".join(scopes)}
    asked |= {"state": "s" * 16, "code_challenge": challenge, "code_challenge_method": "S256"}
    page = browser.get("/oauth/authorize", asked)
    if page.status_code == 200:
        page = browser.post("/oauth/consent", {"resume": page.context["resume"], "answer": "allow"})
    code = parse_qs(urlsplit(page.url).query)["code"][0]
    return {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}


def post(client, url, body, headers):
    return client.generic("POST", url, json.dumps(body), content_type="application/json", headers=headers)


def test_a_program_sees_its_organisation_and_no_more(client, small_town, token):
    headers = token("registers:read", place="gaoan")
    seen = {item["name"] for item in client.get(PERSONS, headers=headers).json()["items"]}
    assert "李小梅" in seen
    assert "向教务" not in seen
    assert client.get("/api/v1/me/", headers=headers).json()["roles"][0]["name"] == "auditor"


def test_a_program_does_what_its_scopes_say(client, small_town, token):
    body = {"name": "周晓雨", "organisation": "高安路第一小学/三年级1班", "role": "pupil"}
    reader = token("registers:read", place="gaoan")
    refused = post(client, PERSONS, body, reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
    writer = token("registers:write", place="gaoan")
    made = post(client, PERSONS, body, writer)
    assert made.status_code == 201
    entry = AuditEntry.objects.unscoped("test").get(
        action="people.add_person", subject_id=str(made.json()["id"])
    )
    assert (entry.actor_id, entry.actor_name) == (
        None,
        client.get("/api/v1/me/", headers=writer).json()["client"],
    )
    assert client.get(PERSONS, headers=writer).status_code == 403


def test_a_program_decides_no_matter(client, small_town, token):
    """Approvals are people's: a program without a person holds none and opens none."""
    headers = token("cases:read", "cases:write", place="xuhui")
    assert client.get("/api/v1/inbox/", headers=headers).json()["items"] == []
    assert (
        post(client, "/api/v1/cases/", {"process": "change", "values": {"reason": "x"}}, headers).status_code
        == 404
    )


def test_a_token_of_a_person_narrows_what_the_person_may(client, small_town, token):
    headers = token("registers:read", person="officer")
    mine = REGISTRY.register("persons").rows(small_town.actor("officer"))
    body = client.get(f"{PERSONS}?limit=500", headers=headers).json()
    assert {item["id"] for item in body["items"]} == set(mine.values_list("pk", flat=True))
    assert mine.count() < REGISTRY.register("persons").rows(SYSTEM).count()
    assert client.get("/api/v1/inbox/", headers=headers).status_code == 403


def test_a_token_that_is_no_good_is_not_made_up_for_by_a_session(client, small_town, token):
    client.force_login(small_town.account("officer"))
    response = client.get(PERSONS, headers={"Authorization": "Bearer nonsense"})
    assert (response.status_code, response.json()["code"]) == (401, "not_signed_in")


def test_a_full_number_is_shown_for_a_purpose_and_journalled(client, small_town, token):
    pupil = small_town.person("pupil")
    value = identity(7)
    number(pupil, "identity", value)
    url = f"/api/v1/persons/{pupil.pk}/numbers/identity/"
    headers = token("numbers:read", place="gaoan")
    assert post(client, url, {"purpose": " "}, headers).status_code == 422
    assert post(client, url, {"purpose": "核对学籍"}, headers).json() == {"kind": "identity", "number": value}
    entry = AuditEntry.objects.unscoped("test").filter(action="people.reveal_identifier").last()
    assert entry.changes == {"purpose": "核对学籍", "kind": "identity"}
    far = token("numbers:read", place="island")
    assert post(client, url, {"purpose": "核对学籍"}, far).status_code == 404
    client.force_login(small_town.account("clerk"))
    on_a_session = post(client, url, {"purpose": "核对学籍"}, {})
    assert (on_a_session.status_code, on_a_session.json()["code"]) == (403, "scope_missing")
