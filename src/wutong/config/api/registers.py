"""Registers: the rows of the pages, the actions of the pages."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Router

from wutong.config.api import schemas
from wutong.config.api.answers import answer, etag, given, require_match, versioned
from wutong.config.api.caller import needs
from wutong.config.api.errors import MethodMissing
from wutong.config.api.once import once
from wutong.config.api.paging import (
    PAGING,
    UNREADABLE,
    Place,
    fields_of,
    known_only,
    limit_of,
    page,
    place_of,
    refused,
)
from wutong.config.api.values import column_json, filter_text, parse
from wutong.kernel.action import title_of
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import Actor
from wutong.kernel.register.pages import history_of, named, opened, row_of
from wutong.kernel.register.queries import MOST, counts, keys_of, picked
from wutong.kernel.register.spec import Column, Entry, Register
from wutong.kernel.sheet.cells import CellProblem, text

router = Router(tags=["registers"])


def body_of(name: str) -> dict[str, Any]:
    return {
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        "required": True,
    }


def described(scope: str, body: str = "") -> dict[str, Any]:
    """Options of an operation whose body follows from the columns."""
    options = needs(scope)
    if body:
        options["openapi_extra"]["requestBody"] = body_of(body)
    return options


@router.get("/", summary=_("有哪些台账"), response=schemas.Registers, **needs("registers:read"))
def registers(request: HttpRequest) -> HttpResponse:
    found = [register for register in REGISTRY.all("registers") if register.see(request.actor)]
    return answer({"items": [_line(register, request.actor) for register in found]})


def _line(register: Register, actor: Actor) -> dict[str, Any]:
    return {
        "name": register.name,
        "title": register.title,
        "url": address(register),
        "may_edit": register.edit(actor),
        "columns": [column.name for column in register.columns],
    }


def address(register: Register, row: Any = None) -> str:
    return f"/api/v1/registers/{register.name}/" + ("" if row is None else f"{row.pk}/")


@router.get("/{slug:name}/", summary=_("列出"), response=schemas.Rows, **described("registers:read"))
def rows(request: HttpRequest, name: str) -> HttpResponse:
    register = opened(request, name)
    known_only(request, PAGING | {"q"} | {column.name for column in register.columns if column.filtered})
    names = fields_of(request, [column.name for column in register.columns])
    limit, place, chosen = limit_of(request), place_of(request), chosen_of(request, register)
    order = _order(register, request.actor)
    to_count = place is None and counts(register, request.actor)
    most = MOST if to_count else limit
    keys = keys_of(register, request.actor, chosen, order, most + 1, "after", *_values(order, place))
    found = picked(register, request.actor, *keys[:limit])
    # Rows that went in this moment may leave the page empty: it is asked for again.
    last = _place(order, found[-1]) if found else place
    body = page(request, [record(register, row, names) for row in found], last if len(keys) > limit else None)
    if to_count:
        body |= {"total": min(len(keys), MOST), "total_is_capped": len(keys) > MOST}
    return answer(body)


def chosen_of(request: HttpRequest, register: Register) -> dict[str, str]:
    """Filters of the request; a value that the column cannot hold is refused, for it would find nothing."""
    chosen = {}
    for name, value in request.GET.items():
        if value and name not in PAGING:
            try:
                chosen[name] = text(value) if name == "q" else filter_text(register.by_name[name].kind, value)
            except CellProblem as problem:
                raise refused(name, problem.message) from None
    return {name: value for name, value in chosen.items() if value}


def _order(register: Register, actor: Actor) -> tuple[str, ...]:
    """Rows go by their key, which never changes; those of a city in the order of the pages.

    By key, who sees a district is led to their first row through all those of others.
    """
    return register.order if actor.sees_much and register.large else ("pk",)


def _values(order: tuple[str, ...], place: Place | None) -> tuple[Any, ...]:
    values = (*place.order, place.key) if place else ()
    if values and len(values) != len(order):
        raise refused("cursor", UNREADABLE)  # from before the caller saw so much, or so little
    return values


def _place(order: tuple[str, ...], row: Any) -> Place:
    return Place(
        row.pk, order=tuple(reduce(getattr, field.lstrip("-").split("__"), row) for field in order[:-1])
    )


def record(register: Register, row: Any, names: tuple[str, ...] = ()) -> dict[str, Any]:
    """Sensitive columns stand masked, as on the pages."""
    columns = [register.by_name[name] for name in names] or register.columns
    return {"id": row.pk, **{column.name: column_json(column, row) for column in columns}}


def tag_of(register: Register, row: Any) -> str:
    return etag([getattr(row, "version", 0), record(register, row)])


@router.get(
    "/{slug:name}/{int:pk}/", summary=_("读一行"), response=schemas.Row, **described("registers:read")
)
def row(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    register = named(name)
    names = fields_of(request, [column.name for column in register.columns])
    known_only(request, frozenset({"fields"}))
    found = row_of(request, register, pk)
    return versioned(request, record(register, found, names), tag_of(register, found))


@router.post(
    "/{slug:name}/",
    summary=_("登记一行"),
    response={201: schemas.Row},
    **described("registers:write", "RowToMake"),
)
@once
def create(request: HttpRequest, name: str) -> HttpResponse:
    register = opened(request, name)
    register.edit.require(request.actor)
    entry = Entry(read(register, given(request)))
    require_all(register, entry)
    if register.find(request.actor, entry) is not None:
        raise Conflict(_("台账里已有这一行，请修改它，不要重复登记。"), rule="already_there")
    saved = register.save(request.actor, entry, at=timezone.now())
    return written(request, register, saved, 201)


def written(request: HttpRequest, register: Register, saved: Any, status: int = 200) -> HttpResponse:
    """The row as it stands now; what has left one's sight is not shown."""
    found = picked(register, request.actor, saved.pk)
    if not found:
        return answer({"id": saved.pk}, status)
    headers = {"ETag": tag_of(register, found[0])}
    if status == 201:
        headers["Location"] = address(register, saved)
    return answer(record(register, found[0]), status, **headers)


