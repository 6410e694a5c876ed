"""Many rows in one request: NDJSON in, NDJSON out, under the rules of the import."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.db import transaction
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from ninja import Router

from wutong.config.api import schemas
from wutong.config.api.answers import as_object, decoded, encoded
from wutong.config.api.caller import needs
from wutong.config.api.errors import Busy, TooLarge
from wutong.config.api.registers import body_of, read, require_all
from wutong.kernel.action import outcomes
from wutong.kernel.audit.request import current_request_id, set_request_id
from wutong.kernel.errors import Invalid, WutongError
from wutong.kernel.policy import Actor
from wutong.kernel.register.importing import BATCH, COUNTS, outcome_of, plain_key
from wutong.kernel.register.pages import opened
from wutong.kernel.register.spec import Doubt, Entry, Register

router = Router(tags=["registers"])
NDJSON = "application/x-ndjson"
LINES, BYTES = 10_000, 50 * 2**20
# A web process has few threads: while one loads a batch, the others are for the pages.
TURN = threading.Semaphore(1)


class _Undo(Exception):
    """Ends a rehearsal: what was done to find out is undone."""


def _described() -> dict[str, Any]:
    options = needs("registers:write")
    body = body_of("RowToMake")
    options["openapi_extra"]["requestBody"] = {
        **body,
        "content": {NDJSON: body["content"]["application/json"]},
    }
    return options


@router.post("/{slug:name}/bulk", summary=_("一次登记或修改多行"), response=schemas.Outcome, **_described())
def bulk(request: HttpRequest, name: str, dry_run: bool = False) -> StreamingHttpResponse:
    """One JSON object a line. Each is taken, found unchanged, or refused with its reasons, as in a sheet: a row that
    is already there is changed. The answer has a line for each, as soon as it is on disk, and the counts at the end.
    Sending the same lines again changes nothing, so an interrupted request is simply sent again. With
    `dry_run=true` nothing is kept."""
    register = opened(request, name)
    register.edit.require(request.actor)
    batch = Batch(request.actor, register, timezone.now())
    with ExitStack() as held:
        lines = held.enter_context(SpooledTemporaryFile(max_size=2**20))
        receive(request, lines)
        if not TURN.acquire(blocking=False):
            raise Busy
        held.callback(TURN.release)
        answers = batch.rehearsed(lines) if dry_run else batch.taken(lines)
        return Stream(answers, held.pop_all())


class Stream(StreamingHttpResponse):
    """Gives back what it holds however it ends: read whole, cut off, or never begun."""

    def __init__(self, answers: Iterator[Any], held: ExitStack) -> None:
        self.held = held
        # The number and the language of the request end before its answer is streamed.
        number, language = current_request_id(), translation.get_language()
        super().__init__(self._lines(answers, number, language), content_type=NDJSON)

    def _lines(self, answers: Iterator[Any], number: str, language: str | None) -> Iterator[bytes]:
        set_request_id(number)
        try:
            with self.held, translation.override(language):
                for each in answers:
                    yield encoded(each) + b"\n"
        finally:
            set_request_id("")

    def close(self) -> None:
        super().close()
        self.held.close()


def receive(request: HttpRequest, file: IO[bytes]) -> None:
    """The whole body first: who sends slowly holds no transaction, and who reads slowly cannot block sending."""
    size = lines = 0
    while part := request.read(2**16):
        size, lines = size + len(part), lines + part.count(b"\n")
        if size > BYTES or lines > LINES:
            raise TooLarge(mend=_("一次最多一万行、50 MB。"))
        file.write(part)
    file.seek(0)


class Batch:
    """Takes lines as `actor`; a hundred in one transaction, told only once that is on disk."""

    def __init__(self, actor: Actor, register: Register, at: datetime) -> None:
        self.actor, self.register, self.at = actor, register, at
        self.counts = dict.fromkeys(COUNTS, 0)
        self.seen: dict[tuple[Any, ...], tuple[int, dict[str, Any]]] = {}

    def taken(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
        while part := list(islice(numbered, BATCH)):
            with transaction.atomic():
                told = [self._take(number, line) for number, line in part]
            yield from told
        yield dict(self.counts)

    def rehearsed(self, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
        told: list[dict[str, Any]] = []
        try:
            with transaction.atomic():
                told += self.taken(lines)
                raise _Undo
        except _Undo:
            yield from told

    def _take(self, number: int, line: bytes) -> dict[str, Any]:
        entry = Entry({})
        try:
            with transaction.atomic(), outcomes() as seen:
                saved = self._save(number, line, entry)
        except WutongError as error:
            return self._count({"line": number, "outcome": "rejected", "problems": list(problems(error))})
        found = {"line": number, "outcome": outcome_of(seen, existed=entry.row is not None), "id": saved.pk}
        doubts = [vars_of(doubt) for doubt in entry.doubts]
        return self._count({**found, "problems": doubts} if doubts else found)

    def _save(self, number: int, line: bytes, entry: Entry) -> Any:
        entry.values.update(read(self.register, as_object(decoded(line))))
        require_all(self.register, entry)
        self._refuse_repeated(number, entry)
        entry.row = self.register.find(self.actor, entry)
        return self.register.save(self.actor, entry, at=self.at)

    def _refuse_repeated(self, number: int, entry: Entry) -> None:
        """A second line about the same thing would overwrite the first at every repetition."""
        key = tuple(plain_key(entry.values.get(name)) for name in self.register.key)
        before, values = self.seen.setdefault(key, (number, dict(entry.values)))
        if any(key) and before != number and values != entry.values:
            sentence = format_lazy(_("与第 {row} 行说的是同一项，内容却不同。"), row=before)
            raise Invalid(sentence, rule="repeated", mend=_("请合并成一行。"))

    def _count(self, told: dict[str, Any]) -> dict[str, Any]:
        self.counts["rows"] += 1
        self.counts[told["outcome"]] += 1
        return told


def problems(error: WutongError) -> Iterator[dict[str, Any]]:
    for name, sentence in (error.fields or {"": error.message}).items():
        yield {"column": name, "rule": error.rule, "message": sentence, "mend": error.mend}


def vars_of(doubt: Doubt) -> dict[str, Any]:
    return {"column": doubt.column, "rule": doubt.rule, "message": doubt.message, "mend": doubt.mend}
