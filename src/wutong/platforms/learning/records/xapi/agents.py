"""Agents and groups: who acts, and by which one property each is known (the inverse functional identifier)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wutong.platforms.learning.records.xapi import atoms
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.shape import Shape, array, constant

JsonObject = dict[str, Any]
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")

account = Shape({"homePage": atoms.iri, "name": atoms.text}, ("homePage", "name"))
_known_by: dict[str, atoms.Check] = {
    "mbox": atoms.mailbox,
    "mbox_sha1sum": atoms.sha1,
    "openid": atoms.iri,
    "account": account,
}


def _identified_once(agent: JsonObject) -> None:
    found = sum(name in agent for name in IDENTIFIERS)
    if found != 1:
        raise Refused(f"must have exactly one of {', '.join(IDENTIFIERS)}")


def _group_of_somebody(group: JsonObject) -> None:
    found = sum(name in group for name in IDENTIFIERS)
    if found > 1:
        raise Refused(f"must have at most one of {', '.join(IDENTIFIERS)}")
    if not found and "member" not in group:
        raise Refused("an anonymous group must name its members").inside("member")


agent = Shape({"objectType": constant("Agent"), "name": atoms.text, **_known_by}, (), _identified_once)
group = Shape(
    {"objectType": constant("Group"), "name": atoms.text, "member": array(agent), **_known_by},
    ("objectType",),
    _group_of_somebody,
)


def agent_or_group(value: Any) -> None:
    (group if is_group(value) else agent)(value)


def is_group(value: Any) -> bool:
    return type(value) is dict and value.get("objectType") == "Group"


def _two_members(value: JsonObject) -> None:
    if any(name in value for name in IDENTIFIERS) or len(value.get("member", ())) != 2:
        raise Refused("a group as authority must be anonymous and have two members, application and user")


_pair = Shape(group.fields, group.required, _group_of_somebody, _two_members)


def authority(value: Any) -> None:
    (_pair if is_group(value) else agent)(value)


def identifier(value: JsonObject) -> tuple[str, str] | None:
    """The kind and the value by which two agents are the same one; None for an anonymous group.

    The part of a mail address behind the @, and a hash's digits, are compared without regard to case.
    """
    if (mailbox := value.get("mbox")) is not None:
        name, _at, domain = mailbox.rpartition("@")
        return "mbox", f"{name}@{domain.lower()}"
    if (digest := value.get("mbox_sha1sum")) is not None:
        return "mbox_sha1sum", digest.lower()
    if (openid := value.get("openid")) is not None:
        return "openid", openid
    if (known := value.get("account")) is not None:
        return "account", f"{known['homePage']}\n{known['name']}"
    return None


def only_identifier(value: JsonObject) -> JsonObject:
    """As little as names them: what `format=ids` shows."""
    kept: JsonObject = {"objectType": value.get("objectType", "Agent")}
    for name in IDENTIFIERS:
        if name in value:
            return kept | {name: value[name]}
    return kept | {"member": [only_identifier(member) for member in value.get("member", ())]}


Swap = Callable[[Any, bool], Any]


def swap_agents(statement: JsonObject, swap: Swap, *, direct: bool = True) -> None:
    """Puts `swap(value, direct)` in place of every agent and group of a statement.

    `direct` are actor and object of the statement itself, which the plain `agent` filter looks at. What was swapped
    for something that is no statement stands in the same places, so that the way back is the same.
    """
    statement["actor"] = swap(statement["actor"], direct)
    thing = statement["object"]
    kind = thing.get("objectType", "Activity") if type(thing) is dict and GROUP not in thing else "Group"
    if kind == "SubStatement":
        swap_agents(thing, swap, direct=False)
    elif kind in ("Agent", "Group"):
        statement["object"] = swap(thing, direct)
    if (context := statement.get("context")) is not None:
        _swap_in_context(context, swap)


def _swap_in_context(context: JsonObject, swap: Swap) -> None:
    for name in ("instructor", "team"):
        if name in context:
            context[name] = swap(context[name], False)
    for lists, name in (("contextAgents", "agent"), ("contextGroups", "group")):
        for entry in context.get(lists, ()):
            entry[name] = swap(entry[name], False)


# An identified group with members, once its own facts are swapped for a number: {GROUP: number, "member": […]}.
GROUP = "~"


def hide(value: JsonObject, face_of: Callable[[JsonObject], int]) -> Any:
    """An agent becomes the number of its face; a group keeps its shape around those of its members."""
    if "member" not in value:
        return face_of(value)
    members = [face_of(member) for member in value["member"]]
    if identifier(value) is None:
        return value | {"member": members}
    return {GROUP: face_of({k: v for k, v in value.items() if k != "member"}), "member": members}


def show(value: Any, agent_of: Callable[[int], JsonObject]) -> JsonObject:
    """The way back from `hide`."""
    if type(value) is int:
        return agent_of(value)
    members = [agent_of(member) for member in value["member"]]
    rest = agent_of(value[GROUP]) if GROUP in value else value
    return rest | {"member": members}


def faces(value: Any) -> list[int]:
    """The numbers in what `hide` made."""
    if type(value) is int:
        return [value]
    return [value[GROUP], *value["member"]] if GROUP in value else value["member"]
