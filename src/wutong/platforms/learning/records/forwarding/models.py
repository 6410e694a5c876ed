from django.db import models
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation
from wutong.platforms.learning.records.keeping import OfKeepers


class Forward(OfKeepers):
    """Sends an organisation's statements on to another store, in the order in which they were stored here.

    `cursor` is the stamp of the last statement that was sent or refused over there; `sealed` the other store's secret.
    """

    AUDIT_HIDDEN = frozenset({"sealed"})

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("机构"))
    name = models.CharField(_("名称"), max_length=60)
    url = models.URLField(_("对方的接入地址"), max_length=500)
    username = models.CharField(_("用户名"), max_length=200)
    sealed = models.BinaryField(editable=False)
    verb = models.CharField(_("只转发这个动词"), max_length=500, blank=True)
    activity = models.CharField(_("只转发这个活动"), max_length=500, blank=True)
    purpose = models.CharField(_("用途"), max_length=200)
    created = models.DateTimeField(_("创建时间"))
    stopped = models.DateTimeField(_("停用时间"), null=True)
    cursor = models.BigIntegerField(default=0)
    sent = models.PositiveBigIntegerField(_("已转发"), default=0)
    refused = models.PositiveBigIntegerField(_("对方拒收"), default=0)
    last_sent = models.DateTimeField(_("最近转发"), null=True)
    failures = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField(_("下次尝试"))
    trouble = models.CharField(_("最近的问题"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("学习记录转发")

    def __str__(self) -> str:
        return self.name
