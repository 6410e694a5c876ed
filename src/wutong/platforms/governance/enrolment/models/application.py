"""A child's way through a window: registration form, documents, wishes, and each step it took."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Guardianship, Organisation, Person
from wutong.kernel.people.persons import live
from wutong.kernel.policy import Actor, in_sight
from wutong.kernel.scope import ScopedManager, ScopedModel, ScopedQuerySet
from wutong.platforms.governance.enrolment.models.window import Plan, Side, Stage, Window

STAGE_DIGIT = {Stage.PRIMARY: "1", Stage.JUNIOR: "2"}


class ApplicationQuerySet(ScopedQuerySet):
    def numbered(self, number: str) -> Self:
        """The one that a 报名号 names; nothing where it names none."""
        key = Application.key_of(number)
        return self.none() if key is None else self.filter(pk=key, year=int(number[:4]))


class Application(ScopedModel):
    """信息登记表 and what follows from it. `sheet` is what the family says, `facts` what was found true.

    `guardian` is the 关联监护人, the only one who acts for the child this year. `school` is set when the
    family is told, and from then on the school sees the row.
    """

    SCOPE_FIELD = "window__district__path"

    window = models.ForeignKey(Window, models.PROTECT, related_name="applications")
    year = models.PositiveSmallIntegerField(_("招生年份"))
    stage = models.CharField(_("学段"), max_length=10, choices=Stage)
    child = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("孩子"))
    guardian = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("关联监护人"))
    state = models.CharField(_("状态"), max_length=20, default="draft")
    side = models.CharField(_("公办或民办"), max_length=10, choices=Side, blank=True)
    sheet = models.JSONField(_("信息登记表"), default=dict)
    facts = models.JSONField(_("核验结果"), default=dict)
    confirmed = models.DateTimeField(_("确认时间"), null=True)
    private_first = models.BooleanField(_("先报民办未录取"), default=False)
    special = models.CharField(_("特殊需要"), max_length=200, blank=True)
    twins = models.PositiveBigIntegerField(_("多胞胎组"), null=True, blank=True)
    twins_together = models.BooleanField(_("多胞胎捆绑"), default=False)
    appointment = models.DateTimeField(_("现场核验预约"), null=True)
    school = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", verbose_name=_("录取学校")
    )
    destination = models.CharField(_("去向"), max_length=200, blank=True)
    at = models.DateTimeField(_("登记时间"))
    version = models.PositiveIntegerField(default=1, editable=False)

    AUDIT_HIDDEN = frozenset({"sheet", "facts", "special"})

    objects = ScopedManager.from_queryset(ApplicationQuerySet)()

    class Meta:
        verbose_name = _("入学报名")
        indexes = [models.Index(fields=["window", "state"])]
        constraints = [
            models.UniqueConstraint(
                fields=["child", "year"],
                condition=~Q(state="withdrawn"),
                name="one_live_application_a_child_and_year",
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.child}"

    @property
    def number(self) -> str:
        """报名号: year, stage and a running number; it says nothing about the child."""
        return f"{self.year}{STAGE_DIGIT[Stage(self.stage)]}{self.pk:07d}"

    @staticmethod
    def key_of(number: str) -> int | None:
        """The running number in a 报名号; None where it cannot be one."""
        return int(number[5:]) if len(number) == 12 and number.isascii() and number.isdigit() else None

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        """District and city by their tree, a school those it was told of, a family its own children's."""
        if actor.is_system:
            return Q()
        wards = Guardianship._base_manager.filter(
            live(on=timezone.localdate()), guardian_id=actor.person_id, child=OuterRef("child")
        )
        seen = in_sight(actor, "school__path") | in_sight(actor, cls.SCOPE_FIELD)
        return seen if actor.person_id is None else seen | Q(guardian_id=actor.person_id) | Exists(wards)


class OfApplication(ScopedModel):
    """Seen by who sees the application."""

    SCOPE_FIELD = "application__window__district__path"

    class Meta:
        abstract = True

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        visible = Application._base_manager.filter(Application.scope(actor), pk=OuterRef("application"))
        return Q() if actor.is_system else Q(Exists(visible))


class Passage(OfApplication):
    """One step on the way: when, from where to where, by whom, and what was said. Only ever added to."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="passages")
    at = models.DateTimeField()
    move = models.CharField(max_length=20)
    source = models.CharField(max_length=20, blank=True)
    target = models.CharField(max_length=20)
    actor = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=100)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.move}"


class Document(OfApplication):
    """材料: one kind once; compared with a source, looked at by a person, or still to be shown."""

    class Result(models.TextChoices):
        WAITING = "waiting", _("待核对")
        AGREES = "agrees", _("数据一致")
        DIFFERS = "differs", _("数据不一致")
        MISSING = "missing", _("未查到记录")
        SEEN = "seen", _("现场核验通过")
        REFUSED = "refused", _("核验不通过")

    application = models.ForeignKey(Application, models.CASCADE, related_name="documents")
    kind = models.CharField(_("材料"), max_length=20)
    result = models.CharField(_("核对结果"), max_length=10, choices=Result, default=Result.WAITING)
    source = models.CharField(_("数据来源"), max_length=60, blank=True)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    file_sha256 = models.CharField(max_length=64, blank=True)
    file_id = models.PositiveBigIntegerField(null=True)
    checked = models.DateTimeField(_("核对时间"), null=True)
    checker = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("报名材料")
        constraints = [models.UniqueConstraint(fields=["application", "kind"], name="one_document_of_a_kind")]

    def __str__(self) -> str:
        return f"{self.application_id} {self.kind}"


class Wish(OfApplication):
    """民办志愿: one school, and one to be moved to if that draws others."""

    class Kind(models.TextChoices):
        FIRST = "first", _("报名志愿")
        TRANSFER = "transfer", _("调剂志愿")

    application = models.ForeignKey(Application, models.CASCADE, related_name="wishes")
    kind = models.CharField(_("志愿"), max_length=10, choices=Kind)
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="wishes")
    at = models.DateTimeField(_("提交时间"))

    class Meta:
        verbose_name = _("民办志愿")
        constraints = [
            models.UniqueConstraint(fields=["application", "kind"], name="one_wish_of_a_kind"),
            models.UniqueConstraint(fields=["application", "plan"], name="two_wishes_are_two_schools"),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.kind}"


class SourceRecord(models.Model):
    """What the local test sources answer with: invented records, in no way those of an authority."""

    source = models.CharField(max_length=20)
    digest = models.BinaryField(max_length=32)
    content = models.JSONField()

    class Meta:
        verbose_name = _("本地测试数据")
        constraints = [models.UniqueConstraint(fields=["source", "digest"], name="one_record_a_number")]

    def __str__(self) -> str:
        return self.source
