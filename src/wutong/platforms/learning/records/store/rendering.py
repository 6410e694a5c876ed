"""Rows become statements again: unpacked, people shown, what the store knows put in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from wutong.platforms.learning.records.store import people
from wutong.platforms.learning.records.store.database import Row, marks, rows
from wutong.platforms.learning.records.store.echoes import faces_in
from wutong.platforms.learning.records.store.packing import unpack
from wutong.platforms.learning.records.store.preparing import as_uuid
from wutong.platforms.learning.records.store.terms import ACTIVITY, term
from wutong.platforms.learning.records.xapi.activities import folded
from wutong.platforms.learning.records.xapi.agents import JsonObject, show, swap_agents
from wutong.platforms.learning.records.xapi.strict import parse

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(stored: int) -> str:
    return (EPOCH + timedelta(microseconds=stored)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def stamp(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def statements(found: Sequence[Row]) -> list[JsonObject]:
    """From rows (stored, id, body, actor). Agents are shared between answers: read them, change nothing in them."""
    bodies = [unpack(bytes(body)) for _stored, _id, body, _actor in found]
    shown = people.shown(faces_in(bodies))
    return [
        _whole(body, stored, bytes(id), shown)
        for body, (stored, id, _body, _actor) in zip(bodies, found, strict=True)
    ]


def _whole(body: JsonObject, stored: int, id: bytes, shown: dict[int, JsonObject]) -> JsonObject:
    swap_agents(body, lambda value, _direct: show(value, shown.__getitem__))
    at = moment(stored)
    whole = {"id": as_uuid(id), **body, "stored": at}
    whole["authority"] = show(body["authority"], shown.__getitem__)
    whole.setdefault("timestamp", at)
    return whole


def activity(tenant: int, iri: str) -> JsonObject:
    """What the store knows of an activity: all definitions folded, later words over earlier ones."""
    kept = rows(
        "SELECT body FROM records_definition WHERE activity = %s ORDER BY stored",
        term(ACTIVITY, tenant, iri),
    )
    return _with_definition(iri, [parse(bytes(body)) for (body,) in kept])


def _with_definition(iri: str, definitions: list[JsonObject]) -> JsonObject:
    found: JsonObject = {"objectType": "Activity", "id": iri}
    return found | {"definition": folded(definitions)} if definitions else found


def canonical_activities(tenant: int, iris: set[str]) -> dict[str, JsonObject]:
    by_term = {term(ACTIVITY, tenant, iri): iri for iri in iris}
    said: dict[str, list[JsonObject]] = {iri: [] for iri in iris}
    terms = list(by_term)
    for start in range(0, len(terms), 500):
        part = terms[start : start + 500]
        for activity, body in rows(
            f"SELECT activity, body FROM records_definition WHERE activity IN ({marks(part)}) ORDER BY stored",
            *part,
        ):
            said[by_term[activity]].append(parse(bytes(body)))
    return {iri: _with_definition(iri, definitions) for iri, definitions in said.items()}
