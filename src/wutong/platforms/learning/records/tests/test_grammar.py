"""What is a statement and what is not. The standard's answer to anything else is a refusal, never a fault."""

import json
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wutong.platforms.learning.records.xapi import atoms
from wutong.platforms.learning.records.xapi.instants import parsed
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.statement import check
from wutong.platforms.learning.records.xapi.strict import DEEPEST, encode, parse

PLAIN: dict[str, Any] = {
    "actor": {"mbox": "mailto:li@school.example"},
    "verb": {"id": "https://school.example/did"},
    "object": {"id": "https://school.example/it"},
}


def refusal(value: Any, major: int = 1) -> str:
    with pytest.raises(Refused) as caught:
        check(value, major)
    return str(caught.value)


def changed(path: str, value: Any) -> dict[str, Any]:
    whole = deepcopy(PLAIN)
    *way, last = path.split(".")
    place: Any = whole
    for name in way:
        place = place.setdefault(name, {})
    place[last] = value
    return whole


GROUP = {"objectType": "Group", "member": []}
QUESTION = {"interactionType": "choice", "choices": [{"id": "a"}, {"id": "b"}]}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("actor", GROUP),
        ("actor", GROUP | {"member": [{"openid": "https://li.example/"}], "name": "班"}),
        ("actor", {"mbox_sha1sum": "EBD31E95054C018B10727CCFFD2EF2EC3A016EE9"}),
        ("actor", {"objectType": "Group", "account": {"homePage": "https://a.example", "name": ""}}),
        ("verb.display", {}),
        ("verb.display", {"zh-Hans-CN": "做", "x-oak": "y", "i-klingon": "z", "de-1996": "w", "en-GB-oed": ""}),
        ("verb.id", "tag:school.example,2026:做"),
        ("verb.id", "urn:uuid:6690e6c9-3ef0-4ed3-8b37-7f3964730bee"),
        ("object.definition", QUESTION),
        ("object.definition", {}),
        ("object", {"objectType": "Agent", "mbox": "mailto:a@b.example"}),
        ("object", {"objectType": "StatementRef", "id": "6690E6C9-3EF0-4ED3-8B37-7F3964730BEE"}),
        ("object", PLAIN | {"objectType": "SubStatement"}),
        ("result.score", {"scaled": -1, "raw": 0, "min": -5.5, "max": 1e300}),
        ("result.duration", "P1Y2M3DT4H5M6.789S"),
        ("result.duration", "P4W"),
        ("result.extensions", {"https://a.example/x": None, "urn:x:y": {"": [[]]}}),
        ("timestamp", "2026-02-28T23:59:60Z"),
        ("timestamp", "2026-02-28T23:59:59.123456789+0530"),
        ("context.language", "zh-cmn-Hans-CN"),
        ("context.contextActivities", {"category": {"id": "https://a.example/c"}}),
        ("authority", {"objectType": "Group", "member": [PLAIN["actor"], {"openid": "https://li.example/"}]}),
        ("version", "1.0.9"),
    ],
)  # fmt: skip
def test_these_are_statements(path: str, value: Any):
    check(changed(path, value), 1)
    check(changed(path, value), 2)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("actor", None, "actor: must be an object"),
        ("actor", {}, "actor: must have exactly one of"),
        ("actor", PLAIN["actor"] | {"openid": "https://li.example/"}, "actor: must have exactly one of"),
        ("actor", {"mbox": "li@school.example"}, "actor.mbox: must be mailto:"),
        ("actor", {"mbox_sha1sum": "ebd31e95"}, "actor.mbox_sha1sum: must be the 40"),
        ("actor", {"account": {"name": "li"}}, "actor.account.homePage: is missing"),
        ("actor", {"objectType": "Group"}, "actor.member: an anonymous group must name its members"),
        ("actor", GROUP | {"member": [GROUP]}, "actor.member[0].objectType: must be Agent"),
        ("actor", {"objectType": "group", "member": []}, "actor.objectType: must be Agent"),
        ("actor", PLAIN["actor"] | {"member": []}, "actor.member: is not a property"),
        ("verb", {"display": {}}, "verb.id: is missing"),
        ("verb.id", "did", "verb.id: must be an absolute IRI"),
        ("verb.id", "https://a.example/%zz", "verb.id: must be an absolute IRI"),
        ("verb.id", "https://a.example/a b", "verb.id: must be an absolute IRI"),
        ("verb.id", "https://a.example/\ud7ff\ufdd0", "verb.id: must be an absolute IRI"),
        ("verb.display", {"chinese_language": "做"}, "verb.display: must be a language tag"),
        ("verb.display", {"zh": None}, "verb.display.zh: must be a string"),
        ("verb.extra", 1, "verb.extra: is not a property"),
        ("object", [], "object: must be an object"),
        ("object.objectType", "activity", "object.objectType: must be one of"),
        ("object.objectType", ["Activity"], "object.objectType: must be one of"),
        ("object.definition", {"interactionType": "quiz"}, "interactionType: must be"),
        ("object.definition", {"choices": []}, "object.definition.interactionType: is missing"),
        ("object.definition", QUESTION | {"scale": []}, "object.definition.scale: does not belong"),
        ("object.definition", QUESTION | {"choices": [{"id": "a"}, {"id": "a"}]}, "choices: two components"),
        ("object", PLAIN | {"objectType": "SubStatement", "id": "x"}, "object.id: is not a property"),
        ("object", PLAIN | {"objectType": "SubStatement", "object": PLAIN | {"objectType": "SubStatement"}}, "object.object.objectType"),
        ("result.score.scaled", 1.01, "result.score.scaled: must lie between"),
        ("result.score.scaled", True, "result.score.scaled: must be a number"),
        ("result.score", {"min": 1, "max": 1}, "result.score.max: must be greater"),
        ("result.score", {"raw": 11, "max": 10}, "result.score.raw: must lie between"),
        ("result.success", "true", "result.success: must be true or false"),
        ("result.duration", "P", "result.duration: must be an ISO 8601 duration"),
        ("result.duration", "PT", "result.duration: must be an ISO 8601 duration"),
        ("result.duration", "1:30", "result.duration: must be an ISO 8601 duration"),
        ("result.extensions", {"note": 1}, "result.extensions: must be an absolute IRI"),
        ("timestamp", "2026-02-30T00:00:00Z", "timestamp: must be a day of the calendar"),
        ("timestamp", "2026-02-03", "timestamp: must be an ISO 8601 timestamp"),
        ("timestamp", "2026-02-03T00:00:00-00:00", "timestamp: must not have the offset"),
        ("timestamp", "2026-02-03T24:00:00Z", "timestamp: must be an ISO 8601 timestamp"),
        ("timestamp", "２０２６-02-03T00:00:00Z", "timestamp: must be an ISO 8601 timestamp"),
        ("context.registration", "1", "context.registration: must be a UUID"),
        ("context.team", PLAIN["actor"], "context.team.objectType: is missing"),
        ("context.contextActivities", {"child": []}, "context.contextActivities.child: is not a property"),
        ("context.contextAgents", [], "context.contextAgents: is not a property"),
        ("authority", {"objectType": "Group", "member": [PLAIN["actor"]]}, "authority: a group as authority"),
        ("version", "1.1.0", "version: is not a version"),
        ("version", "2.0.0", "version: is not a version"),
        ("id", "6690e6c93ef04ed38b377f3964730bee", "id: must be a UUID"),
        ("attachments", [{}], "attachments[0].usageType: is missing"),
        ("extra", 1, "extra: is not a property"),
    ],
)  # fmt: skip
def test_these_are_not_and_the_refusal_says_where(path: str, value: Any, said: str):
    assert said in refusal(changed(path, value))


