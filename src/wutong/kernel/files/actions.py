"""Taking a file in, and clearing away what no record knows."""

import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Any

from django.core.files.base import File
from django.core.files.storage import Storage, default_storage
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong.kernel.action import action, create
from wutong.kernel.errors import Invalid
from wutong.kernel.files.kinds import content_type
from wutong.kernel.files.models import StoredFile
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor, signed_in

LARGEST = 50 * 2**20
GRACE = timedelta(days=1)
BLOB = re.compile(r"[0-9a-f]{64}")


def store(
    actor: Actor,
    organisation: Organisation,
    *,
    uploaded: File,
    purpose: str,
    at: datetime | None = None,
    sensitive: bool = False,
    largest: int = LARGEST,
) -> StoredFile:
    """Content first, record second: a crash between leaves a blob for `sweep`, never a record without content."""
    signed_in.require(actor)
    name = PurePath((uploaded.name or "").replace("\\", "/")).name[-200:]
    kind = content_type(name, uploaded)
    digest, size = measured(uploaded, largest)
    file = StoredFile(
        name=name, size=size, sha256=digest, content_type=kind, organisation=organisation,
        uploaded_by_id=actor.person_id, at=at or timezone.now(), purpose=purpose, sensitive=sensitive,
    )  # fmt: skip
    place(default_storage, file.stored_name, size, uploaded)
    return record_file(actor, organisation, file=file, at=at)


@action("files.store", title=gettext_lazy("上传文件"), allow=signed_in)
def record_file(actor: Actor, organisation: Organisation, *, file: StoredFile, at: datetime) -> StoredFile:
    return create(file)


def measured(uploaded: File, largest: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for chunk in uploaded.chunks():
        size += len(chunk)
        if size > largest:
            raise Invalid(_("文件超过 %(most)s MB，请压缩或分开上传。") % {"most": largest // 2**20})
        digest.update(chunk)
    if not size:
        raise Invalid(_("文件是空的，请检查后重新上传。"))
    return digest.hexdigest(), size


def place(storage: Storage, name: str, size: int, uploaded: File) -> None:
    """On disk for good, or not at all; content that is there already is only marked as wanted again."""
    if storage.exists(name) and storage.size(name) == size:
        path = local_path(storage, name)
        if path:
            os.utime(path)
        return
    path = local_path(storage, name)
    if path:
        write(path, uploaded)
    else:
        uploaded.seek(0)
        storage.save(name, uploaded)


def local_path(storage: Storage, name: str) -> Path | None:
    try:
        return Path(storage.path(name))
    except NotImplementedError:
        return None


def write(path: Path, uploaded: File) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as target:
        for chunk in uploaded.chunks():
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def sweep(progress: Callable[..., Any] | None = None, *, at: datetime | None = None) -> str:
    """Job: removes content that is a day old and that no record names."""
    before = (at or timezone.now()) - GRACE
    removed = 0
    for name in blobs(default_storage):
        if default_storage.get_modified_time(name) < before and not wanted(name):
            default_storage.delete(name)
            removed += 1
    return str(removed)


def wanted(name: str) -> bool:
    rows = StoredFile.objects.unscoped("content is shared by all that name it")
    return rows.filter(sha256=name.rpartition("/")[2]).exists()


def blobs(storage: Storage) -> Iterator[str]:
    """Only what `place` wrote, and the drafts that it left when it was killed."""
    if not storage.exists("."):
        return
    for folder in storage.listdir(".")[0]:
        if re.fullmatch(r"[0-9a-f]{2}", folder):
            names = storage.listdir(folder)[1]
            yield from (f"{folder}/{name}" for name in names if BLOB.fullmatch(name.lstrip(".")[:64]))
