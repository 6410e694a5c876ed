"""Matters by program: opened, seen, decided and handed on as on the pages."""

import json

import pytest
from django.test import Client

from wutong.centres.data.master.tests.changes import NEW_ADDRESS, case_in, school
from wutong.kernel.testing.factories import person

pytestmark = pytest.mark.django_db(databases="__all__")
CASES = "/api/v1/cases/"
ASKED = {"process": "change", "values": {"reason": "迁入新校舍", "address": NEW_ADDRESS}}


def send(client, url, body=None, **headers):
    return client.generic(
        "POST", url, json.dumps(body or {}), content_type="application/json", headers=headers
    )


@pytest.fixture
def town(small_town):
    school(small_town)
    return small_town


@pytest.fixture
def of(town):
    def signed_in(who):
        client = Client()
        client.force_login(town.account(who))
        return client

    return signed_in


def step(client, number, name, tag="*", **body):
    return send(client, f"{CASES}{number}/steps/{name}/", body, **{"If-Match": tag})


def test_a_matter_goes_its_whole_way_by_program(of):
    assert [each["name"] for each in of("clerk").get(f"{CASES}processes/").json()["items"]] == ["change"]
    opened = send(of("clerk"), CASES, ASKED)
    assert opened.status_code == 201
    number = opened.json()["number"]
    for who, name in (
        ("clerk", "submit"),
        ("head", "confirm"),
        ("officer", "agree"),
        ("city_officer", "file"),
    ):
        tag = of(who).get(f"{CASES}{number}/")["ETag"]
        assert step(of(who), number, name, tag).status_code == 200
    body = of("clerk").get(f"{CASES}{number}/").json()
    assert (body["state"], body["outcome"], body["steps"]) == ("effective", "approved", [])
    assert [each["title"] for each in body["timeline"]] == [
        "备案并生效",
        "同意并报市",
        "确认并报区",
        "提交校长确认",
        "发起",
    ]


def test_who_waits_for_it_finds_it_in_the_inbox(of, town):
    number = case_in(town, "district").number
    inbox = of("officer").get("/api/v1/inbox/").json()["items"]
    assert [(each["number"], each["state"]) for each in inbox] == [(number, "district")]
    assert of("other_officer").get("/api/v1/inbox/").json()["items"] == []
    assert of("other_officer").get(f"{CASES}{number}/").status_code == 404
    assert [each["number"] for each in of("clerk").get("/api/v1/inbox/?tab=started").json()["items"]] == [
        number
    ]
    assert of("officer").get("/api/v1/inbox/?tab=lost").status_code == 422


def test_the_steps_are_those_of_the_caller(of, town):
    number = case_in(town, "district").number
    names = {
        who: [s["name"] for s in of(who).get(f"{CASES}{number}/").json()["steps"]]
        for who in ("officer", "clerk", "head")
    }
    assert names == {"officer": ["agree", "return", "refuse"], "clerk": ["withdraw"], "head": []}
    assert step(of("head"), number, "agree").status_code == 404


def test_a_decision_is_made_about_what_was_read(of, town):
    number = case_in(town, "district").number
    url, officer = f"{CASES}{number}/", of("officer")
    assert send(officer, f"{url}steps/agree/").status_code == 428
    tag = officer.get(url)["ETag"]
    assert step(officer, number, "agree", tag).status_code == 200
    stale = step(officer, number, "agree", tag)
    assert (stale.status_code, stale.json()["code"]) == (412, "outdated")
    twice = step(officer, number, "agree")
    assert (twice.status_code, twice.json()["code"]) == (409, "conflict")


def test_a_refusal_needs_its_reason(of, town):
    number = case_in(town, "district").number
    response = step(of("officer"), number, "refuse")
    assert (response.status_code, set(response.json()["fields"])) == (422, {"comment"})
    assert step(of("officer"), number, "refuse", comment="材料不全").json()["outcome"] == "refused"


def test_a_matter_is_handed_to_a_colleague_only(of, town):
    case = case_in(town, "district")
    colleague = person("同事甲", town.place("xuhui"), "officer")
    url = f"{CASES}{case.number}/delegate/"
    outsider = town.person("clerk").pk
    assert send(of("officer"), url, {"person": outsider}, **{"If-Match": "*"}).status_code == 422
    assert send(of("clerk"), url, {"person": colleague.pk}, **{"If-Match": "*"}).status_code == 404
    assert send(of("officer"), url, {"person": colleague.pk}, **{"If-Match": "*"}).status_code == 200
    assert of("officer").get("/api/v1/inbox/").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"process": "change", "values": {"address": NEW_ADDRESS}}, 422, "reason"),
        ({"process": "change", "values": {"reason": ["x"]}}, 422, "reason"),
        ({"process": "change", "values": {"reason": "x", "mayor": "y"}}, 422, "mayor"),
        ({"process": "change", "values": {"reason": "x", "stages": ["moon"]}}, 422, "stages"),
        ({"process": "change", "values": []}, 422, "values"),
        ({"values": {}}, 422, "process"),
        ({"process": "war"}, 404, None),
    ],
)
def test_what_cannot_be_opened_says_why(of, body, status, field):
    response = send(of("clerk"), CASES, body)
    assert response.status_code == status
    assert field is None or set(response.json()["fields"]) == {field}


def test_who_may_not_start_a_matter_finds_no_such_matter(of):
    assert of("officer").get(f"{CASES}processes/").json()["items"] == []
    assert send(of("officer"), CASES, ASKED).status_code == 404


def test_lists_go_on_behind_the_last_one(of, town):
    numbers = [case_in(town, "withdrawn").number for _ in range(3)]
    seen, following = [], f"{CASES}?limit=2&open=false"
    while following:
        body = of("officer").get(following).json()
        seen += [each["number"] for each in body["items"]]
        following = body["next"]
    assert seen == sorted(numbers, reverse=True)
    assert of("officer").get(f"{CASES}?open=true").json()["items"] == []
