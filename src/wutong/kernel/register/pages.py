"""Pages that every register has: list, detail, form, history, export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.audit.models import AuditEntry, AuditRange
from wutong.kernel.errors import Conflict, NotFound, WutongError
from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import Actor
from wutong.kernel.prepared import Prepared
from wutong.kernel.register.export import exported
from wutong.kernel.register.forms import RowForm
from wutong.kernel.register.queries import page_of, picked
from wutong.kernel.register.spec import Entry, Register

# What a database can hold as a key; an address may say more.
LARGEST_KEY = 2**63 - 1


def named(name: str) -> Register:
    try:
        return REGISTRY.register(name)
    except KeyError:
        raise NotFound from None


def opened(request: HttpRequest, name: str) -> Register:
    """The register as a whole, if this person may know of it. One row of it is a matter of scope alone."""
    register = named(name)
    if not register.see(request.actor):
        raise NotFound
    return register


def row_of(request: HttpRequest, register: Register, pk: int) -> Any:
    found = picked(register, request.actor, pk) if pk <= LARGEST_KEY else []
    if not found:
        raise NotFound
    return found[0]


def detail_url(register: Register, row: Any) -> str:
    return reverse("register:detail", args=[register.name, row.pk])


@require_GET
def index(request: HttpRequest, name: str) -> HttpResponse:
    register = opened(request, name)
    chosen = request.GET.dict()
    page = page_of(register, request.actor, chosen)
    context = {
        "register": register,
        "page": page,
        "titles": [column.title for column in register.listed()],
        "lines": _lines(register, page.rows),
        "filters": _filters(register, chosen),
        "q": chosen.get("q", ""),
        "may_edit": register.edit(request.actor),
    }
    template = "register/index.html#table" if request.htmx else "register/index.html"
    return render(request, template, context)


def _lines(register: Register, rows: list[Any]) -> Iterator[tuple[str, list[tuple[Any, Any]]]]:
    """Of each row its cells, drawn at once, for a page has hundreds, and its meters. The first cell leads to it."""
    plain, meters = ([each for each in register.listed() if each.meter is meter] for meter in (False, True))
    cells = format_html_join("", '<td data-label="{}">{{}}</td>', ((column.title,) for column in plain[1:]))
    form = f'<th scope="row"><a href="{{}}">{{}}</a></th>{cells}'
    for row in rows:
        said = (column.shown(row) or "—" for column in plain)
        shares = [(column.title, column.read(row) or 0) for column in meters]
        yield format_html(form, detail_url(register, row), *said), shares


def _filters(register: Register, chosen: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": column.name,
            "title": column.title,
            "options": column.kind.options(),
            "value": chosen.get(column.name, ""),
        }
        for column in register.columns
        if column.filtered
    ]


@require_GET
def detail(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    register = named(name)
    row = row_of(request, register, pk)
    facts = [{"label": column.title, "value": column.shown(row)} for column in register.columns]
    context = {
        "register": register,
        "row": row,
        "facts": [fact for fact in facts if fact["value"]],
        "sections": _sections(request, register, row),
        "may_edit": register.edit(request.actor) and may_write(request, row),
        "may_list": register.see(request.actor),
        "history": history_of(request, register, row)[:8],
    }
    return render(request, "register/detail.html", context)


def may_write(request: HttpRequest, row: Any) -> bool:
    return request.actor.holds("officer", "clerk", over=row.scope_path)


def _sections(request: HttpRequest, register: Register, row: Any) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {"main": [], "aside": []}
    added = (section for name, section in REGISTRY.all("sections") if name == register.name)
    for section in (*register.sections, *added):
        context = section.context(request.actor, row)
        if context is not None:
            found[section.column].append({"template": section.template, **context})
    return found


def history_of(request: HttpRequest, register: Register, row: Any) -> list[AuditEntry]:
    """What the journal says of this row, to those who may see the journal of its place."""
    kinds = (register.model._meta.label_lower, *register.history)
    entries = [*_history(request.actor, kinds, row.pk), *_loads(kinds, row.pk)]
    return sorted(entries, key=lambda entry: -entry.sequence)


@Prepared
def _history(actor: Actor, kinds: tuple[str, ...], key: int) -> QuerySet:
    entries = AuditEntry.objects.visible_to(actor).filter(subject_kind__in=kinds, subject_id=key)
    return entries.order_by("-sequence")[:200]


@Prepared
def _loads(kinds: tuple[str, ...], key: int) -> QuerySet:
    """The batch a row came with. Who sees the row may know when it came: the entry names no other."""
    entries = AuditEntry.objects.unscoped("the batch of a row that is seen")
    came = AuditRange.objects.filter(kind__in=kinds, first__lte=key, last__gte=key)
    return entries.filter(pk__in=came.order_by("-first").values("entry")[:1])


@require_GET
def history(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    register = named(name)
    row = row_of(request, register, pk)
    context = {"register": register, "row": row, "entries": history_of(request, register, row)}
    return render(request, "register/history.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, name: str, pk: int | None = None) -> HttpResponse:
    register = opened(request, name)
    register.edit.require(request.actor)
    row = None if pk is None else row_of(request, register, pk)
    form = RowForm(register, request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        saved = _save(request, register, form, row)
        if saved is not None:
            return redirect(detail_url(register, saved))
    context = {"register": register, "row": row, "form": form}
    return render(request, "register/edit.html", context, status=422 if form.errors else 200)


def _save(request: HttpRequest, register: Register, form: RowForm, row: Any) -> Any:
    seen = form.cleaned_data.get("version")
    if row is not None and seen and seen != getattr(row, "version", seen):
        form.tell(Conflict(_("您填写期间别人改过这一条，请核对后重新保存。")))
        return None
    try:
        return register.save(request.actor, Entry(form.values(), row), at=timezone.now())
    except WutongError as error:
        form.tell(error)
        return None


@require_POST
def export(request: HttpRequest, name: str, kind: str) -> HttpResponse:
    """A post, because the journal notes who took what away."""
    register = opened(request, name)
    chosen = request.POST.dict()
    file = exported(register, request.actor, kind, chosen)
    stamp = timezone.localtime().strftime("%Y%m%d-%H%M")
    return FileResponse(file, as_attachment=True, filename=f"{register.title}-{stamp}.{kind}")
