"""Whether what a family says is so: by sources, on site, in batch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, note
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.people.models import Identifier
from wutong.kernel.policy import Actor
from wutong.platforms.governance.enrolment import passage, priority, sheet
from wutong.platforms.governance.enrolment.catchments import catchment_map, same_home, schools_of
from wutong.platforms.governance.enrolment.models import Application, Document, Window
from wutong.platforms.governance.enrolment.phases import unfinished
from wutong.platforms.governance.enrolment.routes import route_for
from wutong.platforms.governance.enrolment.rules import is_the_guardian, runs_enrolment
from wutong.platforms.governance.enrolment.sources import SOURCES, Answer, Question
from wutong.platforms.governance.enrolment.sources.adapter import Unavailable
from wutong.platforms.governance.enrolment.writing import write_each

WHY = "applications of the window that is verified"
Result = Document.Result


@action("enrolment.check_all", title=_("批量比对材料"), allow=runs_enrolment)
def check_all(actor: Actor, window: Window, *, at: datetime) -> dict[str, int]:
    """Compares every application that waits. Who agrees in all passes at once; the others are seen on site.

    What a source cannot answer now stays waiting, and its application too.
    """
    _require_no_run(window)
    waiting = list(_waiting(window))
    _compare(waiting, at)
    sorted_out = _Sorted()
    for application in waiting:
        sorted_out.take(application)
    maps = catchment_map(window)
    for application in sorted_out.passed:
        application.facts = found_facts(application, application.held, maps)
    write_each(sorted_out.passed, "facts")
    counts = {
        "passed": passage.advance_all(actor, sorted_out.passed, "pass_check", at=at),
        "onsite": passage.advance_all(actor, sorted_out.onsite, "call_onsite", at=at),
        "waiting": len(sorted_out.waiting),
    }
    note(**counts)
    return counts


@dataclass
class _Sorted:
    passed: list[Any] = field(default_factory=list)
    onsite: list[Any] = field(default_factory=list)
    waiting: list[Any] = field(default_factory=list)

    def take(self, application: Any) -> None:
        now = [row for row in application.held if row.kind not in sheet.LATER]
        if any(row.result == Result.WAITING and row.kind in sheet.COMPARED for row in now):
            self.waiting.append(application)
        elif all(row.result in (Result.AGREES, Result.SEEN) for row in now):
            self.passed.append(application)
        else:
            self.onsite.append(application)


def _waiting(window: Window) -> Iterable[Application]:
    """With their documents at hand as `held`."""
    rows = Application.objects.unscoped(WHY).filter(window=window, state="checking")
    found = {row.pk: row for row in rows.select_related("window").order_by("pk")}
    for row in found.values():
        row.window, row.held = window, []
    documents = Document.objects.unscoped(WHY).filter(
        application__window=window, application__state="checking"
    )
    for document in documents.order_by("pk"):
        if document.application_id in found:
            found[document.application_id].held.append(document)
    return found.values()


def _compare(applications: list[Any], at: datetime) -> None:
    """One question a document, asked of each source together; the answers stand in the documents."""
    numbers = _numbers(row.child_id for row in applications)
    asked: dict[str, list[tuple[Application, Document]]] = {name: [] for name in SOURCES}
    for application in applications:
        for document in application.held:
            if document.kind in asked and document.result == Result.WAITING:
                asked[document.kind].append((application, document))
    for name, pairs in asked.items():
        _ask(name, pairs, numbers, at)
    answered = [document for pairs in asked.values() for _application, document in pairs]
    write_each(answered, "result", "source", "note", "checked")


def _ask(name: str, pairs: list[Any], numbers: dict[int, str], at: datetime) -> None:
    source = SOURCES[name]
    questions = [Question(numbers.get(row.child_id, ""), row.sheet.get(_PART[name], {})) for row, _d in pairs]
    try:
        answers = source.ask_all(questions)
    except Unavailable:
        return
    for (application, document), answer in zip(pairs, answers, strict=True):
        _write(application, document, answer)
        document.source, document.checked = str(source.title), at


_PART = {"household": "household", "property": "home", "residence": "permit", "insurance": "permit"}


def _write(application: Application, document: Document, answer: Answer) -> None:
    document.result = Result.AGREES if answer.agrees else Result.DIFFERS if answer.known else Result.MISSING
    document.note = "、".join(answer.differs)
    if answer.agrees and answer.facts:
        application.facts = {**application.facts, document.kind: dict(answer.facts)}


def _numbers(children: Iterable[int]) -> dict[int, str]:
    """Full identity numbers of those who are compared; read by the system, shown to nobody."""
    found: dict[int, str] = {}
    keys = list(children)
    rows = Identifier.objects.unscoped("asked of the sources").filter(kind="identity", valid_to=None)
    for start in range(0, len(keys), passage.CHUNK):
        for row in rows.filter(person__in=keys[start : start + passage.CHUNK]):
            found[row.person_id] = row.opened()
    return found


def found_facts(application: Application, documents: Iterable[Document], maps: Any) -> dict[str, Any]:
    """What placement needs to know: the class, what is compared, and the schools of the address."""
    needed = [row for row in documents if row.kind not in sheet.LATER]
    complete = bool(needed) and all(row.result in (Result.AGREES, Result.SEEN) for row in needed)
    said, rules = _as_found(application), application.window.rules
    homes = (said.get("household", {}).get("address", ""), said.get("home", {}).get("address", ""))
    named = priority.class_of(
        said, rules, same_address=same_home(*homes, application.window), complete=complete
    )
    address = priority.entry_address(said, rules, named)
    application.facts = {
        **application.facts,
        "class": named,
        "address": address,
        "schools": list(schools_of(maps, address, application.window)),
        **priority.comparable(said),
    }
    route = route_for(application, application.window)
    return {**application.facts, "own": int(route.school) if route and route.school else None}


def _as_found(application: Application) -> dict[str, Any]:
    """The sheet, with what a source knows better in its place."""
    insured = application.facts.get("insurance", {})
    known = {name: insured[name] for name in ("months", "flexible_years") if name in insured}
    return {**application.sheet, "permit": {**application.sheet.get("permit", {}), **known}}


def _require_no_run(window: Window) -> None:
    if window.runs.unscoped("is one under way?").filter(state="decided").exists():
        raise Conflict(unfinished())


@action("enrolment.judge_document", title=_("现场核验材料"), allow=runs_enrolment)
def judge_document(
    actor: Actor, application: Application, *, document: Document, good: bool, comment: str, at: datetime
) -> Document:
    row = passage.locked(application)
    if document.application_id != row.pk or row.state not in ("onsite", "returned", "failed"):
        raise Conflict(_("这份材料现在不在现场核验中。"))
    if not good and not comment.strip():
        raise Invalid(_("请写明哪里不对，家长会看到。"), fields={"comment": _("请写明哪里不对。")})
    return change(
        document, result=Result.SEEN if good else Result.REFUSED, note=comment.strip(),
        checked=at, checker_id=actor.person_id,
    )  # fmt: skip


@action("enrolment.pass_onsite", title=_("现场核验通过"), allow=runs_enrolment)
def pass_onsite(actor: Actor, application: Application, *, at: datetime) -> Application:
    """Refused documents make the last class; what nobody has looked at yet is looked at first."""
    row = passage.locked(application)
    _require_no_run(row.window)
    documents = list(Document.objects.unscoped("of this one").filter(application=row))
    undone = [each for each in documents if each.kind not in sheet.LATER and each.result in _UNSEEN]
    if undone:
        names = "、".join(str(sheet.DOCUMENTS[each.kind]) for each in undone)
        raise Conflict(_("还有材料没有核验：%(names)s。") % {"names": names})
    facts = found_facts(row, documents, catchment_map(row.window))
    return passage.advance(actor, row, "pass_check", at=at, facts=facts)


_UNSEEN = (Result.WAITING, Result.DIFFERS, Result.MISSING)


@action("enrolment.return", title=_("退回补正"), allow=runs_enrolment)
def send_back(actor: Actor, application: Application, *, reason: str, at: datetime) -> Application:
    return passage.advance(actor, application, "return", at=at, reason=reason)


@action("enrolment.fail", title=_("验证不通过"), allow=runs_enrolment)
def fail(actor: Actor, application: Application, *, reason: str, at: datetime) -> Application:
    """The child is not forgotten: it stands on the list of those without a seat until that is settled."""
    row = passage.locked(application)
    facts = {**row.facts, "class": "incomplete", "schools": []}
    return passage.advance(actor, row, "fail", at=at, reason=reason, facts=facts)


@action("enrolment.supplement", title=_("补正后重新提交"), allow=is_the_guardian)
def supplement(actor: Actor, application: Application, *, at: datetime) -> Application:
    return passage.advance(actor, application, "supplement", at=at)


@action("enrolment.book", title=_("预约现场核验"), allow=is_the_guardian)
def book(actor: Actor, application: Application, *, when: datetime, at: datetime) -> Application:
    """Half an hour for so many families; who comes later than the room is full is offered the next."""
    row = passage.locked(application)
    if row.state != "onsite":
        raise Conflict(_("现在不需要到现场核验。"))
    window = (
        Window.objects.unscoped("bookings of one window, one at a time")
        .select_for_update()
        .get(pk=row.window_id)
    )
    rows = Application.objects.unscoped("how many come then").filter(window=window, appointment=when)
    if rows.exclude(pk=row.pk).count() >= PLACES:
        raise Conflict(_("这个时段已经约满，请换一个时段。"))
    return change(row, appointment=when)


PLACES = 12
