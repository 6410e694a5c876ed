"""The grammar of statements, xAPI 1.0.3 part 2 and IEEE 9274.1.1 clause 4.2."""

from __future__ import annotations

import re
from typing import Any

from wutong.platforms.learning.records.xapi import atoms
from wutong.platforms.learning.records.xapi.activities import activity, any_activities
from wutong.platforms.learning.records.xapi.agents import (
    JsonObject,
    agent,
    agent_or_group,
    authority,
    group,
)
from wutong.platforms.learning.records.xapi.atoms import Check
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.shape import Shape, array, constant

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
VERSIONS = {1: re.compile(r"1\.0(?:\.\d+)?", re.ASCII), 2: re.compile(r"[12]\.0(?:\.\d+)?", re.ASCII)}

verb = Shape({"id": atoms.iri, "display": atoms.language_map}, ("id",))
statement_ref = Shape({"objectType": constant("StatementRef"), "id": atoms.uuid}, ("objectType", "id"))
attachment = Shape(
    {
        "usageType": atoms.iri,
        "display": atoms.language_map,
        "description": atoms.language_map,
        "contentType": atoms.media_type,
        "length": atoms.length,
        "sha2": atoms.sha2,
        "fileUrl": atoms.iri,
    },
    ("usageType", "display", "contentType", "length", "sha2"),
)


def _scaled(value: Any) -> None:
    atoms.number(value)
    if not -1 <= value <= 1:
        raise Refused("must lie between -1 and 1")


def _in_range(score: JsonObject) -> None:
    least, most, raw = score.get("min"), score.get("max"), score.get("raw")
    if least is not None and most is not None and least >= most:
        raise Refused("must be greater than min").inside("max")
    if raw is not None and (least is not None and raw < least or most is not None and raw > most):
        raise Refused("must lie between min and max").inside("raw")


score = Shape(
    {"scaled": _scaled, "raw": atoms.number, "min": atoms.number, "max": atoms.number}, (), _in_range
)
result = Shape(
    {
        "score": score,
        "success": atoms.flag,
        "completion": atoms.flag,
        "response": atoms.text,
        "duration": atoms.duration,
        "extensions": atoms.extensions,
    }
)
context_activities = Shape(dict.fromkeys(("parent", "grouping", "category", "other"), any_activities))
_relevant = array(atoms.iri, least=1)
_context_agent = Shape(
    {"objectType": constant("contextAgent"), "agent": agent, "relevantTypes": _relevant},
    ("objectType", "agent"),
)
_context_group = Shape(
    {"objectType": constant("contextGroup"), "group": group, "relevantTypes": _relevant},
    ("objectType", "group"),
)
_CONTEXT: dict[str, Check] = {
    "registration": atoms.uuid,
    "instructor": agent_or_group,
    "team": group,
    "contextActivities": context_activities,
    "revision": atoms.text,
    "platform": atoms.text,
    "language": atoms.language,
    "statement": statement_ref,
    "extensions": atoms.extensions,
}
CONTEXT = {
    1: Shape(_CONTEXT),
    2: Shape(_CONTEXT | {"contextAgents": array(_context_agent), "contextGroups": array(_context_group)}),
}


def _about_an_activity(statement: JsonObject) -> None:
    """Revision and platform say something of an activity only."""
    context, kind = statement.get("context"), statement["object"].get("objectType", "Activity")
    if context and kind != "Activity":
        for name in ("revision", "platform"):
            if name in context:
                raise Refused("may stand only where the object is an activity").inside(name).inside("context")


def _voids_a_statement(statement: JsonObject) -> None:
    if statement["verb"]["id"] == VOIDED and statement["object"].get("objectType") != "StatementRef":
        raise Refused("a voiding statement must have a StatementRef as its object").inside("object")


def _object(kinds: dict[str, Check]) -> Check:
    def check(value: Any) -> None:
        if type(value) is not dict:
            raise Refused("must be an object")
        kind = value.get("objectType", "Activity")
        if type(kind) is not str or kind not in kinds:
            raise Refused(f"must be one of {', '.join(kinds)}").inside("objectType")
        kinds[kind](value)

    return check


def _version(major: int) -> Check:
    def check(value: Any) -> None:
        if type(value) is not str or VERSIONS[major].fullmatch(value) is None:
            raise Refused("is not a version of xAPI that is spoken here")

    return check


def _grammar(major: int) -> Shape:
    kinds: dict[str, Check] = {
        "Activity": activity, "Agent": agent, "Group": group, "StatementRef": statement_ref,
    }  # fmt: skip
    common: dict[str, Check] = {
        "actor": agent_or_group,
        "verb": verb,
        "result": result,
        "context": CONTEXT[major],
        "timestamp": atoms.instant,
        "attachments": array(attachment),
    }
    must = ("actor", "verb", "object")
    sub = Shape(
        common | {"objectType": constant("SubStatement"), "object": _object(kinds)}, must, _about_an_activity
    )
    own: dict[str, Check] = {
        "id": atoms.uuid,
        "stored": atoms.instant,
        "authority": authority,
        "version": _version(major),
        "object": _object(kinds | {"SubStatement": sub}),
    }
    return Shape(common | own, must, _about_an_activity, _voids_a_statement)


GRAMMAR = {major: _grammar(major) for major in (1, 2)}


def check(statement: Any, major: int) -> None:
    """Raises `Refused` with the path to what is wrong; `major` is 1 for xAPI 1.0.x, 2 for 2.0."""
    GRAMMAR[major](statement)


def normalise(statement: JsonObject) -> None:
    """Makes single context activities lists of one: so they are returned."""
    _lists(statement)
    if statement["object"].get("objectType") == "SubStatement":
        _lists(statement["object"])


def _lists(statement: JsonObject) -> None:
    grouped = statement.get("context", {}).get("contextActivities")
    for name, value in (grouped or {}).items():
        if type(value) is dict:
            grouped[name] = [value]
