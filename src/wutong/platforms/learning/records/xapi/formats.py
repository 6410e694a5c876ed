"""The formats of an answer: `ids` (as little as identifies) and `canonical` (the store's words, one language each)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wutong.platforms.learning.records.xapi.agents import JsonObject, only_identifier

Form = Callable[[JsonObject], JsonObject]


def languages(header: str) -> tuple[str, ...]:
    """The tags of an Accept-Language header, the wanted first."""
    wanted = []
    for place, part in enumerate(header.split(",")):
        tag, _semicolon, weight = part.strip().partition(";")
        try:
            value = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            value = 0.0
        if tag and value > 0:
            wanted.append((-value, place, tag.strip().lower()))
    return tuple(tag for _value, _place, tag in sorted(wanted))


def one_language(texts: Mapping[str, str], wanted: Sequence[str]) -> dict[str, str]:
    """The text that reads best to somebody with these languages (RFC 4647 look-up); else the first."""
    by_tag = {tag.lower(): tag for tag in texts}
    for tag in wanted:
        part = tag
        while part and part != "*":
            if part in by_tag:
                return {by_tag[part]: texts[by_tag[part]]}
            longer = next((each for each in by_tag if each.startswith(f"{part}-")), None)
            if longer:
                return {by_tag[longer]: texts[by_tag[longer]]}
            part = part.rpartition("-")[0]
    return dict(list(texts.items())[:1])


def ids(statement: JsonObject) -> JsonObject:
    return _formed(statement, only_identifier, lambda verb: {"id": verb["id"]}, _only_id)


def _only_id(activity: JsonObject) -> JsonObject:
    return {"id": activity["id"]}


def canonical(statement: JsonObject, known: Mapping[str, JsonObject], wanted: Sequence[str]) -> JsonObject:
    """`known` has what the store knows of each activity by its IRI."""

    def verb(given: JsonObject) -> JsonObject:
        display = given.get("display")
        return given | {"display": one_language(display, wanted)} if display else given

    def activity(given: JsonObject) -> JsonObject:
        whole = given | known.get(given["id"], {})
        definition = whole.get("definition")
        return whole | {"definition": in_one_language(definition, wanted)} if definition else whole

    def who(agent: JsonObject) -> JsonObject:
        return agent

    return _formed(statement, who, verb, activity)


def in_one_language(definition: JsonObject, wanted: Sequence[str]) -> JsonObject:
    shown = dict(definition)
    for name in ("name", "description"):
        if name in shown:
            shown[name] = one_language(shown[name], wanted)
    for name in ("choices", "scale", "source", "target", "steps"):
        if name in shown:
            shown[name] = [
                each | {"description": one_language(each["description"], wanted)}
                if "description" in each
                else each
                for each in shown[name]
            ]
    return shown


def _formed(statement: JsonObject, who: Form, verb: Form, activity: Form) -> JsonObject:
    shown = dict(statement)
    shown["actor"], shown["verb"] = who(shown["actor"]), verb(shown["verb"])
    kind = shown["object"].get("objectType", "Activity")
    if kind == "SubStatement":
        shown["object"] = _formed(shown["object"], who, verb, activity)
    elif kind != "StatementRef":
        shown["object"] = (activity if kind == "Activity" else who)(shown["object"])
    if "authority" in shown:
        shown["authority"] = who(shown["authority"])
    if "context" in shown:
        shown["context"] = _context(shown["context"], who, activity)
    return shown


def _context(context: JsonObject, who: Form, activity: Form) -> JsonObject:
    shown: dict[str, Any] = dict(context)
    for name in ("instructor", "team"):
        if name in shown:
            shown[name] = who(shown[name])
    for lists, name in (("contextAgents", "agent"), ("contextGroups", "group")):
        if lists in shown:
            shown[lists] = [entry | {name: who(entry[name])} for entry in shown[lists]]
    if "contextActivities" in shown:
        shown["contextActivities"] = {
            name: [activity(each) for each in several] for name, several in shown["contextActivities"].items()
        }
    return shown


def activity_ids(statement: JsonObject) -> set[str]:
    """Which activities a statement speaks of."""
    found: set[str] = set()

    def note(activity: JsonObject) -> JsonObject:
        found.add(activity["id"])
        return activity

    _formed(statement, lambda agent: agent, lambda verb: verb, note)
    return found


def plainer(statement: JsonObject) -> JsonObject:
    """For those who speak 1.0.3: without what 2.0 added to contexts, and with a version they know."""
    if not statement.get("version", "").startswith("2"):
        return statement
    plain = statement | {"version": "1.0.3"}
    return _without_news(plain)


def _without_news(statement: JsonObject) -> JsonObject:
    plain = dict(statement)
    if "context" in plain:
        plain["context"] = {
            name: value
            for name, value in plain["context"].items()
            if name not in ("contextAgents", "contextGroups")
        }
    if plain["object"].get("objectType") == "SubStatement":
        plain["object"] = _without_news(plain["object"])
    return plain
