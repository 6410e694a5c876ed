"""Changing registers by program: the pages' rights and sentences, nothing lost and nothing twice."""

import json

import pytest
from django.test import Client

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.people.models import Membership, Person

pytestmark = pytest.mark.django_db(databases="__all__")
PERSONS = "/api/v1/registers/persons/"
PLACE = "高安路第一小学/三年级1班"
CHILD = {"name": "周晓雨", "sex": "2", "born": "2017-04-01", "organisation": PLACE, "role": "pupil"}


def send(client, method, url, body=None, **headers):
    return client.generic(
        method, url, json.dumps(body or {}), content_type="application/json", headers=headers
    )


@pytest.fixture
def clerk(client, small_town):
    client.force_login(small_town.account("clerk"))
    return client


def test_a_clerk_registers_a_child_and_the_journal_knows(clerk, small_town):
    response = send(clerk, "POST", PERSONS, CHILD)
    body = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"{PERSONS}{body['id']}/"
    assert {name: body[name] for name in CHILD} == CHILD
    assert clerk.get(response["Location"])["ETag"] == response["ETag"]
    entry = AuditEntry.objects.unscoped("test").get(action="people.add_person", subject_id=str(body["id"]))
    assert entry.actor_name == "高教务"


def test_every_wrong_item_gets_its_sentence(clerk):
    wrong = {"name": 5, "sex": "女", "born": "2017/4/1", "role": "king", "colour": "red"}
    response = send(clerk, "POST", PERSONS, wrong)
    assert response.status_code == 422
    assert set(response.json()["fields"]) == set(wrong)
    assert response.json()["mend"]


def test_what_must_be_there_is_asked_for(clerk):
    response = send(clerk, "POST", PERSONS, {"sex": "1"})
    assert (response.status_code, response.json()["fields"]) == (422, {"name": "这一项不能空着。"})


@pytest.mark.parametrize("text", ["{", "[1]", '"x"', '{"name": "\\ud800"}', "\xff"])
def test_a_body_that_is_no_object_is_refused(clerk, text):
    response = clerk.generic("POST", PERSONS, text.encode("latin-1"), content_type="application/json")
    assert response.status_code in (400, 422)


def test_who_is_there_already_is_not_registered_twice(clerk):
    assert send(clerk, "POST", PERSONS, CHILD).status_code == 201
    again = send(clerk, "POST", PERSONS, CHILD)
    assert (again.status_code, again.json()["rule"]) == (409, "already_there")


def test_a_change_names_what_it_read_and_keeps_the_rest(clerk):
    made = send(clerk, "POST", PERSONS, CHILD)
    url = made["Location"]
    assert send(clerk, "PATCH", url, {"phone": "13800000000"}).status_code == 428
    changed = send(clerk, "PATCH", url, {"phone": "13800000000"}, **{"If-Match": made["ETag"]})
    assert (changed.status_code, changed.json()["phone"], changed.json()["sex"]) == (200, "13800000000", "2")
    stale = send(clerk, "PATCH", url, {"phone": ""}, **{"If-Match": made["ETag"]})
    assert (stale.status_code, stale.json()["code"]) == (412, "outdated")
    assert send(clerk, "PATCH", url, {"phone": None}, **{"If-Match": "*"}).json()["phone"] == ""


def test_the_history_of_a_row_is_what_the_journal_says(clerk, small_town):
    url = f"{PERSONS}{small_town.person('pupil').pk}/"
    send(clerk, "PATCH", url, {"phone": "13800000000"}, **{"If-Match": "*"})
    entry = clerk.get(f"{url}history/").json()["items"][0]
    assert (entry["action"], entry["actor_name"]) == ("people.change_person", "高教务")
    assert entry["changes"] == {"person.phone": ["", "13800000000"]}
    stranger = Client()
    stranger.force_login(small_town.account("island_clerk"))
    assert stranger.get(f"{url}history/").status_code == 404


