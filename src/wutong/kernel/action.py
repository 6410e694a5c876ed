"""The verb: every change in the platform is one function that checks, writes, journals and announces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.audit.chain import append
from wutong.kernel.errors import Conflict, Sentence
from wutong.kernel.event.event import Event, emit
from wutong.kernel.policy import Actor, Predicate

HIDDEN = "•••"
M = TypeVar("M", bound=models.Model)


@dataclass
class Act:
    """What happens inside one action, collected for the journal."""

    name: str
    actor: Actor
    at: datetime
    changes: dict[str, Any] = field(default_factory=dict)
    touched: list[tuple[str, int]] = field(default_factory=list)
    noted: bool = False
    outcome: str = "unchanged"


@dataclass(frozen=True)
class RowsChanged(Event):
    """Rows of searched models were written: (model label, primary key) each."""

    rows: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class RowsLoaded(Event):
    """Rows of a searched model were written in bulk: those with keys from `first` to `last`."""

    label: str
    first: int
    last: int


# The words for each verb, filled as modules are loaded; the journal is read with it.
TITLES: dict[str, Sentence] = {
    "accounts.signed_in": _("登录"),
    "register.exported": _("导出"),
}


def title_of(name: str) -> Sentence:
    return TITLES.get(name, name)


_acts: ContextVar[tuple[Act, ...]] = ContextVar("acts", default=())
_outcomes: ContextVar[list[str] | None] = ContextVar("outcomes", default=None)


@dataclass(frozen=True)
class Action:
    """A verb with its right. Call it like the function: `rename(actor, organisation, name="…")`."""

    name: str
    title: Sentence
    allow: Predicate
    function: Callable[..., Any]

    def __call__(self, actor: Actor, subject: Any, *, at: datetime | None = None, **values: Any) -> Any:
        self.allow.require(actor, subject)
        at = at or timezone.now()
        act = Act(self.name, actor, at)
        with transaction.atomic(), _under_way(act):
            result = self.function(actor, subject, at=at, **values)
            if act.changes or act.noted:
                target = result if isinstance(result, models.Model) else subject
                append(actor, self.name, target, changes=act.changes, at=at)
            if act.touched:
                emit(RowsChanged(tuple(dict.fromkeys(act.touched))))
        return result


def action(name: str, *, title: Sentence, allow: Predicate) -> Callable[[Callable[..., Any]], Action]:
    """Decorator for `verb(actor, subject, *, at, …)`. `name` is `module.verb`, `title` what people read.

    The function changes rows only through `create`, `change` and `remove`, which feed the journal;
    what changed nothing leaves no entry. NotAllowed is raised before anything is touched.
    """

    def wrap(function: Callable[..., Any]) -> Action:
        made = Action(name, title, allow, function)
        TITLES[name] = title
        return made

    return wrap


@contextmanager
def _under_way(act: Act) -> Iterator[None]:
    token = _acts.set((*_acts.get(), act))
    try:
        yield
    finally:
        _acts.reset(token)
    seen = _outcomes.get()
    if seen is not None:
        seen.append(act.outcome)


@contextmanager
def outcomes() -> Iterator[list[str]]:
    """Collects `created`, `updated` or `unchanged` of each action that succeeds inside."""
    seen: list[str] = []
    token = _outcomes.set(seen)
    try:
        yield seen
    finally:
        _outcomes.reset(token)


def current() -> Act:
    acts = _acts.get()
    if not acts:
        raise RuntimeError("Rows are written inside an action only.")
    return acts[-1]


def note(**facts: Any) -> None:
    """Journals facts that are no change of a row: a look, a hand-over, a reason."""
    act = current()
    act.noted = True
    act.changes.update({key: plain(value) for key, value in facts.items()})


def create(row: M) -> M:
    act = current()
    row.save(force_insert=True)
    _touch(row)
    for name, value in _values(row).items():
        if value not in (None, "", [], {}):
            act.changes[_key(row, name)] = [None, value]
    act.outcome = "created" if act.outcome == "unchanged" else act.outcome
    return row


def change(row: M, **values: Any) -> M:
    """Writes what differs. A row with `version` is refused when somebody else wrote it meanwhile."""
    act = current()
    before = _values(row)
    for name, value in values.items():
        setattr(row, name, value)
    after = _values(row)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        _write(row, changed)
        _touch(row)
        act.changes.update({_key(row, name): [before[name], after[name]] for name in changed})
        act.outcome = "updated" if act.outcome == "unchanged" else act.outcome
    return row


def remove(row: models.Model) -> None:
    act = current()
    act.changes.update({_key(row, name): [value, None] for name, value in _values(row).items()})
    act.outcome = "updated"
    _touch(row)
    key = row.pk
    row.delete()
    row.pk = key  # the journal says which row it was


def _touch(row: models.Model) -> None:
    if getattr(row, "SEARCHED", False):
        touch(type(row), [row.pk])


def touch(model: type[models.Model], keys: Iterable[int]) -> None:
    """Rows of a searched model that stand elsewhere since another was changed: the index learns of it."""
    current().touched += [(model._meta.label_lower, key) for key in keys]


def _write(row: models.Model, changed: list[str]) -> None:
    if not hasattr(row, "version"):
        row.save(update_fields=changed)
        return
    expected = row.version
    row.version = expected + 1
    values = {name: getattr(row, name) for name in [*changed, "version"]}
    written = type(row)._base_manager.filter(pk=row.pk, version=expected).update(**values)
    if not written:
        raise Conflict


def _values(row: models.Model) -> dict[str, Any]:
    hidden: frozenset[str] = getattr(row, "AUDIT_HIDDEN", frozenset())
    derived = {"version", row._meta.pk.name, *getattr(row, "DERIVED", ())}
    fields = [f for f in row._meta.concrete_fields if f.name not in derived]
    return {f.attname: _shown(getattr(row, f.attname), f.name in hidden) for f in fields}


def _shown(value: Any, hidden: bool) -> Any:
    return Hidden(value) if hidden and value not in (None, "") else plain(value)


class Hidden(str):
    """Compares by the secret, is written as dots."""

    secret: Any

    def __new__(cls, secret: Any) -> Hidden:
        made = super().__new__(cls, HIDDEN)
        made.secret = bytes(secret) if isinstance(secret, memoryview) else secret
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hidden) and self.secret == other.secret

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def plain(value: Any) -> Any:
    """A value as the journal keeps it: JSON types only."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case bytes() | memoryview():
            return HIDDEN
        case None | bool() | int() | float() | str() | list() | dict():
            return value
    return str(value)


def _key(row: models.Model, name: str) -> str:
    return f"{row._meta.model_name}.{name}"
