"""Whatever the standard lets pass is read as words, and none of it is a fault."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import assume, given
from hypothesis import strategies as st

from wutong.platforms.learning.records.mine.words import duration, in_language, told
from wutong.platforms.learning.records.xapi import atoms
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.statement import check

PLAIN: dict[str, Any] = {
    "actor": {"mbox": "mailto:li@school.example"},
    "verb": {"id": "https://school.example/did"},
    "object": {"id": "https://school.example/it"},
}
KEPT = {"id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee", "authority": PLAIN["actor"]}

texts = st.dictionaries(st.sampled_from(["zh-CN", "zh", "en-GB", "fr", "x-oak"]), st.text(max_size=200))
addresses = st.sampled_from(
    ["https://a.example/做", "urn:uuid:1", "tag:a.example,2026:", "x:/", "https://a.example/%ff/#"]
)
activities = st.fixed_dictionaries(
    {"id": addresses},
    optional={"definition": st.fixed_dictionaries({}, optional={"name": texts, "type": addresses})},
)
things = st.one_of(
    activities,
    st.just(PLAIN["actor"] | {"objectType": "Agent"}),
    st.just({"objectType": "Group", "member": []}),
    st.just({"objectType": "StatementRef", "id": KEPT["id"]}),
    activities.map(lambda activity: PLAIN | {"objectType": "SubStatement", "object": activity}),
)
results = st.fixed_dictionaries(
    {},
    optional={
        "score": st.fixed_dictionaries(
            {}, optional={"scaled": st.floats(-1, 1), "raw": st.floats(allow_nan=False, allow_infinity=False)}
        ),
        "success": st.booleans(),
        "completion": st.booleans(),
        "duration": st.from_regex(atoms.DURATION, fullmatch=True),
        "response": st.text(max_size=300),
    },
)


@given(
    things, results, st.fixed_dictionaries({"id": addresses}, optional={"display": texts}),
    st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat), st.sampled_from(["zh-hans", "en"]),
)  # fmt: skip
def test_every_statement_is_read(thing: Any, result: Any, verb: Any, timestamp: str, language: str):
    statement = PLAIN | {"object": thing, "result": result, "verb": verb, "timestamp": timestamp}
    try:
        check(statement, 1)
    except Refused:
        assume(False)
    with override(language):
        entry = told(statement | KEPT, {}, tenant=1, hidden=False)
        assert entry.verb and entry.software and all(entry.outcome) and entry.sentence and entry.month


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PT45S", "用时 45 秒"), ("PT90S", "用时 2 分钟"), ("PT59M31S", "用时 1 小时 0 分钟"), ("PT1H25M", "用时 1 小时 25 分钟"),
        ("P1DT1H", "用时 25 小时 0 分钟"), ("P1W", "用时 168 小时 0 分钟"), ("PT0.4S", ""), ("P9999Y", ""), ("PT0S", ""),
    ],
)  # fmt: skip
def test_a_duration_is_told_in_hours_and_minutes(text: str, said: str):
    assert duration(text) == said


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"en": "tree", "zh-TW": "樹", "zh-CN": "树"}, {"zh-hans": "树", "en": "tree"}),
        ({"fr": "arbre", "en-GB": "tree"}, {"zh-hans": "tree", "en": "tree"}),
        ({"fr": "arbre", "zh-Hans-CN": "树", "zh-TW": "樹"}, {"zh-hans": "树", "en": "树"}),
        ({"de": " ", "fr": "arbre"}, {"zh-hans": "arbre", "en": "arbre"}),
        ({}, {"zh-hans": "", "en": ""}),
    ],
)
def test_a_text_is_told_in_the_nearest_language(texts: dict[str, str], said: dict[str, str]):
    for language, expected in said.items():
        with override(language):
            assert in_language(texts) == expected
