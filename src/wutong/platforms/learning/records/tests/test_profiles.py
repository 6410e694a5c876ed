"""A key may be held to a profile: what does not keep to it is refused with the place, what does is taken."""

from copy import deepcopy
from typing import Any

import pytest
from django.test import Client

from wutong.kernel.policy import SYSTEM
from wutong.platforms.learning.records.actions import create_key, new_secret
from wutong.platforms.learning.records.models import Key
from wutong.platforms.learning.records.tests.lrs import Lrs, new_id, statement, text
from wutong.platforms.learning.records.xapi.profiles import (
    ADL,
    CMI5,
    CMI5_EXTENSION,
    MOVE_ON,
    VIDEO,
    VIDEO_EXTENSION,
    VIDEO_TYPE,
    W3ID,
)

pytestmark = pytest.mark.django_db(databases="__all__")
SESSION = f"{CMI5_EXTENSION}sessionid"


def held_to(town: Any, *profiles: str) -> Lrs:
    secret = new_secret()
    made = create_key(
        SYSTEM, town.place("city"), name="课件", scopes=["all"], secret=secret, profiles=profiles
    )
    return Lrs(made.username, secret)


def cmi5(verb: str = "passed", **result: Any) -> dict[str, Any]:
    moves = verb in ("passed", "failed", "completed", "waived")
    categories = [{"id": CMI5}, *([{"id": MOVE_ON}] if moves else [])]
    place = f"{W3ID}adl/verbs/" if verb in ("abandoned", "waived", "satisfied") else ADL
    return statement(
        id=new_id(), verb=f"{place}{verb}", timestamp="2026-11-26T08:00:00Z", result=result,
        context={"registration": new_id(), "contextActivities": {"category": categories}, "extensions": {SESSION: "1"}},
    )  # fmt: skip


def video(verb: str = "paused", **told: Any) -> dict[str, Any]:
    extensions = {f"{VIDEO_EXTENSION}{name.replace('_', '-')}": value for name, value in told.items()}
    return statement(
        verb=f"{W3ID}video/verbs/{verb}",
        object={"id": "https://school.example/film", "definition": {"type": VIDEO_TYPE}},
        result={"extensions": extensions},
        context={
            "contextActivities": {"category": [{"id": VIDEO}]},
            "extensions": {f"{VIDEO_EXTENSION}session-id": "1"},
        },
    )


PASSED = cmi5(success=True, duration="PT2M", score={"scaled": 0.9, "raw": 9, "min": 0, "max": 10})
PAUSED = video(time=12.5, progress=0.5, played_segments="0[.]12.5")
GOOD = [
    PASSED,
    cmi5("failed", success=False, duration="PT2M"),
    cmi5("completed", completion=True, duration="PT2M"),
    cmi5("waived", success=True, completion=True),
    cmi5("initialized"),
    cmi5("satisfied"),
    cmi5("terminated", duration="PT3M"),
    cmi5("abandoned", duration="PT3M"),
    PAUSED,
    video("seeked", time_from=1, time_to=9),
]


def without(whole: dict[str, Any], *path: str) -> dict[str, Any]:
    changed = deepcopy(whole)
    part = changed
    for name in path[:-1]:
        part = part[name]
    del part[path[-1]]
    return changed


def with_(whole: dict[str, Any], value: Any, *path: str) -> dict[str, Any]:
    changed = deepcopy(whole)
    part = changed
    for name in path[:-1]:
        part = part.setdefault(name, {})
    part[path[-1]] = value
    return changed


def test_what_keeps_to_its_profile_is_taken(small_town: Any):
    assert held_to(small_town, "cmi5").send("POST", "statements", GOOD[:8]).status_code == 200
    assert (
        held_to(small_town, "video").send("POST", "statements", [*GOOD[8:], statement()]).status_code == 200
    )


MISSING = [
    (without(PASSED, "context", "registration"), "context.registration: is missing"),
    (without(PASSED, "context", "extensions", SESSION), f"context.extensions.{SESSION}: is missing"),
    (without(PASSED, "timestamp"), "timestamp: is missing"),
    (without(PASSED, "id"), "id: is missing"),
    (without(PASSED, "result", "duration"), "result.duration: is missing"),
    (without(PASSED, "result", "score", "max"), "result.score.max: is missing"),
    (with_(PASSED, False, "result", "success"), "result.success: must be true"),
    (without(PASSED, "result", "success"), "result.success: must be true"),
    (with_(PASSED, True, "result", "completion"), "result.completion: does not stand in passed"),
    (with_(cmi5("initialized"), {"scaled": 1}, "result", "score"), "result.score: does not stand in initialized"),
    (with_(PASSED, "https://school.example/verbs/seen", "verb", "id"), "verb.id: is none of the verbs that cmi5 defines"),
    (with_(PASSED, [{"id": CMI5}], "context", "contextActivities", "category"), f"the category {MOVE_ON} must be named"),
    (cmi5("launched"), f"{CMI5_EXTENSION}launchmode: is missing"),
    (with_(PASSED, {"mbox": "mailto:li@school.example"}, "actor"), "actor.account: is missing"),
    (statement(), "context.registration: is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "sentence"), MISSING, ids=range(len(MISSING)))
def test_what_cmi5_misses_is_said_and_nothing_is_kept(small_town: Any, sent: dict[str, Any], sentence: str):
    lrs = held_to(small_town, "cmi5")
    answer = lrs.send("POST", "statements", [cmi5("initialized"), sent])
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("[1]")
    assert sentence in answer.json()["detail"].replace("[1].", "")
    assert lrs.found() == []


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (without(PAUSED, "result", "extensions", f"{VIDEO_EXTENSION}progress"), f"{VIDEO_EXTENSION}progress: is missing"),
        (without(PAUSED, "context", "extensions", f"{VIDEO_EXTENSION}session-id"), "session-id: is missing"),
        (with_(PAUSED, "https://school.example/a", "object", "definition", "type"), f"must be {VIDEO_TYPE}"),
        (with_(PAUSED, f"{ADL}passed", "verb", "id"), "is none of the verbs of the video profile"),
    ],
    ids=range(4),
)  # fmt: skip
def test_what_a_video_misses(small_town: Any, sent: dict[str, Any], sentence: str):
    answer = held_to(small_town, "video").send("POST", "statements", sent)
    assert (answer.status_code, sentence in answer.json()["detail"]) == (400, True), text(answer)


def test_other_keys_are_held_to_nothing(lrs: Lrs):
    assert lrs.send("POST", "statements", without(PASSED, "context", "registration")).status_code == 200


def test_by_the_page(small_town: Any):
    client = Client()
    client.force_login(small_town.account("clerk"))
    values = {
        "name": "课件",
        "organisation": small_town.place("gaoan").pk,
        "scopes": ["all"],
        "profiles": ["cmi5"],
    }
    assert client.post("/records/keys/new/", {**values, "profiles": ["other"]}).status_code == 422
    client.post("/records/keys/new/", values)
    made = Key.objects.unscoped("looked at by a test").get()
    assert made.profiles == ["cmi5"]
    assert "cmi5 课件" in client.get(f"/records/keys/{made.pk}/").content.decode()
