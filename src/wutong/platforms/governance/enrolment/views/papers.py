"""Photographs of papers: the family hands them in, the office looks at them, and each look is journalled."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wutong.kernel.audit.api import journal
from wutong.kernel.errors import NotFound, WutongError
from wutong.kernel.files.models import StoredFile
from wutong.kernel.files.views import answer
from wutong.platforms.governance.enrolment import papers, sheet
from wutong.platforms.governance.enrolment.forms import PaperForm
from wutong.platforms.governance.enrolment.models import Application, Document
from wutong.platforms.governance.enrolment.rules import runs_enrolment
from wutong.platforms.governance.enrolment.views.checking import office_application
from wutong.platforms.governance.enrolment.views.family import own_application, refused


def _document(found: Application, kind: str) -> Document:
    rows = Document.objects.unscoped("of an application in sight").filter(application=found, kind=kind)
    document = rows.first()
    if document is None:
        raise NotFound
    return document


def _file(document: Document) -> StoredFile:
    file = papers.file_of(document)
    if file is None:
        raise NotFound
    return file


@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """What was handed in, and the way to hand in, replace or take back."""
    found = own_application(request, number)
    document = _document(found, kind)
    form = PaperForm()
    if request.method == "POST" and "remove" in request.POST:
        papers.remove_document(request.actor, found, kind=kind)
        messages.success(request, _("已删除。"))
        return redirect("enrolment:paper", number, kind)
    if request.method == "POST":
        form = PaperForm(request.POST, request.FILES)
        if form.is_valid() and _handed_in(request, found, kind, form):
            messages.success(request, _("已收到“%(title)s”的照片。") % {"title": sheet.DOCUMENTS[kind]})
            return redirect("enrolment:application", number)
    file = papers.file_of(document)
    context = {
        "application": found,
        "title": sheet.DOCUMENTS[kind],
        "form": form,
        "file": file,
        "picture": file is not None and file.content_type in papers.PICTURES,
    }
    return render(request, "enrolment/paper.html", context, status=422 if form.errors else 200)


def _handed_in(request: HttpRequest, found: Application, kind: str, form: Any) -> bool:
    try:
        papers.hand_in(request.actor, found, kind=kind, uploaded=form.cleaned_data["photo"])
    except WutongError as error:
        refused(form, error)
        return False
    return True


@require_GET
def picture(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Their own, shown to the family."""
    return _shown(_file(_document(own_application(request, number), kind)))


@require_POST
def look(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """For who decides in the window; a look that is journalled writes, so it is asked for with a button."""
    found = office_application(request, number)
    document = _document(found, kind)
    if not runs_enrolment(request.actor, found):
        raise NotFound
    file = _file(document)
    journal(request.actor, "files.download", file, purpose=file.purpose)
    return _shown(file)


def _shown(file: StoredFile) -> HttpResponse:
    """A picture in the page, anything else to be saved."""
    response = answer(file)
    if file.content_type in papers.PICTURES:
        response["Content-Disposition"] = "inline"
    return response
