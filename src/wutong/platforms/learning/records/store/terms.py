"""Under which terms a statement is found: 64-bit digests, the same in every index and for ever."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from wutong.platforms.learning.records.xapi.agents import JsonObject, faces, swap_agents

ACTOR, AGENT, RELATED_AGENT = "actor", "agent", "agents"
VERB, ACTIVITY, RELATED_ACTIVITY, REGISTRATION = "verb", "activity", "activities", "registration"


@lru_cache(maxsize=65_536)
def term(kind: str, tenant: int, value: str | int) -> int:
    text = f"{kind}\n{tenant}\n{value}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big", signed=True)


@dataclass(slots=True)
class Index:
    """Where a statement stands in the indexes. `related` are terms beside the columns, `target` whom it refers to."""

    actor: int
    verb: int
    activity: int | None
    registration: bytes | None
    related: set[int]
    target: bytes | None

    def all(self, tenant: int) -> set[int]:
        """Every term, for statements that refer to this one."""
        found = self.related | {self.verb, term(ACTOR, tenant, self.actor)}
        if self.activity is not None:
            found.add(self.activity)
        if self.registration is not None:
            found.add(term(REGISTRATION, tenant, self.registration.hex()))
        return found


def index_of(tenant: int, body: JsonObject, agents: Mapping[int, int]) -> Index:
    """`body` has the numbers of faces where agents stood; `agents` leads from them to the agents."""
    context, thing = body.get("context") or {}, body["object"]
    related = {term(RELATED_ACTIVITY, tenant, iri) for iri in related_activities(body)}
    actor, kind = _people(tenant, body, agents, related), object_type(thing)
    registration = context.get("registration")
    return Index(
        actor=actor,
        verb=term(VERB, tenant, body["verb"]["id"]),
        activity=term(ACTIVITY, tenant, thing["id"]) if kind == "Activity" else None,
        registration=bytes.fromhex(registration.replace("-", "")) if registration else None,
        related=related,
        target=bytes.fromhex(thing["id"].replace("-", "")) if kind == "StatementRef" else None,
    )


def _people(tenant: int, body: JsonObject, agents: Mapping[int, int], related: set[int]) -> int:
    """Adds everybody's terms but the actor's, whose number is returned: 0 for an anonymous group."""
    value = body["actor"]
    actor = agents[faces(value)[0]] if type(value) is int or "~" in value else 0

    def note(value: Any, direct: bool) -> Any:
        for face in faces(value):
            if agents[face] != actor or not direct:
                related.add(term(AGENT if direct else RELATED_AGENT, tenant, agents[face]))
        return value

    swap_agents(body, note)
    return actor


def object_type(thing: Any) -> str:
    return thing.get("objectType", "Activity") if type(thing) is dict and "~" not in thing else "Agent"


def activities(body: JsonObject) -> Iterator[JsonObject]:
    """Every activity that a statement speaks of, its object first."""
    if (kind := object_type(body["object"])) == "Activity":
        yield body["object"]
    elif kind == "SubStatement":
        yield from activities(body["object"])
    grouped = (body.get("context") or {}).get("contextActivities")
    for several in (grouped or {}).values():
        yield from several


def related_activities(body: JsonObject) -> Iterator[str]:
    own = object_type(body["object"]) == "Activity"
    for place, activity in enumerate(activities(body)):
        if place or not own:
            yield activity["id"]