def test_another_schools_clerk_changes_nothing(clerk, small_town):
    made = send(clerk, "POST", PERSONS, CHILD)
    other = Client()
    other.force_login(small_town.account("other_clerk"))
    assert send(other, "PATCH", made["Location"], {"name": "改"}, **{"If-Match": "*"}).status_code == 404
    head = Client()
    head.force_login(small_town.account("head"))
    assert send(head, "PATCH", made["Location"], {"name": "改"}, **{"If-Match": "*"}).status_code == 403
    assert Person.objects.unscoped("test").get(pk=made.json()["id"]).name == CHILD["name"]


def test_a_row_that_ends_is_ended_and_not_deleted(clerk, small_town):
    membership = Membership.objects.unscoped("test").get(person=small_town.person("pupil"))
    url = f"/api/v1/registers/memberships/{membership.pk}/"
    tag = clerk.get(url)["ETag"]
    response = send(clerk, "DELETE", url, **{"If-Match": tag})
    membership.refresh_from_db()
    assert response.status_code == 200
    assert response.json()["valid_to"] == membership.valid_to.isoformat()


def test_what_says_which_row_it_is_cannot_change(clerk, small_town):
    membership = Membership.objects.unscoped("test").get(person=small_town.person("pupil"))
    url = f"/api/v1/registers/memberships/{membership.pk}/"
    response = send(clerk, "PATCH", url, {"role": "clerk"}, **{"If-Match": "*"})
    assert (response.status_code, response.json()["rule"], set(response.json()["fields"])) == (
        422,
        "fixed",
        {"role"},
    )


def test_people_are_not_deleted(clerk, small_town):
    response = send(clerk, "DELETE", f"{PERSONS}{small_town.person('pupil').pk}/", **{"If-Match": "*"})
    assert (response.status_code, response["Allow"]) == (405, "GET, PATCH")


def test_a_session_alone_is_not_enough_to_write(small_town):
    """A page of somebody else's may make the browser send the cookie; it does not know the token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(small_town.account("clerk"))
    assert send(client, "POST", PERSONS, CHILD).status_code == 403
    assert client.get(PERSONS).status_code == 200


class TestTheSameKey:
    def test_is_answered_the_same_and_done_once(self, clerk):
        first = send(clerk, "POST", PERSONS, CHILD, **{"Idempotency-Key": "a-1"})
        again = send(clerk, "POST", PERSONS, CHILD, **{"Idempotency-Key": "a-1"})
        assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
        assert (again["Location"], again["ETag"], again["Idempotency-Replayed"]) == (
            first["Location"], first["ETag"], "true",
        )  # fmt: skip
        assert Person.objects.unscoped("test").filter(name=CHILD["name"]).count() == 1

    def test_with_another_body_is_refused(self, clerk):
        send(clerk, "POST", PERSONS, CHILD, **{"Idempotency-Key": "a-1"})
        other = send(clerk, "POST", PERSONS, {**CHILD, "name": "周小雪"}, **{"Idempotency-Key": "a-1"})
        assert (other.status_code, other.json()["rule"]) == (422, "idempotency_key_reused")

    def test_is_free_again_after_a_refusal(self, clerk):
        assert send(clerk, "POST", PERSONS, {}, **{"Idempotency-Key": "a-1"}).status_code == 422
        assert send(clerk, "POST", PERSONS, CHILD, **{"Idempotency-Key": "a-1"}).status_code == 201

    def test_of_somebody_else_is_another_key(self, clerk, small_town):
        send(clerk, "POST", PERSONS, CHILD, **{"Idempotency-Key": "a-1"})
        other = Client()
        other.force_login(small_town.account("other_clerk"))
        body = {**CHILD, "organisation": "向阳小学"}
        assert "Idempotency-Replayed" not in send(other, "POST", PERSONS, body, **{"Idempotency-Key": "a-1"})
