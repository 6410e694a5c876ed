from typing import BinaryIO, cast

from django.core.files.storage import default_storage
from django.db import models
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.scope import ScopedModel


class StoredFile(ScopedModel):
    """A file somebody gave. The content lies in the storage under its SHA-256; equal contents lie there once."""

    name = models.CharField(_("文件名"), max_length=200)
    size = models.PositiveBigIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64, db_index=True)
    content_type = models.CharField(_("类型"), max_length=100)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("上传人"))
    purpose = models.CharField(_("用途"), max_length=60)
    at = models.DateTimeField(_("上传时间"))

    class Meta:
        verbose_name = _("文件")

    def __str__(self) -> str:
        return self.name

    @property
    def key(self) -> str:
        return f"{self.sha256[:2]}/{self.sha256}"

    def open(self) -> BinaryIO:
        return cast(BinaryIO, default_storage.open(self.key))
