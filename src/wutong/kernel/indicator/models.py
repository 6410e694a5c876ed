from django.db import models
from django.utils.translation import gettext_lazy as _

from wutong.kernel.scope import ScopedModel


class IndicatorRun(models.Model):
    """One computation. Its values are written with it, in one transaction: there is no half of a run."""

    indicator = models.CharField(max_length=80)
    formula = models.TextField(_("公式"))
    formula_version = models.CharField(_("公式版本"), max_length=12)
    snapshot = models.CharField(_("数据快照"), max_length=40)
    at = models.DateTimeField(_("计算时间"))

    class Meta:
        indexes = [models.Index(fields=["indicator", "-at"])]

    def __str__(self) -> str:
        return f"{self.indicator} {self.at:%Y-%m-%d %H:%M}"


class IndicatorValue(ScopedModel):
    """What was measured for one organisation; `dimensions` is empty for the whole of it."""

    SCOPE_FIELD = "organisation_path"

    run = models.ForeignKey(IndicatorRun, models.CASCADE, related_name="values")
    organisation_path = models.CharField(max_length=120)
    dimensions = models.JSONField(default=dict)
    value = models.FloatField(null=True)
    base = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["run", "organisation_path"])]

    def __str__(self) -> str:
        return f"{self.run_id} {self.organisation_path} {self.dimensions}"
