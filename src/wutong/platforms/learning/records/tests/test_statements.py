"""Statements through the door: kept as sent, found by every filter, never changed."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from wutong.platforms.learning.records.tests.lrs import (
    PASSED,
    VOIDED,
    Lrs,
    about,
    agent,
    key,
    new_id,
    statement,
)

pytestmark = pytest.mark.django_db(databases="__all__")

WHOLE = {
    "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "actor": {
        "name": "三（1）班",
        "objectType": "Group",
        "account": {"homePage": "https://school.example", "name": "class-31"},
        "member": [agent("li", name="李小梅"), agent("zhao")],
    },
    "verb": {"id": PASSED, "display": {"zh-CN": "通过了", "en": "passed"}},
    "object": {
        "objectType": "Activity",
        "id": "https://school.example/练习/1",
        "definition": {
            "name": {"zh-CN": "练习一"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "interactionType": "choice",
            "correctResponsesPattern": ["a"],
            "choices": [{"id": "a", "description": {"zh-CN": "对"}}, {"id": "b"}],
        },
    },
    "result": {
        "score": {"scaled": 0.95, "raw": 95, "min": 0, "max": 100},
        "success": True,
        "completion": True,
        "response": "a",
        "duration": "PT1M30.5S",
        "extensions": {"https://school.example/ext": {"deep": [None, 1.5, 12345678901234567890, "\u0000"]}},
    },
    "context": {
        "registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7",
        "instructor": agent("chen"),
        "team": {"objectType": "Group", "member": [agent("li"), {"mbox": "mailto:a@school.example"}]},
        "contextActivities": {"parent": [{"id": "https://school.example/course"}]},
        "revision": "3",
        "platform": "作业平台",
        "language": "zh-CN",
        "statement": {"objectType": "StatementRef", "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bef"},
    },
    "timestamp": "2026-09-01T08:00:00.123+08:00",
    "version": "1.0.3",
}


def as_sent(kept: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name not in ("stored", "authority")}


def test_a_statement_comes_back_as_it_was_sent(lrs: Lrs):
    assert lrs.post(WHOLE) == [WHOLE["id"]]
    kept = lrs.one(WHOLE["id"])
    assert as_sent(kept) == WHOLE
    assert kept["authority"]["account"]["name"] == lrs.username


def test_what_the_client_left_out_the_store_puts_in(lrs: Lrs):
    (id,) = lrs.post(statement())
    kept = lrs.one(id)
    assert (kept["version"], kept["timestamp"]) == ("1.0.0", kept["stored"])
    assert datetime.fromisoformat(kept["stored"]).utcoffset().total_seconds() == 0


def test_single_context_activities_come_back_as_lists(lrs: Lrs):
    activity = {"id": "https://school.example/course"}
    (id,) = lrs.post(statement(context={"contextActivities": {"grouping": activity}}))
    assert lrs.one(id)["context"]["contextActivities"] == {"grouping": [activity]}


def test_what_the_client_says_of_storing_and_authority_is_not_believed(lrs: Lrs):
    (id,) = lrs.post(statement(stored="1999-01-01T00:00:00Z", authority=agent("boss")))
    kept = lrs.one(id)
    assert kept["stored"] > "2020" and kept["authority"]["account"]["name"] == lrs.username


def test_sending_again_changes_nothing_and_something_else_is_refused(lrs: Lrs):
    lrs.post(WHOLE)
    again = WHOLE | {"verb": {"id": PASSED}, "object": {"id": WHOLE["object"]["id"]}}
    assert lrs.post(again, statement(thing="https://school.example/2"))[0] == WHOLE["id"]
    other = lrs.send(
        "POST", "statements", [statement(thing="https://school.example/3"), WHOLE | {"result": {}}]
    )
    assert (other.status_code, len(lrs.ids())) == (409, 2)
    assert as_sent(lrs.one(WHOLE["id"])) == WHOLE


def test_a_batch_is_taken_whole_or_not_at_all(lrs: Lrs):
    bad = statement() | {"verb": {"id": "no iri"}}
    response = lrs.send("POST", "statements", [statement(), bad])
    assert (response.status_code, lrs.ids()) == (400, [])
    assert response.json()["detail"] == "[1].verb.id: must be an absolute IRI (RFC 3987)"
    same = lrs.send("POST", "statements", [statement(id=WHOLE["id"]), statement(id=WHOLE["id"].upper())])
    assert (same.status_code, lrs.ids()) == (400, [])


def test_put_stores_under_the_id_of_the_address(lrs: Lrs):
    id = new_id()
    assert lrs.send("PUT", "statements", statement(), statementId=id).status_code == 204
    assert lrs.one(id)["actor"] == agent("li")
    assert lrs.send("PUT", "statements", statement(id=new_id()), statementId=new_id()).status_code == 400
    assert lrs.send("PUT", "statements", [statement()], statementId=new_id()).status_code == 400
    assert lrs.send("PUT", "statements", statement()).status_code == 400


def test_the_version_of_a_request_is_named_or_refused_with_that_of_the_path(lrs: Lrs):
    for base, version, status, said in (
        ("1.0.3", None, 400, "1.0.3"),
        ("2.0.0", None, 400, "2.0.0"),
        ("1.0.3", "2.0.0", 200, "2.0.0"),
        ("2.0.0", "1.0", 200, "1.0.3"),
        ("2.0.0", "0.95", 400, "2.0.0"),
    ):
        caller = replace(lrs, base=base)
        response = caller.send("GET", "statements", headers={"X-Experience-API-Version": version})
        assert (response.status_code, response["X-Experience-API-Version"]) == (status, said), (base, version)


def test_agents_of_contexts_are_spoken_of_in_2_only(lrs: Lrs):
    context = {
        "contextAgents": [
            {"objectType": "contextAgent", "agent": agent("sun"), "relevantTypes": ["https://t.example/a"]}
        ]
    }
    assert lrs.send("POST", "statements", statement(context=context)).status_code == 400
    new = replace(lrs, version="2.0.0")
    (id,) = new.post(statement(context=context))
    assert new.one(id)["context"] == context and new.one(id)["version"] == "2.0.0"
    assert lrs.one(id)["context"] == {} and lrs.one(id)["version"] == "1.0.3"
    assert new.ids(agent=agent("sun"), related_agents="true") == [id]


@pytest.fixture
def four(lrs: Lrs) -> dict[str, str]:
    registration = "ec531277-b57b-4c15-8d91-d292c5b2b8f7"
    context = {
        "registration": registration,
        "instructor": agent("chen"),
        "contextActivities": {"grouping": [{"id": "https://school.example/course"}]},
    }
    sub = {
        "objectType": "SubStatement",
        "actor": agent("sun"),
        "verb": {"id": "https://school.example/verbs/planned"},
        "object": {"id": "https://school.example/lesson/9"},
    }
    group = {"objectType": "Group", "member": [agent("li"), agent("qian")]}
    return {
        "plain": lrs.post(statement())[0],
        "rich": lrs.post(statement("zhao", thing="https://school.example/lesson/2", context=context))[0],
        "group": lrs.post(statement() | {"actor": group, "verb": {"id": "https://school.example/verbs/met"}})[
            0
        ],
        "plan": lrs.post(statement("qian") | {"object": sub})[0],
    }


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "plan group rich plain"),
        ({"ascending": "true"}, "plain rich group plan"),
        ({"limit": "2"}, "plan group"),
        ({"agent": agent("li")}, "group plain"),
        ({"agent": agent("LI")}, ""),
        ({"agent": agent("sun")}, ""),
        ({"agent": agent("sun"), "related_agents": "true"}, "plan"),
        ({"agent": agent("chen"), "related_agents": "true"}, "rich"),
        ({"verb": "https://school.example/verbs/met"}, "group"),
        ({"verb": PASSED, "agent": agent("li")}, "plain"),
        ({"activity": "https://school.example/lesson/1"}, "group plain"),
        ({"activity": "https://school.example/course"}, ""),
        ({"activity": "https://school.example/course", "related_activities": "true"}, "rich"),
        ({"activity": "https://school.example/lesson/9", "related_activities": "true"}, "plan"),
        ({"registration": "ec531277-b57b-4c15-8d91-d292c5b2b8f7"}, "rich"),
        ({"registration": "EC531277-B57B-4C15-8D91-D292C5B2B8F7", "agent": agent("li")}, ""),
        ({"agent": agent("li"), "activity": "https://school.example/lesson/1", "verb": PASSED}, "plain"),
    ],
)  # fmt: skip
def test_filters_find_exactly_what_they_say(
    lrs: Lrs, four: dict[str, str], filters: dict[str, Any], expected: str
):
    names = {id: name for name, id in four.items()}
    assert " ".join(names[id] for id in lrs.ids(**filters)) == expected


def test_since_leaves_out_its_moment_and_until_takes_it_in(lrs: Lrs, four: dict[str, str]):
    at = lrs.one(four["rich"])["stored"]
    assert lrs.ids(since=at, ascending="true") == [four["group"], four["plan"]]
    assert lrs.ids(until=at) == [four["rich"], four["plain"]]
    assert lrs.ids(since=at.replace("Z", "+00:00"), until=at) == []


def test_pages_go_on_where_they_ended_whatever_comes_in_between(lrs: Lrs):
    all_of_them = lrs.post(*(statement(thing=f"https://school.example/{n}") for n in range(7)))
    seen, page = [], lrs.send("GET", "statements", limit="3", agent=agent("li")).json()
    while True:
        seen += [each["id"] for each in page["statements"]]
        lrs.post(statement())
        if not page["more"]:
            break
        assert page["more"].startswith("/xapi/1.0.3/statements?more=")
        page = lrs.send("GET", "statements", more=page["more"].partition("more=")[2]).json()
    assert seen == all_of_them[::-1]
    assert lrs.send("GET", "statements", more="bm90aGluZw").status_code == 400


def test_a_voided_statement_is_found_by_its_own_address_only(lrs: Lrs):
    (id,) = lrs.post(statement())
    (voiding,) = lrs.post(about(id, VOIDED))
    assert lrs.send("GET", "statements", statementId=id).status_code == 404
    assert lrs.send("GET", "statements", voidedStatementId=id).json()["id"] == id
    assert lrs.ids() == lrs.ids(agent=agent("li")) == [voiding]
    lrs.post(about(voiding, VOIDED))
    assert lrs.one(voiding)["id"] == voiding


def test_a_statement_voided_before_it_came_is_voided(lrs: Lrs):
    id = new_id()
    lrs.post(about(id, VOIDED))
    lrs.post(statement(id=id))
    assert lrs.send("GET", "statements", statementId=id).status_code == 404


@pytest.mark.parametrize("order", ["forwards", "backwards"])
def test_who_refers_to_a_match_is_found_too_along_any_chain(lrs: Lrs, order: str):
    first, second, third = new_id(), new_id(), new_id()
    chain = [statement(id=first), about(first) | {"id": second}, about(second, actor="sun") | {"id": third}]
    for each in chain if order == "forwards" else chain[::-1]:
        lrs.post(each)
    everyone = {first, second, third}
    assert set(lrs.ids(agent=agent("li"))) == set(lrs.ids(verb=PASSED)) == everyone
    assert (
        set(lrs.ids(agent=agent("li"), verb=PASSED, activity="https://school.example/lesson/1")) == everyone
    )
    assert set(lrs.ids(agent=agent("zhao"))) == {second, third}
    assert lrs.ids(agent=agent("zhao"), verb=PASSED) == []


def test_statements_that_refer_in_a_circle_end(lrs: Lrs):
    one, other = new_id(), new_id()
    lrs.post(about(other, actor="li") | {"id": one}, about(one, actor="zhao") | {"id": other})
    assert set(lrs.ids(agent=agent("li"))) == set(lrs.ids(agent=agent("zhao"))) == {one, other}


def test_formats_say_as_little_or_as_much(lrs: Lrs):
    lrs.post(WHOLE)
    (short,) = lrs.found(format="ids")
    assert (short["verb"], short["object"]) == ({"id": PASSED}, {"id": WHOLE["object"]["id"]})
    assert short["actor"] == {"objectType": "Group", "account": WHOLE["actor"]["account"]}
    assert short["context"]["team"]["member"][1] == {"objectType": "Agent", "mbox": "mailto:a@school.example"}
    for header, word in (("en;q=0.8, zh-CN;q=0.2", "passed"), ("zh", "通过了"), ("fr", "通过了")):
        response = lrs.send("GET", "statements", format="canonical", headers={"Accept-Language": header})
        assert list(response.json()["statements"][0]["verb"]["display"].values()) == [word]


def test_canonical_definitions_are_what_all_statements_said(lrs: Lrs):
    id = "https://school.example/lesson/1"
    lrs.post(
        statement()
        | {"object": {"id": id, "definition": {"name": {"zh-CN": "旧"}, "type": "https://t.example/a"}}}
    )
    lrs.post(statement() | {"object": {"id": id, "definition": {"name": {"zh-CN": "新", "en": "New"}}}})
    (plain,) = lrs.post(statement())
    folded = {"name": {"zh-CN": "新", "en": "New"}, "type": "https://t.example/a"}
    whole = {"objectType": "Activity", "id": id, "definition": folded}
    assert lrs.send("GET", "activities", activityId=id).json() == whole
    shown = {each["id"]: each for each in lrs.found(format="canonical")}
    assert shown[plain]["object"]["definition"]["name"] == {"zh-CN": "新"}
    unknown = lrs.send("GET", "activities", activityId="https://school.example/none")
    assert unknown.json() == {"objectType": "Activity", "id": "https://school.example/none"}


def test_a_person_has_all_names_that_were_used(lrs: Lrs):
    lrs.post(
        statement() | {"actor": agent("li", name="李小梅")},
        statement() | {"actor": agent("li", name="Li Xiaomei")},
    )
    person = lrs.send("GET", "agents", agent=agent("li")).json()
    assert person["objectType"] == "Person" and sorted(person["name"]) == ["Li Xiaomei", "李小梅"]
    assert person["account"] == [agent("li")["account"]]


def test_head_is_get_without_its_body(lrs: Lrs):
    lrs.post(statement())
    get, head = (lrs.send(method, "statements") for method in ("GET", "HEAD"))
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Type"] == get["Content-Type"] and int(head["Content-Length"]) == len(get.content)


def test_pages_of_other_houses_may_ask(lrs: Lrs):
    asked = lrs.send(
        "OPTIONS", "statements", headers={"Authorization": None, "Origin": "https://other.example"}
    )
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Authorization" in asked["Access-Control-Allow-Headers"]


def test_the_alternate_syntax_is_1_0_only(lrs: Lrs):
    form = "statementId=" + new_id() + "&content=" + json.dumps(statement()).replace("+", "%2B")
    given = {"type": "application/x-www-form-urlencoded", "method": "PUT"}
    assert lrs.send("POST", "statements", form.encode(), **given).status_code == 204
    assert replace(lrs, version="2.0.0").send("POST", "statements", form.encode(), **given).status_code == 400


def test_each_organisation_has_a_store_of_its_own(lrs: Lrs, small_town: Any):
    other = key(small_town.place("gaoan"))
    (id,) = lrs.post(
        statement() | {"object": {"id": "https://a.example/1", "definition": {"name": {"en": "x"}}}}
    )
    assert other.send("GET", "statements", statementId=id).status_code == 404
    assert other.ids() == other.ids(agent=agent("li")) == other.ids(verb=PASSED) == []
    assert "definition" not in other.send("GET", "activities", activityId="https://a.example/1").json()
    assert other.post(statement(id=id, thing="https://a.example/2")) == [id]
    assert lrs.one(id)["object"]["id"] == "https://a.example/1"


@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("agent=li", "not valid JSON"),
        ("agent=%7B%7D", "exactly one"),
        ("verb=passed", "IRI"),
        ("since=yesterday", "timestamp"),
        ("limit=-1", "whole number"),
        ("limit=%D9%A3", "whole number"),
        ("ascending=yes", "true or false"),
        ("registration=1", "UUID"),
        ("format=long", "exact, ids or canonical"),
        ("Agent=%7B%7D", "not a parameter"),
        ("limit=1&limit=2", "twice"),
        ("verb=%ff", "UTF-8"),
        ("after=x", "answer of this store"),
        ("statementId=6690e6c9-3ef0-4ed3-8b37-7f3964730bee&limit=1", "not a parameter"),
        ("since=9999-12-31T23:59:59-23:59", "between the years"),
    ],
)
def test_a_filter_that_is_not_one_is_told(lrs: Lrs, query: str, rule: str):
    response = lrs.send("GET", f"statements?{query}")
    assert response.status_code == 400 and rule in response.json()["detail"]
