"""Bodies are read before a request is dealt with, by some of the threads: who sends slowly holds up no page."""

import threading
from collections.abc import Callable, Iterable
from tempfile import SpooledTemporaryFile
from typing import Any

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
# Threads of a web process, started as they are needed; so many of them may wait for bodies at one time.
THREADS, READERS = 12, 9
# Seconds for which one more waits: in a rush bodies are read in no time, from slow senders never.
PATIENCE = 0.3
LARGEST = 256 * 2**20
# Learning software sends recordings with what was learned.
LARGEST_IN_RECORDS = 2**30
BUSY = ("503 Service Unavailable", [("Retry-After", "5"), ("Content-Length", "0")])
TOO_LARGE = ("413 Content Too Large", [("Content-Length", "0")])


def read_first(application: Application) -> Application:
    readers = threading.Semaphore(READERS)

    def reading(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if not length:
            return application(environ, start)
        if length > (LARGEST_IN_RECORDS if environ.get("PATH_INFO", "").startswith("/xapi/") else LARGEST):
            start(*TOO_LARGE)
            return []
        if not readers.acquire(timeout=PATIENCE):
            start(*BUSY)
            return []
        try:
            environ["wsgi.input"] = received(environ["wsgi.input"], length)
        finally:
            readers.release()
        return application(environ, start)

    return reading


def received(source: Any, length: int) -> SpooledTemporaryFile[bytes]:
    """In memory up to a megabyte, on disk beyond."""
    body = SpooledTemporaryFile(max_size=2**20)
    while length > 0 and (part := source.read(min(length, 2**16))):
        body.write(part)
        length -= len(part)
    body.seek(0)
    return body
