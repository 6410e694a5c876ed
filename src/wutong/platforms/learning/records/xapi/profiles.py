"""What a profile asks of a statement beyond xAPI, for keys that shall bring only such statements. Pure.

cmi5 Quartz (specification 1.0, 9.1 to 9.7) and the video profile 1.0. Statements say by a category of their context
that they are of a profile; a session of cmi5 may bring others too, but none without its session (9.6.1, 9.6.3.1).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from wutong.platforms.learning.records.xapi.agents import JsonObject
from wutong.platforms.learning.records.xapi.refusal import Refused

CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon"
CMI5_EXTENSION = "https://w3id.org/xapi/cmi5/context/extensions/"
VIDEO = "https://w3id.org/xapi/video"
VIDEO_TYPE = "https://w3id.org/xapi/video/activity-type/video"
VIDEO_EXTENSION = "https://w3id.org/xapi/video/extensions/"
ADL, W3ID = "http://adlnet.gov/expapi/verbs/", "https://w3id.org/xapi/"

CMI5_VERBS = {
    f"{ADL}launched": "launched", f"{ADL}initialized": "initialized", f"{ADL}completed": "completed",
    f"{ADL}passed": "passed", f"{ADL}failed": "failed", f"{W3ID}adl/verbs/abandoned": "abandoned",
    f"{W3ID}adl/verbs/waived": "waived", f"{ADL}terminated": "terminated", f"{W3ID}adl/verbs/satisfied": "satisfied",
}  # fmt: skip
SUCCESS = {"passed": True, "failed": False, "waived": True}
COMPLETION = {"completed": True, "waived": True}
TIMED = frozenset({"completed", "passed", "failed", "abandoned", "terminated"})
SCORED = frozenset({"passed", "failed"})
OF_A_LAUNCH = ("launchmode", "launchurl", "moveon", "launchparameters")

VIDEO_VERBS = {
    f"{ADL}initialized": "initialized", f"{W3ID}video/verbs/played": "played", f"{W3ID}video/verbs/paused": "paused",
    f"{W3ID}video/verbs/seeked": "seeked", f"{ADL}completed": "completed", f"{ADL}terminated": "terminated",
    f"{ADL}interacted": "interacted",
}  # fmt: skip
# What the result of each tells, by its extensions.
TOLD = {
    "played": ("time",), "paused": ("time", "progress", "played-segments"), "seeked": ("time-from", "time-to"),
    "completed": ("time", "progress", "played-segments"), "terminated": ("time", "progress", "played-segments"),
    "interacted": ("time",), "initialized": (),
}  # fmt: skip


def check(statement: JsonObject, profiles: Collection[str]) -> None:
    """Raises `Refused` with the path to what a profile misses. The statement is one of xAPI already."""
    for name in sorted(profiles):
        CHECKS[name](statement)


def _cmi5(statement: JsonObject) -> None:
    context = _part(statement, "context")
    _need(context, "registration", "context")
    _extension(context, f"{CMI5_EXTENSION}sessionid", "context")
    if CMI5 not in _categories(context):
        return
    verb = CMI5_VERBS.get(statement["verb"]["id"])
    if verb is None:
        raise Refused("is none of the verbs that cmi5 defines").inside("id").inside("verb")
    _need(statement, "id")
    _need(statement, "timestamp")
    _need(statement["actor"], "account", "actor")
    if statement["object"].get("objectType", "Activity") != "Activity":
        raise Refused("must be an activity").inside("object")
    _result(verb, _part(statement, "result"))
    if (verb in SUCCESS or verb in COMPLETION) != (MOVE_ON in _categories(context)):
        said = "must be named" if verb in SUCCESS or verb in COMPLETION else "must not be named"
        raise (
            Refused(f"the category {MOVE_ON} {said}")
            .inside("category")
            .inside("contextActivities")
            .inside("context")
        )
    for name in OF_A_LAUNCH if verb == "launched" else ():
        _extension(context, f"{CMI5_EXTENSION}{name}", "context")


def _result(verb: str, result: JsonObject) -> None:
    for name, wanted in (("success", SUCCESS), ("completion", COMPLETION)):
        if result.get(name) != wanted.get(verb):
            said = f"must be {str(wanted[verb]).lower()}" if verb in wanted else f"does not stand in {verb}"
            raise Refused(said).inside(name).inside("result")
    if verb in TIMED:
        _need(result, "duration", "result")
    score = result.get("score")
    if score is not None and verb not in SCORED:
        raise Refused(f"does not stand in {verb}").inside("score").inside("result")
    if score is not None and "raw" in score:
        for name in ("min", "max"):
            _need(score, name, "score", "result")


def _video(statement: JsonObject) -> None:
    context = _part(statement, "context")
    if VIDEO not in _categories(context):
        return
    verb = VIDEO_VERBS.get(statement["verb"]["id"])
    if verb is None:
        raise Refused("is none of the verbs of the video profile").inside("id").inside("verb")
    if statement["object"].get("definition", {}).get("type") != VIDEO_TYPE:
        raise Refused(f"must be {VIDEO_TYPE}").inside("type").inside("definition").inside("object")
    _extension(context, f"{VIDEO_EXTENSION}session-id", "context")
    if verb == "initialized":
        _extension(context, f"{VIDEO_EXTENSION}length", "context")
    for name in TOLD[verb]:
        _extension(_part(statement, "result"), f"{VIDEO_EXTENSION}{name}", "result")


def _part(whole: JsonObject, name: str) -> JsonObject:
    found: JsonObject = whole.get(name, {})
    return found


def _need(whole: JsonObject, name: str, *around: str) -> None:
    if name not in whole:
        fault = Refused("is missing").inside(name)
        for each in around:
            fault.inside(each)
        raise fault


def _extension(whole: JsonObject, iri: str, around: str) -> None:
    _need(whole.get("extensions", {}), iri, "extensions", around)


def _categories(context: JsonObject) -> set[str]:
    """The standard allows one activity in place of a list of one."""
    found: Any = context.get("contextActivities", {}).get("category", [])
    return {each["id"] for each in (found if isinstance(found, list) else [found])}


CHECKS: dict[str, Callable[[JsonObject], None]] = {"cmi5": _cmi5, "video": _video}
