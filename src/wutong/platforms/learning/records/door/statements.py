"""The statement resource: put, post, one, many."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterable, Iterator
from email.utils import formatdate
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from wutong.platforms.learning.records import rules
from wutong.platforms.learning.records.door.arriving import Arrived, arrived
from wutong.platforms.learning.records.door.call import Call
from wutong.platforms.learning.records.door.credentials import Caller
from wutong.platforms.learning.records.door.multipart import written
from wutong.platforms.learning.records.door.resources import json, named_agent
from wutong.platforms.learning.records.store import attachments, people, reading, rendering, usage
from wutong.platforms.learning.records.store.database import Row
from wutong.platforms.learning.records.store.preparing import Batch, from_uuid, prepare
from wutong.platforms.learning.records.store.reading import Question
from wutong.platforms.learning.records.store.writing import append
from wutong.platforms.learning.records.xapi import formats
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.instants import parsed
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.strict import encode, parse

MOST_RETURNED = 500
ALWAYS = ("format", "attachments")
FILTERS = (
    "agent", "verb", "activity", "registration", "related_activities", "related_agents", "since", "until", "limit",
    "ascending",
)  # fmt: skip


def post(call: Call, caller: Caller) -> HttpResponse:
    caller.require(rules.WRITES)
    call.only()
    with arrived(call) as given:
        return json(kept(given, caller).ids)


def put(call: Call, caller: Caller) -> HttpResponse:
    caller.require(rules.WRITES)
    call.only("statementId")
    call.need("statementId")
    wanted = call.uuid("statementId") or b""
    with arrived(call) as given:
        several = given.statements()
        if len(several) != 1 or given.raw.lstrip()[:1] == b"[":
            raise Refused("PUT takes one statement")
        if from_uuid(several[0].get("id", wanted.hex())) != wanted:
            raise Refused("the statement's id is not that of the parameter statementId")
        kept(given, caller, id=wanted)
    return HttpResponse(status=204)


def kept(given: Arrived, caller: Caller, *, id: bytes | None = None) -> Batch:
    """The files first, for a statement speaks of them."""
    given.require(caller.profiles)
    attachments.keep(caller.tenant, given.brought.values())

    def make() -> Batch:
        read = given.taken()
        brought = [
            (place, bytes.fromhex(each["sha2"]), each["contentType"].encode())
            for place, one in enumerate(read)
            for each in one.get("attachments", ())
            if each["sha2"].lower() in given.brought
        ]
        if id is not None:
            read[0]["id"] = id.hex()
        defines = bool(caller.scopes & rules.DEFINES)
        batch = prepare(caller.tenant, caller.authority, read, major=given.major, defines=defines)
        batch.brought = brought
        return batch

    return append(make)


def get(call: Call, caller: Caller) -> HttpResponseBase:
    caller.require(rules.READS_MINE)
    mine = None if caller.scopes & rules.READS else people.find(caller.tenant, caller.own)
    if "more" in call.params:
        call.only("more")
        call.params = _continued(call.params["more"])
    if "statementId" in call.params or "voidedStatementId" in call.params:
        return _one(call, caller, mine)
    return _many(call, caller, mine)


def _one(call: Call, caller: Caller, mine: int | None) -> HttpResponseBase:
    call.only("statementId", "voidedStatementId", *ALWAYS)
    if "statementId" in call.params and "voidedStatementId" in call.params:
        raise Refused("either statementId or voidedStatementId")
    voided = "voidedStatementId" in call.params
    id = call.uuid("voidedStatementId" if voided else "statementId") or b""
    _format(call)
    found = reading.one(caller.tenant, id, voided=voided, authority=mine)
    if found is None:
        raise Refused("there is no such statement", status=404)
    usage.saw(people.known(caller.tenant, caller.own), [found[3]])
    shown = _formed(call, caller, [found])
    response = _response(call, caller, shown[0], shown)
    response["Last-Modified"] = formatdate(found[0] / 1e6, usegmt=True)
    return response


def _many(call: Call, caller: Caller, mine: int | None) -> HttpResponseBase:
    call.only(*FILTERS, *ALWAYS, "after")
    question = _question(call, caller, mine)
    _format(call)
    if question.agent is not None:
        usage.saw(people.known(caller.tenant, caller.own), [question.agent])
    found = reading.find(question) if question.agent != 0 else []
    page = found[: question.limit]
    more = _more(call, page[-1][0]) if len(found) > question.limit else ""
    shown = _formed(call, caller, page)
    response = _response(call, caller, {"statements": shown, "more": more}, shown)
    if page:
        response["Last-Modified"] = formatdate(max(stored for stored, *_ in page) / 1e6, usegmt=True)
    return response


def _question(call: Call, caller: Caller, mine: int | None) -> Question:
    since, until = call.instant("since"), call.instant("until")
    return Question(
        tenant=caller.tenant,
        limit=_limit(call),
        agent=people.find(caller.tenant, named_agent(call)) if "agent" in call.params else None,
        related_agents=call.flag("related_agents"),
        verb=call.iri("verb"),
        activity=call.iri("activity"),
        related_activities=call.flag("related_activities"),
        registration=call.uuid("registration"),
        authority=mine,
        since=rendering.stamp(parsed(since)) if since else None,
        until=rendering.stamp(parsed(until)) if until else None,
        after=_after(call),
        ascending=call.flag("ascending"),
    )


def _limit(call: Call) -> int:
    given = call.params.get("limit", "0")
    if not (given.isascii() and given.isdigit()):
        raise Refused("must be a whole number").inside("limit")
    return min(int(given[:9]) or MOST_RETURNED, MOST_RETURNED)


def _after(call: Call) -> int | None:
    given = call.params.get("after")
    if given is not None and not (given.isascii() and given.isdigit() and len(given) < 19):
        raise Refused("is not from an answer of this store").inside("after")
    return int(given) if given is not None else None


def _format(call: Call) -> str:
    found = call.params.get("format", "exact")
    if found not in ("exact", "ids", "canonical"):
        raise Refused("must be exact, ids or canonical").inside("format")
    call.flag("attachments")
    return found


def _more(call: Call, last: int) -> str:
    """The question itself and where the page ended: no state is kept, and nothing that comes in moves the rest."""
    rest = call.params | {"after": str(last)}
    token = base64.urlsafe_b64encode(encode(rest)).decode().rstrip("=")
    return f"/xapi/{call.base}/statements?more={token}"


def _continued(token: str) -> dict[str, str]:
    try:
        found = parse(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        found = None
    if type(found) is not dict or not all(type(value) is str for value in found.values()):
        raise Refused("is not from an answer of this store").inside("more")
    return found


def _formed(call: Call, caller: Caller, found: list[Row]) -> list[JsonObject]:
    shown = rendering.statements(found)
    if call.major == 1:
        shown = [formats.plainer(each) for each in shown]
    match _format(call):
        case "ids":
            return [formats.ids(each) for each in shown]
        case "canonical":
            wanted = formats.languages(call.header("Accept-Language"))
            iris = {iri for each in shown for iri in formats.activity_ids(each)}
            known = rendering.canonical_activities(caller.tenant, iris)
            return [formats.canonical(each, known, wanted) for each in shown]
    return shown


def _response(call: Call, caller: Caller, body: Any, shown: list[JsonObject]) -> HttpResponseBase:
    if not call.flag("attachments"):
        return json(body)
    kind, parts = with_files(caller.tenant, encode(body), shown)
    return StreamingHttpResponse(parts, content_type=kind)


def with_files(tenant: int, body: bytes, said: Iterable[JsonObject]) -> tuple[str, Iterator[bytes]]:
    """Content type and pieces of a multipart body: statements as JSON, then the files of theirs that are here."""
    boundary = f"wutong-{os.urandom(12).hex()}"
    sums = {each["sha2"] for one in said for each in one.get("attachments", ())}
    pieces = written(_parts(body, attachments.of(tenant, sums)), boundary)
    return f'multipart/mixed; boundary="{boundary}"', pieces


def _parts(
    body: bytes, files: Iterable[attachments.Kept]
) -> Iterator[tuple[dict[str, str], Iterable[bytes]]]:
    yield {"Content-Type": "application/json"}, [body]
    for kept in files:
        headers = {
            "Content-Type": kept.type,
            "Content-Transfer-Encoding": "binary",
            "X-Experience-API-Hash": kept.sha2,
        }
        yield headers, attachments.pieces(kept.path)
