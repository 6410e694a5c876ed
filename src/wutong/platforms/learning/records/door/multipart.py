"""multipart/mixed (RFC 2046): read from the wire in pieces, so that a part may be larger than memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wutong.platforms.learning.records.xapi.refusal import Refused

MOST_HEADERS = 16_384
BOUNDARY = re.compile(r"""boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;,"]{1,70}))""", re.IGNORECASE)


def boundary_of(content_type: str) -> bytes:
    found = BOUNDARY.search(content_type)
    if found is None:
        raise Refused("multipart/mixed without a boundary")
    return (found[1] or found[2]).encode("latin-1", "replace")


@dataclass(slots=True)
class Part:
    """Names of headers in lower case. `pieces` can be read once, and before the next part is asked for."""

    headers: dict[str, str]
    pieces: Iterator[bytes]

    def read(self, most: int) -> bytes:
        whole = bytearray()
        for piece in self.pieces:
            whole += piece
            if len(whole) > most:
                raise Refused(f"the statements are longer than {most} bytes", status=413)
        return bytes(whole)


class Parts:
    """The parts of a body one after the other; raises `Refused` where it is not one."""

    def __init__(self, source: Iterable[bytes], boundary: bytes) -> None:
        self._source = iter(source)
        # A delimiter follows a line's end; the first may stand at the very beginning.
        self._buffer, self._mark = bytearray(b"\r\n"), b"\r\n--" + boundary

    def __iter__(self) -> Iterator[Part]:
        for _before in self._until_mark():
            pass
        while self._another():
            part = Part(self._headers(), self._until_mark())
            yield part
            for _unread in part.pieces:
                pass

    def _fill(self) -> None:
        piece = next(self._source, b"")
        if not piece:
            raise Refused("the multipart body ends before its last boundary")
        self._buffer += piece

    def _until_mark(self) -> Iterator[bytes]:
        """What stands before the next delimiter; as much is held back as could be its beginning."""
        while (place := self._buffer.find(self._mark)) < 0:
            safe = len(self._buffer) - len(self._mark) + 1
            if safe > 0:
                yield bytes(self._buffer[:safe])
                del self._buffer[:safe]
            self._fill()
        if place:
            yield bytes(self._buffer[:place])
        del self._buffer[: place + len(self._mark)]

    def _another(self) -> bool:
        """Whether a part follows the delimiter, or it was the closing one."""
        while len(self._buffer) < 2:
            self._fill()
        if self._buffer.startswith(b"--"):
            return False
        end = self._line_end()
        if self._buffer[:end].strip(b" \t"):
            raise Refused("a boundary of the multipart body is followed by something else")
        del self._buffer[:end]  # the line's end stays: no header at all is an empty line next
        return True

    def _line_end(self) -> int:
        return self._before(b"\r\n", "a line of the multipart body is too long")

    def _before(self, mark: bytes, otherwise: str) -> int:
        """Where the mark stands; it must stand near."""
        while (end := self._buffer.find(mark)) < 0 and len(self._buffer) <= MOST_HEADERS:
            self._fill()
        if not 0 <= end <= MOST_HEADERS:
            raise Refused(otherwise)
        return end

    def _headers(self) -> dict[str, str]:
        end = self._before(b"\r\n\r\n", "the headers of a part are too long")
        text = self._buffer[2:end].decode("latin-1") if end else ""
        del self._buffer[: end + 4]
        found = {}
        for line in text.split("\r\n") if text else ():
            name, colon, value = line.partition(":")
            if not colon or not name.strip():
                raise Refused("a header of a part is not one")
            found[name.strip().lower()] = value.strip()
        return found


def written(parts: Iterable[tuple[dict[str, str], Iterable[bytes]]], boundary: str) -> Iterator[bytes]:
    for headers, pieces in parts:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        yield f"--{boundary}\r\n{lines}\r\n".encode()
        yield from pieces
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
