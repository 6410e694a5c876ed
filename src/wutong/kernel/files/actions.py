import hashlib
import os
from datetime import datetime
from pathlib import PurePath

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, create
from wutong.kernel.errors import Invalid
from wutong.kernel.files.kinds import content_type
from wutong.kernel.files.models import StoredFile
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor, signed_in

LIMIT = 200 * 2**20


@action("files.store", title=_("保存文件"), allow=signed_in)
def store(
    actor: Actor,
    organisation: Organisation,
    *,
    uploaded: UploadedFile,
    purpose: str,
    at: datetime,
    limit: int = LIMIT,
) -> StoredFile:
    """Streams to the storage and on to the disk before the row says that it is there."""
    if uploaded.size > limit:
        raise Invalid(format_lazy(_("文件超过 {size} MB，请拆分后再上传。"), size=limit // 2**20))
    if not uploaded.size:
        raise Invalid(_("文件是空的，请重新选择。"))
    name = PurePath(uploaded.name or "").name[-200:]
    kind = content_type(name, uploaded.read(512))
    row = StoredFile(
        name=name,
        size=uploaded.size,
        sha256=_digest(uploaded),
        content_type=kind,
        organisation=organisation,
        person_id=actor.person_id,
        purpose=purpose,
        at=at,
    )
    _write(row.key, uploaded)
    return create(row)


def _digest(uploaded: UploadedFile) -> str:
    uploaded.seek(0)
    digest = hashlib.sha256()
    for chunk in uploaded.chunks():
        digest.update(chunk)
    uploaded.seek(0)
    return digest.hexdigest()


def _write(key: str, uploaded: UploadedFile) -> None:
    if default_storage.exists(key):
        return
    default_storage.save(key, uploaded)
    with default_storage.open(key) as file:
        os.fsync(file.fileno())
