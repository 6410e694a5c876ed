"""Seats, and the runs that give them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Person
from wutong.kernel.scope import ScopedModel
from wutong.platforms.governance.enrolment.models.application import Application, OfApplication
from wutong.platforms.governance.enrolment.models.window import Plan, Window


class PlacementRun(ScopedModel):
    """公办录取: what it decided stands in its lines before the first seat is written.

    So a run that was killed goes on with the same decision, however late. `digest` is over all lines.
    """

    SCOPE_FIELD = "window__district__path"

    class Kind(models.TextChoices):
        FIRST = "first", _("第一批对口录取")
        SECOND = "second", _("第二批对口录取")
        COORDINATION = "coordination", _("统筹录取")

    class State(models.TextChoices):
        DECIDED = "decided", _("结果已定，正在写入")
        DONE = "done", _("完成")

    window = models.ForeignKey(Window, models.CASCADE, related_name="runs")
    kind = models.CharField(_("批次"), max_length=12, choices=Kind)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DECIDED)
    digest = models.CharField(max_length=64)
    lines_total = models.PositiveIntegerField(default=0)
    lines_done = models.PositiveIntegerField(default=0)
    started = models.DateTimeField(_("开始时间"))
    finished = models.DateTimeField(_("完成时间"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("录取批次")
        constraints = [
            models.UniqueConstraint(fields=["window"], condition=Q(state="decided"), name="one_run_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.window_id} {self.kind}"


class PlacementLine(OfApplication):
    """What a run decided for one child, and why. `plan` is empty where the school was full or none was found."""

    run = models.ForeignKey(PlacementRun, models.CASCADE, related_name="lines")
    application = models.ForeignKey(Application, models.CASCADE, related_name="lines")
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")
    why = models.JSONField(default=dict)
    written = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("录取结果")
        indexes = [models.Index(fields=["run", "id"], condition=Q(written=False), name="lines_to_write")]
        constraints = [
            models.UniqueConstraint(fields=["run", "application"], name="one_line_a_child_and_run")
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.application_id}"


class Seat(OfApplication):
    """One place for one child. Live while `released` is empty: at most one a child in the whole city."""

    class Kind(models.TextChoices):
        CATCHMENT = "catchment", _("对口录取")
        FEEDER = "feeder", _("学籍对口录取")
        POOL = "pool", _("电脑派位录取")
        THROUGH = "through", _("一贯制直升")
        COORDINATED = "coordinated", _("统筹录取")
        DIRECT = "direct", _("民办直接录取")
        LOTTERY = "lottery", _("电脑随机录取")
        TRANSFER = "transfer", _("调剂录取")
        FREED = "freed", _("递补录取")
        SPECIAL = "special", _("特殊教育安置")

    application = models.ForeignKey(Application, models.PROTECT, related_name="seats")
    child = models.ForeignKey(Person, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="held")
    kind = models.CharField(_("录取方式"), max_length=12, choices=Kind)
    run = models.ForeignKey(PlacementRun, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("录取时间"))
    released = models.DateTimeField(_("放弃时间"), null=True)
    reason = models.CharField(_("放弃原因"), max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("学位")
        constraints = [
            models.UniqueConstraint(
                fields=["child", "year"], condition=Q(released=None), name="one_live_seat_a_child_and_year"
            )
        ]

    def __str__(self) -> str:
        return f"{self.application_id} → {self.plan_id}"
