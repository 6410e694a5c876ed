"""When two statements say the same: what a store adds or may reorder is left out (xAPI 1.0.3 part 2, 2.3.1)."""

from __future__ import annotations

import re
from typing import Any

from wutong.platforms.learning.records.xapi.agents import JsonObject, identifier
from wutong.platforms.learning.records.xapi.strict import encode

ADDED = ("id", "authority", "stored", "timestamp", "version", "attachments")
HUNDREDTHS = re.compile(r"(\d[.,]\d{2})\d+(?=S)")


def same(one: JsonObject, other: JsonObject) -> bool:
    """A timestamp counts where both give one; `id` and what the store adds never do."""
    if "timestamp" in one and "timestamp" in other and one["timestamp"] != other["timestamp"]:
        return False
    return encode(essence(one), order="sorted") == encode(essence(other), order="sorted")


def essence(statement: JsonObject) -> JsonObject:
    kept = {name: value for name, value in statement.items() if name not in ADDED}
    kept["actor"] = _who(kept["actor"])
    kept["verb"] = kept["verb"]["id"]
    kept["object"] = _thing(kept["object"])
    if "result" in kept:
        kept["result"] = _result(kept["result"])
    if "context" in kept:
        kept["context"] = _context(kept["context"])
    return kept


def _thing(thing: Any) -> Any:
    kind = thing.get("objectType", "Activity") if type(thing) is dict else ""
    if kind == "SubStatement":
        return essence(thing)
    if kind == "StatementRef":
        return "statement", thing["id"].lower()
    return ("activity", thing["id"]) if kind == "Activity" else _who(thing)


def _who(agent: Any) -> Any:
    """By the identifier; an anonymous group by its members in any order."""
    if type(agent) is not dict:
        return agent
    known = identifier(agent)
    members = sorted(map(str, map(_who, agent.get("member", ()))))
    return (known, agent.get("objectType", "Agent")) if known and not members else (known, members)


def _result(result: JsonObject) -> JsonObject:
    if "duration" not in result:
        return result
    return result | {"duration": HUNDREDTHS.sub(r"\1", result["duration"])}


def _context(context: JsonObject) -> JsonObject:
    kept = dict(context)
    for name in ("instructor", "team"):
        if name in kept:
            kept[name] = _who(kept[name])
    for lists, name in (("contextAgents", "agent"), ("contextGroups", "group")):
        if lists in kept:
            kept[lists] = [entry | {name: _who(entry[name])} for entry in kept[lists]]
    if "contextActivities" in kept:
        kept["contextActivities"] = {
            name: sorted(each["id"] for each in (value if type(value) is list else [value]))
            for name, value in kept["contextActivities"].items()
        }
    return kept
