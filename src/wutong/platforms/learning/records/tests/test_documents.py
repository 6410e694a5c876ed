"""State and profiles: kept as sent, merged on POST, never overwritten by somebody who has not looked."""

from dataclasses import replace
from typing import Any

import pytest

from wutong.platforms.learning.records.tests.lrs import Lrs, agent, key, new_id

pytestmark = pytest.mark.django_db(databases="__all__")

LESSON = "https://school.example/lesson/1"
STATE = {"activityId": LESSON, "agent": agent("li"), "stateId": "place"}
PLACES = {
    "activities/state": STATE,
    "activities/profile": {"activityId": LESSON, "profileId": "place"},
    "agents/profile": {"agent": agent("li"), "profileId": "place"},
}
EVERYWHERE = pytest.mark.parametrize(("resource", "params"), PLACES.items())
NEW = {"If-None-Match": "*"}


@EVERYWHERE
def test_a_document_comes_back_byte_for_byte_with_its_tag(lrs: Lrs, resource: str, params: dict[str, Any]):
    body = "不是 JSON \x00\xff".encode() + bytes(range(256))
    assert lrs.send("PUT", resource, body, type="image/png", headers=NEW, **params).status_code == 204
    got = lrs.send("GET", resource, **params)
    assert (got.content, got["Content-Type"]) == (body, "image/png")
    assert got["ETag"].startswith('"') and len(got["ETag"]) == 42 and "Last-Modified" in got


@EVERYWHERE
def test_posting_merges_objects_and_nothing_else(lrs: Lrs, resource: str, params: dict[str, Any]):
    for part in ({"page": 1, "mark": {"a": 1}}, {"mark": {"b": 2}, "名": "新"}):
        assert lrs.send("POST", resource, part, **params).status_code == 204
    merged = {"page": 1, "mark": {"b": 2}, "名": "新"}
    assert lrs.send("GET", resource, **params).json() == merged
    for body, kind in ((b"[1]", "application/json"), (b"{", "application/json"), (b"x", "text/plain")):
        assert lrs.send("POST", resource, body, type=kind, **params).status_code == 400
    assert lrs.send("GET", resource, **params).json() == merged


@EVERYWHERE
def test_only_who_knows_the_tag_replaces(lrs: Lrs, resource: str, params: dict[str, Any]):
    lrs.send("PUT", resource, {"n": 1}, headers=NEW, **params)
    tag = lrs.send("GET", resource, **params)["ETag"]
    stale = {"If-Match": '"0000"'}
    for method in ("PUT", "POST", "DELETE"):
        assert lrs.send(method, resource, {"n": 9}, headers=stale, **params).status_code == 412
    assert lrs.send("PUT", resource, {"n": 9}, headers=NEW, **params).status_code == 412
    assert lrs.send("GET", resource, **params).json() == {"n": 1}
    assert lrs.send("PUT", resource, {"n": 2}, headers={"If-Match": tag}, **params).status_code == 204
    assert lrs.send("PUT", resource, {"n": 3}, headers={"If-Match": tag}, **params).status_code == 412
    assert lrs.send("DELETE", resource, **params).status_code == 204
    assert lrs.send("GET", resource, **params).status_code == 404


@pytest.mark.parametrize(
    ("version", "resource", "new", "over"),
    [
        ("1.0.3", "activities/state", 204, 204),
        ("1.0.3", "activities/profile", 400, 409),
        ("1.0.3", "agents/profile", 400, 409),
        ("2.0.0", "activities/state", 204, 409),
        ("2.0.0", "activities/profile", 204, 409),
        ("2.0.0", "agents/profile", 204, 409),
    ],
)
def test_the_versions_differ_on_writing_blindly(lrs: Lrs, version: str, resource: str, new: int, over: int):
    caller, params = replace(lrs, version=version), PLACES[resource]
    assert caller.send("PUT", resource, {"n": 1}, **params).status_code == new
    caller.send("POST", resource, {"n": 1}, **params)
    assert caller.send("PUT", resource, {"n": 2}, **params).status_code == over


def test_lists_name_what_changed_since(lrs: Lrs):
    where = {"activityId": LESSON, "agent": agent("li")}
    registration = new_id()
    for name, more in (("one", {}), ("two", {}), ("three", {"registration": registration})):
        lrs.send("PUT", "activities/state", b"x", type="text/plain", stateId=name, **where, **more)
    assert lrs.send("GET", "activities/state", **where).json() == ["one", "three", "two"]
    assert lrs.send("GET", "activities/state", registration=registration, **where).json() == ["three"]
    assert lrs.send("GET", "activities/state", since="2999-01-01T00:00:00Z", **where).json() == []
    assert lrs.send("GET", "activities/state", stateId="three", **where).status_code == 404
    assert lrs.send("DELETE", "activities/state", registration=registration, **where).status_code == 204
    assert lrs.send("GET", "activities/state", **where).json() == ["one", "two"]


def test_documents_of_others_are_elsewhere(lrs: Lrs, small_town: Any):
    lrs.send("PUT", "activities/state", b"x", **STATE)
    other = key(small_town.place("gaoan"))
    for caller, params in (
        (other, STATE),
        (lrs, STATE | {"agent": agent("zhao")}),
        (lrs, STATE | {"activityId": LESSON + "0"}),
        (lrs, STATE | {"stateId": "Place"}),
    ):
        assert caller.send("GET", "activities/state", **params).status_code == 404
    assert other.send("GET", "activities/state", activityId=LESSON, agent=agent("li")).json() == []


@pytest.mark.parametrize(
    ("resource", "params"),
    [
        ("activities/state", {"stateId": "a", "agent": agent("li")}),
        ("activities/state", {"stateId": "a", "activityId": LESSON}),
        ("activities/state", STATE | {"agent": {"objectType": "Group", "member": []}}),
        ("activities/state", STATE | {"registration": "1"}),
        ("activities/state", STATE | {"since": "now"}),
        ("activities/profile", {"activityId": "lesson"}),
        ("activities/profile", {"activityId": LESSON, "agent": agent("li")}),
        ("agents/profile", {"agent": "li"}),
        ("agents", {}),
        ("agents", {"agent": {"objectType": "Group", "mbox": "mailto:a@b.example"}}),
        ("activities", {"activityId": "x"}),
    ],
)
def test_what_names_no_document_is_refused(lrs: Lrs, resource: str, params: dict[str, Any]):
    assert lrs.send("GET", resource, **params).status_code == 400
