from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.policy import Actor, in_sight
from wutong.kernel.scope import ScopedModel


class StoredFile(ScopedModel):
    """One hand-over of a file. The same content is on disk once, whoever hands it over."""

    name = models.CharField(_("文件名"), max_length=200)
    size = models.PositiveBigIntegerField(_("大小"))
    sha256 = models.CharField(max_length=64, db_index=True)
    content_type = models.CharField(_("类型"), max_length=100)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("所属单位")
    )
    uploaded_by = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("上传人")
    )
    at = models.DateTimeField(_("上传时间"))
    purpose = models.CharField(_("用途"), max_length=80)
    sensitive = models.BooleanField(_("查看时记入日志"), default=False)

    class Meta:
        verbose_name = _("文件")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        own = Q(uploaded_by_id=actor.person_id) if actor.person_id is not None else Q(pk__in=())
        return Q() if actor.is_system else own | in_sight(actor, cls.SCOPE_FIELD)

    @property
    def stored_name(self) -> str:
        return f"{self.sha256[:2]}/{self.sha256}"

    def open(self) -> File:
        """The content, to be closed by the caller."""
        return default_storage.open(self.stored_name)