def read(register: Register, body: Mapping[str, Any]) -> dict[str, Any]:
    """Values of the columns that the body names; Invalid with a sentence for each that is wrong."""
    values, wrong, mend = {}, {}, ""
    for name, value in body.items():
        try:
            values[name] = parse(_writable(register, name).kind, value)
        except CellProblem as problem:
            wrong[name[:60]], mend = problem.message, str(problem.mend)
    if wrong:
        raise Invalid(fields=wrong, mend=mend)
    return values


def _writable(register: Register, name: str) -> Column:
    column = register.by_name.get(name)
    if column is None:
        raise CellProblem("column", _("没有这一列。"), _("有哪些列见 /api/docs。"))
    if not column.editable:
        raise CellProblem("computed", _("这一列由系统计算，不能填写。"), _("请去掉这一列。"))
    return column


def require_all(register: Register, entry: Entry) -> None:
    missing = [c.name for c in register.columns if c.required and entry.get(c.name) in (None, [])]
    if missing:
        raise Invalid(fields=dict.fromkeys(missing, _("这一项不能空着。")), rule="required")


@router.patch(
    "/{slug:name}/{int:pk}/",
    summary=_("修改一行"),
    response=schemas.Row,
    **described("registers:write", "RowToChange"),
)
@once
def change(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    register, row = _to_write(request, name, pk)
    return _save(request, register, row, read(register, given(request)))


def _to_write(request: HttpRequest, name: str, pk: int) -> tuple[Register, Any]:
    """The row under lock, as the caller read it."""
    register = opened(request, name)
    register.edit.require(request.actor)
    row_of(request, register, pk)
    register.model._base_manager.select_for_update(of=("self",)).get(pk=pk)
    row = row_of(request, register, pk)
    require_match(request, tag_of(register, row))
    return register, row


def _save(request: HttpRequest, register: Register, row: Any, values: Mapping[str, Any]) -> HttpResponse:
    """As the form of the page: what is not named stays as it is, what says which row it is cannot change."""
    stands = {c.name: _blank(c.read(row)) for c in register.columns if c.editable and not c.sensitive}
    moved = [name for name in register.fixed if name in values and values[name] != stands.get(name)]
    if moved:
        raise Invalid(fields=dict.fromkeys(moved, _("这一项登记以后不能改。")), rule="fixed")
    entry = Entry({**stands, **values}, row)
    require_all(register, entry)
    return written(request, register, register.save(request.actor, entry, at=timezone.now()))


def _blank(value: Any) -> Any:
    return None if value in ("", []) else value


@router.delete(
    "/{slug:name}/{int:pk}/", summary=_("结束一行"), response=schemas.Row, **described("registers:write")
)
@once
def end(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """Nothing is deleted that was true: the row ends today, in registers that say when a row ended."""
    register = opened(request, name)
    if not register.ends:
        raise MethodMissing("GET, PATCH")
    register, row = _to_write(request, name, pk)
    return _save(request, register, row, {register.ends: timezone.localdate()})


@router.get(
    "/{slug:name}/{int:pk}/history/",
    summary=_("变更记录"),
    response=schemas.History,
    **needs("registers:read"),
)
def history(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    """What the journal says of the row, newest first, to those who may see the journal of its place."""
    register = named(name)
    found = row_of(request, register, pk)
    return answer({"items": [_entry(entry) for entry in history_of(request, register, found)]})


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "sequence": entry.sequence,
        "at": entry.at,
        "actor_name": entry.actor_name,
        "action": entry.action,
        "title": title_of(entry.action),
        "changes": entry.changes,
    }
