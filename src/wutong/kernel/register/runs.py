"""An import from the page: the verbs, the background work, and the sheets it gives back."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong.kernel.action import action, change, create, note
from wutong.kernel.errors import Conflict, WutongError
from wutong.kernel.files.models import StoredFile
from wutong.kernel.jobs.queue import Progress, ask
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import Actor, holds, predicate
from wutong.kernel.register.importing import MOST_TOLD, Importer, Report, Trouble, importer_of
from wutong.kernel.register.kinds import Number
from wutong.kernel.register.models import ImportRun, Problem
from wutong.kernel.register.spec import Register
from wutong.kernel.sheet.writing import write_csv, write_xlsx

State = ImportRun.State
HEADER = (
    gettext_lazy("行"), gettext_lazy("列"), gettext_lazy("值"), gettext_lazy("规则"),
    gettext_lazy("问题"), gettext_lazy("怎样改"), gettext_lazy("是否退回"),
)  # fmt: skip


@predicate
def is_owner(actor: Actor, run: ImportRun) -> bool:
    return run.person_id == actor.person_id


@action("register.begin_import", title=gettext_lazy("上传表格"), allow=holds("officer", "clerk"))
def begin(actor: Actor, file: StoredFile, *, register: str, at: datetime) -> ImportRun:
    language = translation.get_language()
    run = create(ImportRun(register=register, file=file, person_id=actor.person_id, at=at, language=language))
    queue(run)
    return run


@action("register.load_import", title=gettext_lazy("确认导入"), allow=is_owner)
def load(actor: Actor, run: ImportRun, *, at: datetime) -> ImportRun:
    if run.state != State.CHECKED:
        raise Conflict(_("这份表格已经导入、放弃，或还在检查。"))
    change(run, state=State.LOADING)
    queue(run)
    return run


@action("register.drop_import", title=gettext_lazy("放弃导入"), allow=is_owner)
def drop(actor: Actor, run: ImportRun, *, at: datetime) -> ImportRun:
    if run.state != State.CHECKED:
        raise Conflict(_("只有等待确认的表格可以放弃。"))
    note(register=run.register)
    return change(run, state=State.DROPPED)


def queue(run: ImportRun) -> None:
    """Asked for after the commit; `resume` asks again for what a crash in between left behind."""
    transaction.on_commit(lambda: ask("register.import", key=run.job_key, run_id=run.pk))


def resume(progress: Progress) -> None:
    """A recurring job: every run that waits for work has its work in the queue."""
    for run in ImportRun.objects.unscoped("work left behind").filter(
        state__in=(State.CHECKING, State.LOADING)
    ):
        ask("register.import", key=run.job_key, run_id=run.pk)


def work(progress: Progress, *, run_id: int) -> str:
    """Checks or loads, as the run's state says; again from the start after a crash, to the same end."""
    run = ImportRun.objects.unscoped("the work itself").select_related("file", "person").get(pk=run_id)
    if run.state not in (State.CHECKING, State.LOADING):
        return ""
    actor = actor_of(run.person)
    with translation.override(run.language):
        try:
            _work(run, actor, progress)
        except WutongError as error:
            _end(run, State.REFUSED, sentence=str(error))
    return run.get_state_display()


def _work(run: ImportRun, actor: Actor, progress: Progress) -> None:
    found: list[Problem] = []
    with run.file.open() as file:
        importer = importer_of(
            actor,
            REGISTRY.register(run.register),
            file,
            filename=run.file.name,
            tell=partial(_keep, run, found),
            at=timezone.now(),
            mapping=run.mapping or None,
            step=lambda done, total: progress(done, total, _("第 %(row)s 行") % {"row": done}),
        )
        checking = run.state == State.CHECKING
        report = importer.check() if checking else importer.load()
    with transaction.atomic():
        run.problems.all().delete()
        Problem.objects.bulk_create(found, batch_size=500)
        _end(run, State.CHECKED if checking else State.DONE, result=_result(importer, report))


def _keep(run: ImportRun, found: list[Problem], trouble: Trouble) -> None:
    if len(found) < MOST_TOLD:
        found.append(problem_of(run, trouble))


def problem_of(run: ImportRun, trouble: Trouble) -> Problem:
    return Problem(
        run=run,
        row=trouble.row,
        column=trouble.column[:100],
        value=trouble.value[:100],
        rule=trouble.rule,
        message=str(trouble.message)[:300],
        mend=str(trouble.mend)[:300],
        refused=trouble.refused,
    )


def _result(importer: Importer, report: Report) -> dict[str, Any]:
    match = importer.match
    return {
        **report.counts,
        "blank_rows": report.blank_rows,
        "doubts": report.doubts,
        "unknown": list(match.unknown),
        "guessed": match.guessed,
        "rules": [[*rule, count] for rule, count in report.rules.most_common(100)],
        "header": {name: importer.sheet.header[index] for name, index in match.indexes.items()},
    }


def _end(run: ImportRun, state: str, **values: Any) -> None:
    for name, value in {"state": state, **values}.items():
        setattr(run, name, value)
    run.save(update_fields=["state", *values])


def by_rule(run: ImportRun) -> list[dict[str, Any]]:
    """How often each thing was wrong, most frequent first; also what is too much to be kept line by line."""
    return [
        {"rule": rule, "column": column, "refused": refused, "count": number}
        for rule, column, refused, number in run.result.get("rules", [])[:12]
    ]


def error_sheet(run: ImportRun) -> BinaryIO:
    rows = (
        [p.row, p.column, p.value, p.rule, p.message, p.mend, p.refused] for p in run.problems.iterator(500)
    )
    with translation.override(run.language):
        return error_file(rows)


def error_file(rows: Any) -> BinaryIO:
    file = cast(BinaryIO, TemporaryFile())
    verdicts = (_("已收，请核对"), _("退回"))
    write_csv(file, [*map(str, HEADER)], ([*row[:-1], verdicts[row[-1]]] for row in rows))
    file.seek(0)
    return file


def blank_sheet(register: Register) -> BinaryIO:
    """A sheet with the header alone, for those who start from nothing."""
    file = cast(BinaryIO, TemporaryFile())
    columns = [column for column in register.columns if column.editable]
    codes = {str(column.title) for column in columns if isinstance(column.kind, Number)}
    write_xlsx(file, [str(c.title) for c in columns], [], title=str(register.title), text_columns=codes)
    file.seek(0)
    return file
