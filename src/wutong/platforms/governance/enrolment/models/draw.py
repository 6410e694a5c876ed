"""The lottery of a district's private schools, as it can be checked by anybody afterwards."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Person
from wutong.kernel.scope import ScopedModel
from wutong.platforms.governance.enrolment.models.application import Application, OfApplication
from wutong.platforms.governance.enrolment.models.window import Plan, Window


class Draw(ScopedModel):
    """One round for all private schools of a window, or for its pools. The city's seed is sealed until the draw.

    `seats`: name of each list to its free seats when it was frozen; `pool_seats`: of each school of the pools.
    `freed`: name of each list to the numbers that gave up since, as they came; only ever added to.
    """

    SCOPE_FIELD = "window__district__path"
    AUDIT_HIDDEN = frozenset({"sealed_seed"})

    class Round(models.TextChoices):
        FIRST = "first", _("民办报名志愿")
        TRANSFER = "transfer", _("民办调剂志愿")
        POOL = "pool", _("公办电脑派位")

    class State(models.TextChoices):
        FROZEN = "frozen", _("名单已冻结")
        DRAWN = "drawn", _("已摇号")
        PUBLISHED = "published", _("已公布")

    window = models.ForeignKey(Window, models.CASCADE, related_name="draws")
    round = models.CharField(_("轮次"), max_length=10, choices=Round)
    rehearsal = models.BooleanField(_("演练"), default=False)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.FROZEN)
    algorithm = models.CharField(max_length=8, default="sha256")
    commit = models.CharField(_("种子承诺"), max_length=64)
    sealed_seed = models.BinaryField()
    city_seed = models.CharField(_("市级种子"), max_length=64, blank=True)
    public_seed = models.CharField(_("公共种子"), max_length=200, blank=True)
    public_source = models.CharField(_("公共种子来源"), max_length=200, blank=True)
    seats = models.JSONField(default=dict)
    pool_seats = models.JSONField(default=dict)
    announced = models.JSONField(_("名单校验值"), default=dict)
    freed = models.JSONField(_("放弃学位"), default=dict)
    frozen = models.DateTimeField(_("冻结时间"))
    drawn = models.DateTimeField(_("摇号时间"), null=True)
    published = models.DateTimeField(_("公布时间"), null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("电脑随机录取")
        constraints = [
            models.UniqueConstraint(
                fields=["window", "round"], condition=Q(rehearsal=False), name="one_real_draw_a_round"
            )
        ]

    def __str__(self) -> str:
        return f"{self.window_id} {self.round}"


class DrawEntry(OfApplication):
    """One application in the list of one school category, or of one pool; its ticket and place once drawn.

    `plan` is what a private list draws for; of a pool it is known only afterwards.
    """

    draw = models.ForeignKey(Draw, models.CASCADE, related_name="entries")
    application = models.ForeignKey(Application, models.PROTECT, related_name="entries")
    list = models.CharField(max_length=120)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+")
    group = models.PositiveBigIntegerField(null=True)
    ticket = models.CharField(max_length=64, blank=True)
    position = models.PositiveIntegerField(null=True)
    admitted = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("摇号名单")
        constraints = [models.UniqueConstraint(fields=["draw", "application"], name="one_entry_a_round")]

    def __str__(self) -> str:
        return f"{self.draw_id} {self.application_id}"


class Witness(ScopedModel):
    """Who watched the draw and put their name to it: 公证、监察、家长代表."""

    SCOPE_FIELD = "draw__window__district__path"

    draw = models.ForeignKey(Draw, models.CASCADE, related_name="witnesses")
    name = models.CharField(_("姓名"), max_length=60)
    office = models.CharField(_("身份"), max_length=100)
    signed = models.CharField(max_length=64)
    at = models.DateTimeField(_("签署时间"))
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("见证人")
        constraints = [models.UniqueConstraint(fields=["draw", "name"], name="a_witness_signs_once")]

    def __str__(self) -> str:
        return self.name
