"""The small resources: about, activities, agents."""

from __future__ import annotations

from django.http import HttpResponse

from wutong.platforms.learning.records import rules
from wutong.platforms.learning.records.door.call import Call
from wutong.platforms.learning.records.door.credentials import Caller
from wutong.platforms.learning.records.store import people, rendering
from wutong.platforms.learning.records.xapi import agents
from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.strict import encode, parse

VERSIONS = ["1.0.0", "1.0.1", "1.0.2", "1.0.3", "2.0.0"]


def json(value: object, status: int = 200) -> HttpResponse:
    return HttpResponse(encode(value), status=status, content_type="application/json")


def about(call: Call) -> HttpResponse:
    """For everybody: who sets up an activity provider looks here first."""
    if call.method not in ("GET", "HEAD"):
        raise Refused(f"{call.method[:20]} is not a method of this resource", status=405)
    response = json({"version": VERSIONS, "extensions": {}})
    return HttpResponse(b"", headers=dict(response.headers)) if call.method == "HEAD" else response


def activity(call: Call, caller: Caller) -> HttpResponse:
    caller.require(rules.READS | rules.STATE | rules.PROFILE)
    call.only("activityId")
    call.need("activityId")
    return json(rendering.activity(caller.tenant, call.iri("activityId") or ""))


def agent(call: Call, caller: Caller) -> HttpResponse:
    caller.require(rules.READS | rules.STATE | rules.PROFILE)
    call.only("agent")
    return json(people.person_object(caller.tenant, named_agent(call, agents.agent)))


def named_agent(call: Call, check: agents.atoms.Check = agents.agent_or_group) -> JsonObject:
    """The `agent` parameter: somebody who can be told from others."""
    found = parse(call.need("agent").encode())
    try:
        check(found)
    except Refused as refused:
        refused.inside("agent")
        raise
    if agents.identifier(found) is None:
        raise Refused("must have one of the identifiers").inside("agent")
    return found
