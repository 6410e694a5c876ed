"""Whatever is a statement comes back as it was; whatever is sent is answered, and never with a fault."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wutong.platforms.learning.records.tests.lrs import Lrs, agent, new_id, statement
from wutong.platforms.learning.records.tests.test_grammar import JSON

pytestmark = pytest.mark.django_db(databases="__all__")
# One store for all examples: they do not meet, each has ids of its own.
EXAMPLES = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])

words = st.text(max_size=8)
iris = st.from_regex(r"[a-z]{2,6}:[A-Za-z0-9/一-龥]{1,9}(#[a-z]{0,3})?", fullmatch=True)
uuids = st.uuids().map(str)
texts = st.dictionaries(st.sampled_from(["zh", "zh-Hans-CN", "en", "x-oak"]), words, max_size=2)
extensions = st.dictionaries(iris, JSON, max_size=2)


def thing(required: dict[str, Any], **optional: Any) -> Any:
    return st.fixed_dictionaries(required, optional=optional)


known = st.one_of(
    st.builds(lambda home, name: {"account": {"homePage": home, "name": name}}, iris, words),
    st.from_regex(r"[a-z]{1,5}@[a-z]{1,5}\.example", fullmatch=True).map(
        lambda mail: {"mbox": f"mailto:{mail}"}
    ),
    iris.map(lambda iri: {"openid": iri}),
    st.from_regex(r"[0-9a-f]{40}", fullmatch=True).map(lambda digest: {"mbox_sha1sum": digest}),
)
agents = st.builds(
    lambda more, known: more | known, thing({}, objectType=st.just("Agent"), name=words), known
)
members = st.lists(agents, max_size=3)
groups = st.one_of(
    thing({"objectType": st.just("Group"), "member": members}, name=words),
    st.builds(
        lambda more, known: more | known,
        thing({"objectType": st.just("Group")}, member=members, name=words),
        known,
    ),
)
definitions = thing({}, name=texts, description=texts, type=iris, moreInfo=iris, extensions=extensions)
activities = thing({"id": iris}, objectType=st.just("Activity"), definition=definitions)
references = thing({"objectType": st.just("StatementRef"), "id": uuids})
results = thing(
    {},
    score=thing({}, scaled=st.floats(-1, 1), raw=st.integers() | st.floats(-1e9, 1e9)),
    success=st.booleans(),
    completion=st.booleans(),
    response=words,
    duration=st.sampled_from(["PT0S", "P1Y2M3DT4H5M6.7S", "P3W"]),
    extensions=extensions,
)
contexts = thing(
    {},
    registration=uuids,
    instructor=agents | groups,
    team=groups,
    language=st.sampled_from(["zh", "en-GB"]),
    statement=references,
    extensions=extensions,
    contextActivities=st.dictionaries(
        st.sampled_from(["parent", "grouping", "category", "other"]), st.lists(activities, max_size=2)
    ),
    contextAgents=st.lists(
        thing(
            {"objectType": st.just("contextAgent"), "agent": agents},
            relevantTypes=st.lists(iris, min_size=1, max_size=2),
        ),
        max_size=2,
    ),
    contextGroups=st.lists(thing({"objectType": st.just("contextGroup"), "group": groups}), max_size=2),
)
verbs = thing({"id": iris}, display=texts)
objects = st.one_of(activities, references, agents.map(lambda one: one | {"objectType": "Agent"}), groups)
common = {"actor": agents | groups, "verb": verbs}
subs = thing(
    common | {"objectType": st.just("SubStatement"), "object": objects}, result=results, context=contexts
)
statements = thing(
    common | {"id": uuids, "object": objects | subs},
    result=results,
    context=contexts,
    timestamp=st.datetimes(timezones=st.timezones()).map(lambda at: at.strftime("%4Y-%m-%dT%H:%M:%S.%fZ")),
)


@EXAMPLES
@given(statements)
def test_any_statement_comes_back_as_it_was(lrs: Lrs, one: dict[str, Any]):
    new = replace(lrs, version="2.0.0")
    if new.send("GET", "statements", statementId=one["id"]).status_code == 200:
        return
    assert new.post(one) == [one["id"]]
    kept = new.one(one["id"])
    assert {name: kept[name] for name in one} == one
    assert kept.keys() - one.keys() <= {"stored", "authority", "version", "timestamp"}
    for format in ("ids", "canonical"):
        assert new.send("GET", "statements", statementId=one["id"], format=format).status_code == 200
    assert new.post(one) == [one["id"]]
    if "account" in one["actor"]:
        named = {name: one["actor"][name] for name in ("objectType", "account") if name in one["actor"]}
        assert one["id"] in new.ids(agent=named)


RESOURCES = [
    "statements",
    "activities",
    "agents",
    "activities/state",
    "activities/profile",
    "agents/profile",
    "about",
]
PARAMETERS = st.dictionaries(
    st.sampled_from(
        ["agent", "activityId", "stateId", "profileId", "registration", "since", "until", "verb", "activity", "limit",
         "format", "attachments", "statementId", "voidedStatementId", "more", "after", "ascending", "method", "x"]
    ),
    st.one_of(st.text(max_size=12), st.just(json.dumps(agent("li"))), uuids, iris, JSON.map(json.dumps)),
    max_size=4,
)  # fmt: skip


@EXAMPLES
@given(
    st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE"]),
    st.sampled_from(RESOURCES),
    PARAMETERS,
    st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["application/json", "multipart/mixed; boundary=a", "text/plain", "application/x-www-form-urlencoded"]),
    st.sampled_from(["1.0.3", "2.0.0"]),
)  # fmt: skip
def test_whatever_is_sent_is_answered(
    lrs: Lrs, method: str, resource: str, params: dict[str, str], body: bytes, kind: str, version: str
):
    given = {name: value for name, value in params.items() if name != "method"}
    path = resource + ("?method=" + params["method"].encode().hex() if "method" in params else "")
    response = replace(lrs, version=version).send(method, path, body, type=kind, **given)
    assert response.status_code < 500


def test_a_thousand_extensions_and_ten_megabytes_are_kept(lrs: Lrs):
    many = {f"https://a.example/{n}": {"值": n} for n in range(1000)}
    (id,) = lrs.post(statement(result={"extensions": many, "response": "梧" * (3 * 2**19)}))
    kept = lrs.one(id)["result"]
    assert kept["extensions"] == many and len(kept["response"]) == 3 * 2**19
    assert (
        lrs.send("POST", "statements", statement(id=new_id(), result={"response": "x" * 2**24})).status_code
        == 413
    )
