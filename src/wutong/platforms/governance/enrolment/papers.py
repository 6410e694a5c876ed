"""Photographs of papers, handed in by families so that fewer have to come to the counter."""

from __future__ import annotations

from datetime import datetime

from django.core.files.base import File
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.files.actions import store
from wutong.kernel.files.kinds import content_type
from wutong.kernel.files.models import StoredFile
from wutong.kernel.policy import Actor
from wutong.platforms.governance.enrolment import passage
from wutong.platforms.governance.enrolment.models import Application, Document
from wutong.platforms.governance.enrolment.rules import is_the_guardian

LARGEST = 10 * 2**20
PICTURES = ("image/jpeg", "image/png", "image/webp")
ACCEPTED = (*PICTURES, "application/pdf")
# From the lock until the papers are decided upon.
WANTED = ("confirmed", "applied", "checking", "onsite", "returned")


def hand_in(
    actor: Actor, application: Application, *, kind: str, uploaded: File, at: datetime | None = None
) -> Document:
    """In place of an earlier one. Invalid if it is neither a picture nor a PDF, or too large."""
    if content_type(uploaded.name or "", uploaded) not in ACCEPTED:
        raise Invalid(_("请上传照片（JPG、PNG、WebP）或 PDF。"))
    wanted(application, kind)
    at = at or timezone.now()
    file = store(
        actor, application.window.district, uploaded=uploaded, purpose=f"enrolment:{application.number}",
        at=at, sensitive=True, largest=LARGEST,
    )  # fmt: skip
    return add_document(actor, application, kind=kind, file=file, at=at)


def wanted(application: Application, kind: str) -> Document:
    """The paper, of an application that still takes it; Conflict otherwise."""
    found = Document.objects.unscoped("of this one").filter(application=application, kind=kind).first()
    if found is None or application.state not in WANTED:
        raise Conflict(_("现在不需要提交这份材料。"))
    return found


def file_of(document: Document) -> StoredFile | None:
    rows = StoredFile.objects.unscoped("the file of a paper in sight")
    return rows.filter(pk=document.file_id).first()


@action("enrolment.add_document", title=_("提交报名材料"), allow=is_the_guardian)
def add_document(
    actor: Actor, application: Application, *, kind: str, file: StoredFile, at: datetime
) -> Document:
    document = wanted(passage.locked(application), kind)
    _drop(document)
    return change(document, file_id=file.pk, file_sha256=file.sha256)


@action("enrolment.remove_document", title=_("删除报名材料"), allow=is_the_guardian)
def remove_document(actor: Actor, application: Application, *, kind: str, at: datetime) -> Document:
    document = wanted(passage.locked(application), kind)
    _drop(document)
    return change(document, file_id=None, file_sha256="")


def _drop(document: Document) -> None:
    """What a family took back nobody needs; the content goes with the next sweep."""
    StoredFile.objects.unscoped("a paper that was replaced").filter(pk=document.file_id).delete()
