"""The event log: case, activity, time, unit. Who did it and what they said is not in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong.kernel.action import TITLES
from wutong.kernel.audit.api import journal
from wutong.kernel.errors import NotFound
from wutong.kernel.policy import Actor
from wutong.kernel.process.models import Case, CaseEvent
from wutong.kernel.process.spec import Process
from wutong.kernel.sheet.writing import write_csv

TITLES["processes.log_exported"] = gettext_lazy("导出事件日志")
HEADER = ("case", "activity", "time", "unit", "step", "state")


@dataclass(frozen=True)
class Line:
    case: str
    activity: str
    time: str
    unit: str
    step: str
    state: str


def events(
    actor: Actor, process: Process, year: int, *, most: int | None = None
) -> Iterator[tuple[str, str, str, str, str, datetime, str]]:
    """Number, kind, step, source, target, moment and unit of all events of the cases opened in a year, case by case.

    With `most` only of so many cases, the newest.
    """
    span = opened(year)
    rows = CaseEvent.objects.visible_to(actor).filter(
        case__process=process.name, case__opened__gte=span[0], case__opened__lt=span[1]
    )
    if most:
        cases = Case.objects.visible_to(actor).filter(
            process=process.name, opened__gte=span[0], opened__lt=span[1]
        )
        first = cases.order_by("-pk").values_list("pk", flat=True)[most - 1 : most].first()
        rows = rows.filter(case_id__gte=first) if first else rows
    columns = ("case__number", "kind", "step", "source", "target", "at", "unit__name")
    return rows.order_by("case_id", "pk").values_list(*columns).iterator(5_000)


def opened(year: int) -> tuple[datetime, datetime]:
    return timezone.make_aware(datetime(year, 1, 1)), timezone.make_aware(datetime(year + 1, 1, 1))


def lines(actor: Actor, process: Process, year: int) -> Iterator[Line]:
    titles = {step.name: str(step.title) for step in process.steps} | {"open": _("发起")}
    kinds = {str(value): str(label) for value, label in CaseEvent.Kind.choices}
    for number, kind, step, _source, target, at, unit in events(actor, process, year):
        activity = titles.get(step, step) if kind == CaseEvent.Kind.STEP else kinds[kind]
        yield Line(
            number, activity, timezone.localtime(at).isoformat(timespec="seconds"), unit or "", step, target
        )


def exported(actor: Actor, process: Process, year: int, kind: str) -> BinaryIO:
    """As `csv` or `json`, at the start of a temporary file. Journalled."""
    if kind not in ("csv", "json"):
        raise NotFound
    file = cast(BinaryIO, TemporaryFile())
    found = lines(actor, process, year)
    if kind == "csv":
        write_csv(file, list(HEADER), (list(asdict(line).values()) for line in found))
    else:
        _write_json(file, found)
    journal(actor, "processes.log_exported", process, process=process.name, year=year, kind=kind)
    file.seek(0)
    return file


def _write_json(file: BinaryIO, found: Iterable[Line]) -> None:
    """An array, one line an event, so that a long log needs no memory."""
    file.write(b"[")
    for number, line in enumerate(found):
        file.write(b",\n" if number else b"\n")
        file.write(json.dumps(asdict(line), ensure_ascii=False).encode())
    file.write(b"\n]\n")
