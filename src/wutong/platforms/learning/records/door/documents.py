"""State and profiles: documents that learning software keeps beside the statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from email.utils import formatdate

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from wutong.platforms.learning.records import rules
from wutong.platforms.learning.records.door.call import Call
from wutong.platforms.learning.records.door.credentials import Caller
from wutong.platforms.learning.records.door.resources import json, named_agent
from wutong.platforms.learning.records.models import Scope
from wutong.platforms.learning.records.store import people
from wutong.platforms.learning.records.store.documents import (
    Document,
    Kind,
    Shelf,
    change,
    get,
    names,
    now,
    remove_all,
    require_match,
)
from wutong.platforms.learning.records.store.rendering import stamp
from wutong.platforms.learning.records.store.terms import ACTIVITY, term
from wutong.platforms.learning.records.xapi.instants import parsed
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.strict import encode, parse

MOST = 32 * 2**20


@dataclass(frozen=True)
class Resource:
    """`name` is the parameter that names one document; `guarded` refuses to overwrite blindly under 1.0.3."""

    kind: Kind
    name: str
    sides: tuple[str, ...]
    scopes: frozenset[str]
    guarded: bool = True

    def shelf(self, call: Call, caller: Caller, *more: str) -> Shelf:
        call.only(self.name, *self.sides, *more)
        found = Shelf(caller.tenant, self.kind)
        if "activityId" in self.sides:
            call.need("activityId")
            found = replace(found, activity=term(ACTIVITY, caller.tenant, call.iri("activityId") or ""))
        if "agent" in self.sides:
            agent = named_agent(call)
            number = people.find(caller.tenant, agent)
            if not number and call.method in ("PUT", "POST"):
                number = next(iter(people.faces_of(caller.tenant, {encode(agent): agent}).values())).agent
            found = replace(found, agent=number or -1)
        if "registration" in self.sides:
            found = replace(found, registration=call.uuid("registration"))
        return found

    def methods(self) -> dict[str, Callable[[Call, Caller], HttpResponseBase]]:
        return {"GET": self.get, "PUT": self.put, "POST": self.post, "DELETE": self.delete}

    def get(self, call: Call, caller: Caller) -> HttpResponse:
        caller.require(self.scopes | {Scope.ALL_READ})
        shelf, since = self.shelf(call, caller, "since"), call.instant("since")
        if self.name not in call.params:
            return _listed(shelf, since)
        document = get(shelf, call.params[self.name])
        if document is None:
            raise Refused("there is no such document", status=404)
        response = HttpResponse(document.body, content_type=document.type)
        response["ETag"] = document.etag
        response["Last-Modified"] = formatdate(document.updated / 1e6, usegmt=True)
        return response

    def put(self, call: Call, caller: Caller) -> HttpResponse:
        name, shelf = call.need(self.name), self._to_write(call, caller)
        given = Document(call.body(MOST), _type(call), now())

        def decide(there: Document | None) -> Document:
            self._require_care(call, there)
            return given

        change(shelf, name, decide)
        return HttpResponse(status=204)

    def post(self, call: Call, caller: Caller) -> HttpResponse:
        name, shelf = call.need(self.name), self._to_write(call, caller)
        given = Document(call.body(MOST), _type(call), now())

        def decide(there: Document | None) -> Document:
            require_match(there, call.header("If-Match"), call.header("If-None-Match"))
            return merged(there, given)

        change(shelf, name, decide)
        return HttpResponse(status=204)

    def delete(self, call: Call, caller: Caller) -> HttpResponse:
        shelf = self._to_write(call, caller)
        if self.name not in call.params and self.kind == Kind.STATE:
            remove_all(shelf)
            return HttpResponse(status=204)

        def decide(there: Document | None) -> None:
            require_match(there, call.header("If-Match"), call.header("If-None-Match"))

        change(shelf, call.need(self.name), decide)
        return HttpResponse(status=204)

    def _to_write(self, call: Call, caller: Caller) -> Shelf:
        caller.require(self.scopes)
        return self.shelf(call, caller)

    def _require_care(self, call: Call, there: Document | None) -> None:
        """1.0.3 part 3, 3.1; IEEE 9274.1.1, 4.1.4: they differ about what is not there yet, and about state."""
        if_match, if_none_match = call.header("If-Match"), call.header("If-None-Match")
        require_match(there, if_match, if_none_match)
        if if_match or if_none_match or (call.major == 1 and not self.guarded):
            return
        if there is not None:
            raise Refused(
                "there is such a document already: read it, then send its ETag as If-Match", status=409
            )
        if call.major == 1:
            raise Refused("If-Match or If-None-Match is missing")


def _listed(shelf: Shelf, since: str | None) -> HttpResponse:
    found = names(shelf, stamp(parsed(since)) if since else None)
    response = json([name for name, _updated in found])
    latest = max((updated for _name, updated in found), default=None)
    if latest is not None:
        response["Last-Modified"] = formatdate(latest / 1e6, usegmt=True)
    return response


def _type(call: Call) -> str:
    return call.header("Content-Type") or "application/octet-stream"


def merged(there: Document | None, given: Document) -> Document:
    """POST adds to what is there: both must be JSON objects, the properties of the new one win."""
    if not _is_json(given):
        if there is not None:
            raise Refused("only a JSON object can be merged into a document")
        return given
    new = _object(given)
    if there is None:
        return given
    if not _is_json(there):
        raise Refused("the document that is there is not JSON: nothing can be merged into it")
    return replace(given, body=encode(_object(there) | new), type="application/json")


def _is_json(document: Document) -> bool:
    return document.type.partition(";")[0].strip().lower() == "application/json"


def _object(document: Document) -> dict[str, object]:
    value = parse(document.body)
    if type(value) is not dict:
        raise Refused("a document that is merged must be a JSON object")
    return value


STATE = Resource(
    Kind.STATE, "stateId", ("activityId", "agent", "registration"), rules.STATE, guarded=False
).methods()
ACTIVITY_PROFILE = Resource(Kind.ACTIVITY_PROFILE, "profileId", ("activityId",), rules.PROFILE).methods()
AGENT_PROFILE = Resource(Kind.AGENT_PROFILE, "profileId", ("agent",), rules.PROFILE).methods()