def test_revision_and_platform_speak_of_activities_only():
    whole = changed("context.platform", "x") | {
        "object": {"objectType": "Agent", "openid": "https://a.example/"}
    }
    assert refusal(whole).startswith("context.platform: may stand only")


def test_a_voiding_statement_names_a_statement():
    assert "StatementRef" in refusal(changed("verb.id", "http://adlnet.gov/expapi/verbs/voided"))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":{"b":1,"\\u0062":2}}', "twice"),
        (b'["\\ud800"]', "not valid JSON"),
        (b'["\\udc00\\ud800"]', "not valid JSON"),
        (b'{"a":"\xed\xa0\x80"}', "invalid UTF-8"),
        (b"[NaN]", "not valid JSON"),
        (b"[1e999]", "not valid JSON"),
        (b"[" + b"1" * 5000 + b"]", "not valid JSON"),
        (b"[" * 100_000, "deeper"),
        (b"[" * (DEEPEST + 2) + b"]" * (DEEPEST + 2), "deeper"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        (b"{} {}", "not valid JSON"),
        (b"", "not valid JSON"),
        (b'{"a":1,}', "not valid JSON"),
        (b"{'a':1}", "not valid JSON"),
        (b'{"a":01}', "not valid JSON"),
        (b'["\x01"]', "not valid JSON"),
    ],
)
def test_json_that_readers_could_read_in_two_ways_is_refused(raw: bytes, said: str):
    with pytest.raises(Refused, match=said):
        parse(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(JSON)
def test_every_json_value_is_read_as_it_was_written(value: Any):
    assert parse(json.dumps(value).encode()) == parse(encode(value)) == value


@given(st.binary(max_size=40))
def test_any_bytes_are_json_or_refused(raw: bytes):
    try:
        read = parse(raw)
    except Refused:
        return
    assert json.loads(raw) == read


@settings(max_examples=300)
@given(st.data())
def test_anything_anywhere_in_a_statement_is_taken_or_refused(data: st.DataObject):
    path = data.draw(
        st.sampled_from(
            ["actor", "actor.account", "actor.member", "verb", "verb.display", "object", "object.objectType",
             "object.definition", "object.definition.choices", "result", "result.score", "context", "context.team",
             "context.contextActivities", "context.contextAgents", "attachments", "timestamp", "authority"]
        )
    )  # fmt: skip
    try:
        check(changed(path, data.draw(JSON)), data.draw(st.sampled_from([1, 2])))
    except Refused as refused:
        assert refused.status == 400 and refused.path


@given(st.datetimes(timezones=st.timezones()))
def test_every_moment_that_python_writes_is_one(at: Any):
    written = at.isoformat()
    if written[-6:] != "-00:00" and len(written.partition("T")[2].lstrip("0123456789:.")) == 6:
        atoms.instant(written)
        assert parsed(written) == datetime.fromisoformat(written)


@given(st.text(max_size=30))
def test_patterns_end(text: str):
    """Nothing that is typed makes a check slow or faulty."""
    for one in (atoms.iri, atoms.language, atoms.mailbox, atoms.media_type, atoms.duration, atoms.instant):
        for tried in (
            text,
            "a:" + text * 50,
            "a-" * 200 + text,
            "P" + "1" * 500 + text,
            "a/b;" + " " * 500 + text,
        ):
            try:
                one(tried)
            except Refused:
                continue
