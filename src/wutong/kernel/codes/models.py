from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class CodeSet(models.Model):
    """One list in one version. The version in force on a day is the latest that had begun by then."""

    name = models.SlugField(_("名称"), max_length=60)
    title = models.CharField(_("标题"), max_length=100)
    title_en = models.CharField(_("英文标题"), max_length=120, blank=True)
    standard = models.CharField(_("依据"), max_length=200, blank=True)
    version = models.CharField(_("版本"), max_length=40)
    valid_from = models.DateField(_("起用日期"))
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)
    confidence = models.CharField(_("可信程度"), max_length=20, blank=True)
    note = models.TextField(_("说明"), blank=True)
    source = models.CharField(_("来源"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("代码集")
        ordering = ["name", "-valid_from"]
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="one_version_of_a_set")]

    def __str__(self) -> str:
        return self.title_en if self.title_en and get_language() == "en" else self.title


class Code(models.Model):
    """A line of a code set; a retired one stays, with the day it ended."""

    set = models.ForeignKey(CodeSet, models.CASCADE, related_name="codes")
    code = models.CharField(_("代码"), max_length=30)
    name = models.CharField(_("名称"), max_length=200)
    name_en = models.CharField(_("英文名称"), max_length=200, blank=True)
    parent = models.CharField(_("上级代码"), max_length=30, blank=True)
    note = models.CharField(_("说明"), max_length=500, blank=True)
    position = models.PositiveIntegerField(_("顺序"), default=0)
    valid_to = models.DateField(_("停用日期"), null=True, blank=True)

    class Meta:
        verbose_name = _("代码")
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["set", "code"], name="one_line_per_code")]

    def __str__(self) -> str:
        return self.name_en if self.name_en and get_language() == "en" else self.name
