from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.policy import Actor, in_sight
from wutong.kernel.scope import ScopedModel


class ProcessVersion(models.Model):
    """A declaration as it stood when cases were opened under it. Never changed."""

    process = models.CharField(max_length=60)
    year = models.PositiveSmallIntegerField()
    digest = models.CharField(max_length=64)
    picture = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["process", "year", "digest"], name="one_picture")]

    def __str__(self) -> str:
        return f"{self.process} {self.year} {self.digest[:8]}"


class CaseCounter(models.Model):
    """The last number given out for a prefix in a year."""

    prefix = models.CharField(max_length=10)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prefix", "year"], name="one_counter_a_year")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.last}"


class Case(ScopedModel):
    """One matter of any process. The module's own model holds what is asked."""

    number = models.CharField(_("办件号"), max_length=30, unique=True)
    process = models.CharField(_("事项"), max_length=60)
    process_version = models.ForeignKey(ProcessVersion, models.PROTECT, related_name="+")
    state = models.CharField(_("状态"), max_length=40)
    title = models.CharField(_("标题"), max_length=200)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("单位"))
    applicant = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("申请人"))
    holder_role = models.CharField(max_length=20, blank=True)
    holder = models.ForeignKey(
        Organisation, models.PROTECT, null=True, related_name="+", verbose_name=_("办理单位")
    )
    delegate = models.ForeignKey(
        Person, models.PROTECT, null=True, related_name="+", verbose_name=_("受托办理人")
    )
    opened = models.DateTimeField(_("发起时间"))
    due = models.DateTimeField(_("办理期限"), null=True)
    closed = models.DateTimeField(_("办结时间"), null=True)
    outcome = models.CharField(_("结果"), max_length=20, blank=True)
    escalated = models.PositiveSmallIntegerField(default=0)
    reminded = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("办件")
        indexes = [
            models.Index(
                fields=["holder", "holder_role", "due"], condition=Q(closed=None), name="case_inbox"
            ),
            models.Index(fields=["delegate", "due"], condition=Q(closed=None), name="case_delegated"),
            models.Index(fields=["due"], condition=Q(closed=None), name="case_overdue"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        if actor.is_system:
            return Q()
        seen = in_sight(actor, cls.SCOPE_FIELD)
        if actor.person_id is not None:
            seen |= Q(applicant_id=actor.person_id) | Q(delegate_id=actor.person_id)
        for role in actor.roles:
            seen |= Q(holder_id=role.organisation_id, holder_role=role.name)
        return seen


class CaseEvent(ScopedModel):
    """The timeline: what happened, who did it, what they said. Only ever added to."""

    SCOPE_FIELD = "case__organisation__path"

    class Kind(models.TextChoices):
        STEP = "step", _("办理")
        DELEGATED = "delegated", _("转交")
        REMINDED = "reminded", _("提醒")
        ESCALATED = "escalated", _("升级")

    case = models.ForeignKey(Case, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STEP)
    actor = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=100)
    step = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=40, blank=True)
    target = models.CharField(max_length=40, blank=True)
    comment = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.step}"

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        visible = Case._base_manager.filter(Case.scope(actor), pk=models.OuterRef("case"))
        return Q() if actor.is_system else Q(models.Exists(visible))
