"""查询结果: where a child stands, for who holds the slip with the number and its code, signed in or not.

On the day results are told a whole city looks at once. What each page says is written down before (`prepare`), the
frame around it is drawn once; a row that is out of date is passed over and the page made anew.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from hmac import compare_digest
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong.kernel.action import action, note
from wutong.kernel.jobs.queue import ask
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.numbers import mask_name
from wutong.kernel.policy import SYSTEM, Actor, nobody
from wutong.kernel.prepared import Prepared
from wutong.platforms.governance.enrolment.events import ResultsTold
from wutong.platforms.governance.enrolment.models import Application, Result, Window
from wutong.platforms.governance.enrolment.phases import upcoming
from wutong.platforms.governance.enrolment.standing import UNTOLD, Here, Records, where

JOB, WHY = "enrolment.results", "for who has the number and its code"
CHUNK, LETTERS = 1_000, 16
# The frame is drawn around this sign, which no text of people can hold.
HERE = "\ue000"


def code_of(number: str) -> str:
    """80 bits in letters and the digits 2 to 7, under a key of the house that never changes (ADR 0026)."""
    return b32encode(keyring().digest(number, "enrolment.result")).decode()[:LETTERS]


def is_code(number: str, code: str) -> bool:
    return compare_digest(code.upper().encode(), code_of(number).encode())


@dataclass(frozen=True)
class Shown:
    """`name` is masked: a slip is lost more easily than a password."""

    number: str
    name: str
    here: Mapping[str, Any]


@Prepared
def _written(key: int) -> QuerySet:
    still = Q(school_id=F("application__school")) | Q(school_id=None, application__school=None)
    rows = Result.objects.unscoped(WHY).filter(still, pk=key, state=F("application__state"))
    return rows.values_list("until", "told")


def shown(number: str, language: str, at: datetime) -> Shown | None:
    """Nothing for a number that names no application, or one that the family took back."""
    key = Application.key_of(number)
    for until, told in _written(key) if key is not None else ():
        if language in told and (until is None or at < until):
            return Shown(number, told["name"], told[language])
    rows = Application.objects.unscoped(WHY).numbered(number).select_related("window", "child")
    found = rows.exclude(state="withdrawn").first()
    return Shown(number, mask_name(found.child.name), _said(where(found, at))) if found else None


def _said(here: Here) -> dict[str, Any]:
    return {name: value for name, value in asdict(here).items() if value}


def page(found: Shown, prefs: Mapping[str, Any]) -> str:
    """The whole page; `prefs` are how this browser likes to see it."""
    words = tuple(sorted(prefs["prefs"].items()))
    before, after = _frame(translation.get_language() or "", words, str(prefs["product_version"]))
    return f"{before}{render_to_string('enrolment/result_here.html', asdict(found))}{after}"


@lru_cache(maxsize=64)
def _frame(_language: str, prefs: tuple[tuple[str, str], ...], version: str) -> tuple[str, str]:
    context = {"prefs": dict(prefs), "product_version": version, "here": HERE}
    before, _here, after = render_to_string("enrolment/result.html", context).partition(HERE)
    return before, after


def on_results_told(event: ResultsTold, event_id: int) -> None:
    ask(JOB, key=f"{JOB}:{event_id}", window=event.window_id)


def prepare_results(window: int, progress: Callable[..., None] | None = None) -> str:
    """Job: of one window."""
    written = prepare(SYSTEM, Window.objects.unscoped("whose results were told").get(pk=window))
    return _("准备了 %(number)s 个结果页。") % {"number": written}


@action("enrolment.prepare_results", title=gettext_lazy("准备结果页"), allow=nobody)
def prepare(actor: Actor, window: Window, *, at: datetime) -> int:
    """Writes down what every family of the window will read; how many. Again, it writes them anew."""
    rows = Application.objects.unscoped("of the window whose results were told").filter(window=window)
    known = rows.exclude(state__in=("draft", "withdrawn", *UNTOLD)).defer("sheet", "facts")
    until = upcoming(window.rules.calendar, at)
    last, written = 0, 0
    while chunk := list(known.filter(pk__gt=last).select_related("window", "child").order_by("pk")[:CHUNK]):
        _write(chunk, at, until[1] if until else None)
        last, written = chunk[-1].pk, written + len(chunk)
    note(prepared=written)
    return written


def _write(rows: Sequence[Application], at: datetime, until: datetime | None) -> None:
    told: dict[int, dict[str, Any]] = {row.pk: {"name": mask_name(row.child.name)} for row in rows}
    records = Records.of(rows)
    for language, _title in settings.LANGUAGES:
        with translation.override(language):
            for row in rows:
                told[row.pk][language] = _said(where(row, at, records))
    Result.objects.bulk_create(
        [
            Result(application=row, state=row.state, school_id=row.school_id, until=until, told=told[row.pk])
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=["application"],
        update_fields=["state", "school_id", "until", "told"],
    )
