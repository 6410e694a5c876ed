"""The resources of the store, described for programs (OpenAPI 3.1), after xAPI 1.0.3 part 3, 2 and IEEE 9274.1.1."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from wutong import __version__
from wutong.platforms.learning.records.door.call import BASES
from wutong.platforms.learning.records.door.resources import json

Document = dict[str, Any]
ADDRESS = "openapi.json"
TEXT: Document = {"type": "string"}
URI: Document = {"type": "string", "format": "uri"}
UUID: Document = {"type": "string", "format": "uuid"}
MOMENT: Document = {"type": "string", "format": "date-time"}
FLAG: Document = {"enum": ["true", "false"]}
LIMIT: Document = {"type": "integer", "minimum": 0}
# In the address an agent is JSON.
AGENT: Document = {"type": "string", "examples": ['{"mbox": "mailto:li@school.example"}']}
NAMES: Document = {"type": "array", "items": TEXT}
OBJECT: Document = {"type": "object"}
STATEMENT: Document = {
    "type": "object",
    "required": ["actor", "verb", "object"],
    "properties": {
        "id": UUID, "actor": OBJECT, "verb": {"type": "object", "required": ["id"], "properties": {"id": URI}},
        "object": OBJECT, "result": OBJECT, "context": OBJECT, "timestamp": MOMENT,
        "attachments": {"type": "array", "items": OBJECT},
    },
    "examples": [
        {
            "actor": {"account": {"homePage": "https://school.example", "name": "li"}},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
            "object": {"id": "https://school.example/lessons/1"},
        }
    ],
}  # fmt: skip
KEPT: Document = {"type": "object", "required": ["id", "actor", "verb", "object", "stored", "authority"]}
SEVERAL: Document = {
    "type": "object",
    "required": ["statements"],
    "properties": {"statements": {"type": "array", "items": KEPT}, "more": TEXT},
}
PROBLEM: Document = {
    "type": "object",
    "required": ["type", "status", "detail"],
    "properties": {"type": TEXT, "status": {"type": "integer"}, "detail": TEXT},
}
FOUND: Document = {
    "agent": AGENT, "verb": URI, "activity": URI, "registration": UUID,
    "related_activities": FLAG, "related_agents": FLAG, "since": MOMENT,
    "until": MOMENT, "limit": LIMIT, "ascending": FLAG, "statementId": UUID, "voidedStatementId": UUID,
    "format": {"enum": ["exact", "ids", "canonical"]}, "attachments": FLAG, "more": TEXT,
}  # fmt: skip
PLACES: dict[str, tuple[Document, Document]] = {
    "activities/state": ({"activityId": URI, "agent": AGENT, "stateId": TEXT}, {"registration": UUID}),
    "activities/profile": ({"activityId": URI, "profileId": TEXT}, {}),
    "agents/profile": ({"agent": AGENT, "profileId": TEXT}, {}),
}


def description(_request: HttpRequest) -> HttpResponse:
    return json(document())


def document() -> Document:
    paths: Document = {}
    for base in BASES:
        paths |= {f"/xapi/{base}/{name}": methods for name, methods in _resources(base).items()}
    info = {"title": "终身学习档案 Learning record store (xAPI)", "version": __version__}
    schemes = {"key": {"type": "http", "scheme": "basic"}, "token": {"type": "http", "scheme": "bearer"}}
    parts = {"securitySchemes": schemes, "schemas": {"Problem": PROBLEM}}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": parts}


def _resources(base: str) -> Document:
    single = {"schema": STATEMENT}
    batch = {"schema": {"anyOf": [STATEMENT, {"type": "array", "items": STATEMENT}]}}
    ids = {"type": "array", "items": UUID}
    about = {"type": "object", "required": ["version"], "properties": {"version": NAMES}}
    return {
        "about": {"get": {"summary": "Versions", "responses": {"200": _json("versions", about)}}},
        "statements": {
            "get": _operation(base, "Statements", {}, FOUND, {"200": _json("found", {"anyOf": [SEVERAL, KEPT]})}),
            "post": _operation(base, "New statements", {}, {}, {"200": _json("their ids", ids)}, batch),
            "put": _operation(base, "A new statement", {"statementId": UUID}, {}, _none(), single),
        },
        "activities": {
            "get": _operation(base, "An activity", {"activityId": URI}, {}, {"200": _json("it", OBJECT)})
        },
        "agents": {"get": _operation(base, "Somebody's names", {"agent": AGENT}, {}, {"200": _json("them", OBJECT)})},
        **{name: _documents(base, *sides) for name, sides in PLACES.items()},
    }  # fmt: skip


def _documents(base: str, needed: Document, more: Document) -> Document:
    """Without the name of a document GET lists the names; DELETE needs none of the state either."""
    *sides, name = needed
    around = {side: needed[side] for side in sides}
    any_body: Document = {"schema": {}}
    read = _operation(base, "A document, or the names", around, {name: TEXT, "since": MOMENT, **more}, {
        "200": {"description": "a document of its own type, or names", "content": {"*/*": {"schema": {}}}},
    })  # fmt: skip
    gone = (
        (around, {name: TEXT, **more}) if name == "stateId" else (needed, more)
    )  # only states go all at once
    return {
        "get": read,
        "put": _operation(base, "A document in place of another", needed, more, _none(), any_body),
        "post": _operation(base, "A document, merged", needed, more, _none(), any_body),
        "delete": _operation(base, "An end to a document", *gone, _none()),
    }


def _none() -> Document:
    return {"204": {"description": "done"}}


def _operation(
    base: str, summary: str, needed: Document, may: Document, good: Document, body: Document | None = None
) -> Document:
    parameters = [
        {"name": name, "in": "query", "required": name in needed, "schema": schema}
        for name, schema in {**needed, **may}.items()
    ]
    version = {"type": "string", "enum": [base]}
    parameters += [
        {"name": "X-Experience-API-Version", "in": "header", "required": True, "schema": version},
        {"name": "If-Match", "in": "header", "required": False, "schema": TEXT},
        {"name": "If-None-Match", "in": "header", "required": False, "schema": {"enum": ["*"]}},
    ]
    refusals = {
        400: "the request is wrong", 401: "no key, or none that holds", 403: "the key does not allow it",
        404: "there is none", 409: "another is there already", 412: "it changed meanwhile", 413: "too long",
        503: "nothing can be kept now",
    }  # fmt: skip
    answers = good | {str(status): _problem(words) for status, words in refusals.items()}
    made: Document = {"summary": summary, "security": [{"key": []}, {"token": []}], "parameters": parameters}
    if body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": body}}
    return {**made, "responses": answers}


def _json(words: str, schema: Document) -> Document:
    return {"description": words, "content": {"application/json": {"schema": schema}}}


def _problem(words: str) -> Document:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": words, "content": content}
