"""Statements as they come, for boards and dashboards: server-sent events (HTML Living Standard, 9.2).

A stream takes one thread of its web process, so there are few, and each ends before long: a browser begins the next by
itself, with the number of the last event it got, and misses nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from wutong.platforms.learning.records import rules
from wutong.platforms.learning.records.door.call import Call
from wutong.platforms.learning.records.door.credentials import Caller
from wutong.platforms.learning.records.store import people, reading, rendering, usage
from wutong.platforms.learning.records.store.reading import Question
from wutong.platforms.learning.records.xapi.formats import plainer
from wutong.platforms.learning.records.xapi.refusal import Refused
from wutong.platforms.learning.records.xapi.strict import encode

AT_ONCE = 3
LIFE, PAUSE, SILENCE = 25.0, 1.0, 10.0  # seconds
MOST = 100
PLACES = threading.BoundedSemaphore(AT_ONCE)


def stream(call: Call, caller: Caller) -> HttpResponseBase:
    """From now on, or from `Last-Event-ID` on; `verb` and `activity` narrow it."""
    caller.require(rules.READS)
    call.only("verb", "activity", "related_activities")
    question = Question(
        tenant=caller.tenant,
        limit=MOST,
        verb=call.iri("verb"),
        activity=call.iri("activity"),
        related_activities=call.flag("related_activities"),
        after=_last(call),
        ascending=True,
    )
    if not PLACES.acquire(blocking=False):
        raise Refused("all streams are taken; try again in a while", status=503)
    events = _Events(question, people.known(caller.tenant, caller.own), call.major)
    response = StreamingHttpResponse(events, content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return response


def _last(call: Call) -> int:
    given = call.header("Last-Event-ID")
    if not given:
        return time.time_ns() // 1000
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise Refused("is not the id of an event of this store").inside("Last-Event-ID")
    return int(given)


class _Events:
    """Gives its place back when the response is closed, however the stream ended."""

    def __init__(self, question: Question, reader: int, major: int) -> None:
        self.question, self.reader, self.major = question, reader, major
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        began = said = time.monotonic()
        yield b"retry: 1000\n\n"
        while time.monotonic() - began < LIFE:
            if events := self._next():
                said = time.monotonic()
                yield events
                continue
            if time.monotonic() - said >= SILENCE:
                said = time.monotonic()
                yield b": here\n\n"
            time.sleep(PAUSE)

    def _next(self) -> bytes:
        found = reading.find(self.question)[:MOST]
        if not found:
            return b""
        usage.saw(self.reader, [row[3] for row in found])
        self.question = replace(self.question, after=found[-1][0])
        shown = rendering.statements(found)
        told = [plainer(each) for each in shown] if self.major == 1 else shown
        return b"".join(
            b"id: %d\ndata: %b\n\n" % (row[0], encode(each)) for row, each in zip(found, told, strict=True)
        )

    def close(self) -> None:
        if self._open:
            self._open = False
            PLACES.release()
