from django.db import models
from django.utils.translation import gettext_lazy as _

from wutong.kernel.files.models import StoredFile
from wutong.kernel.people.models import Person
from wutong.kernel.policy import Actor
from wutong.kernel.scope import ScopedModel


class ImportRun(ScopedModel):
    """One sheet on its way into a register: checked first, loaded when its owner says so.

    What was wrong is told in the `language` in which it was uploaded.
    """

    class State(models.TextChoices):
        CHECKING = "checking", _("检查中")
        CHECKED = "checked", _("待确认")
        LOADING = "loading", _("导入中")
        DONE = "done", _("已导入")
        REFUSED = "refused", _("无法读取")
        DROPPED = "dropped", _("已放弃")

    register = models.CharField(_("台账"), max_length=60)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name=_("文件"))
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("导入人"))
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.CHECKING)
    at = models.DateTimeField(_("上传时间"))
    mapping = models.JSONField(_("表头对应"), default=dict)
    result = models.JSONField(_("结果"), default=dict)
    sentence = models.CharField(_("说明"), max_length=500, blank=True)
    language = models.CharField(_("语言"), max_length=10, default="zh-hans")

    class Meta:
        verbose_name = _("导入")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.register} {self.pk}"

    @classmethod
    def scope(cls, actor: Actor) -> models.Q:
        """Whoever uploaded it: a sheet may hold what others in the same office must not see."""
        return models.Q() if actor.is_system else models.Q(person_id=actor.person_id)

    @property
    def scope_path(self) -> str:
        return self.person.scope_path

    @property
    def job_key(self) -> str:
        return f"register.{self.state}:{self.pk}"


class Problem(models.Model):
    """What was wrong in one cell of a sheet, in words. `refused`: the row was not taken because of it."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField(_("行"))
    column = models.CharField(_("列"), max_length=100, blank=True)
    value = models.CharField(_("值"), max_length=100, blank=True)
    rule = models.CharField(_("规则"), max_length=60)
    message = models.CharField(_("问题"), max_length=300)
    mend = models.CharField(_("怎样改"), max_length=300, blank=True)
    refused = models.BooleanField(_("退回"), default=True)

    class Meta:
        ordering = ["row", "pk"]

    def __str__(self) -> str:
        return f"{self.row} {self.column}: {self.message}"
