from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.policy import Actor, in_sight, subtree
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


class Variant(ScopedModel):
    """What an office settled for its year: limits, holders, which steps exist. Only what differs from above."""

    process = models.CharField(_("事项"), max_length=60)
    year = models.PositiveSmallIntegerField(_("年份"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("单位"))
    terms = models.JSONField(_("设定"), default=dict)
    at = models.DateTimeField(_("设定时间"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("办理规则")
        constraints = [
            models.UniqueConstraint("process", "year", "organisation", name="one_variant_of_an_office")
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.year} {self.organisation_id}"


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
    notice_until = models.DateTimeField(_("公示截止"), null=True)
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
        return seen | signs(actor) if actor.roles else seen


def signs(actor: Actor, **lookup: Any) -> Q:
    """Cases under which one of the actor's roles has a place for a signature."""
    own = Q(pk__in=())
    for role in actor.roles:
        own |= Q(organisation_id=role.organisation_id, role=role.name)
    return Q(models.Exists(Signature._base_manager.filter(own, case=models.OuterRef("pk"), **lookup)))


class CaseEvent(ScopedModel):
    """The timeline: what happened, who did it, what they said. Only ever added to."""

    SCOPE_FIELD = "case__organisation__path"

    class Kind(models.TextChoices):
        STEP = "step", _("办理")
        DELEGATED = "delegated", _("转交")
        REMINDED = "reminded", _("提醒")
        ESCALATED = "escalated", _("升级")
        SIGNED = "signed", _("会签")
        OBJECTED = "objected", _("收到异议")
        ANSWERED = "answered", _("异议已答复")

    case = models.ForeignKey(Case, models.CASCADE, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.STEP)
    actor = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    actor_name = models.CharField(max_length=100)
    step = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=40, blank=True)
    target = models.CharField(max_length=40, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    # Where the matter lay when this happened.
    unit = models.ForeignKey(Organisation, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.kind} {self.step}"

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        return _of_a_visible_case(actor)


class Signature(ScopedModel):
    """A place under a step, for as long as the case stays in its state; signed once it has a person.

    Places nobody signed are gone when the case moves on; signatures stay.
    """

    SCOPE_FIELD = "case__organisation__path"

    case = models.ForeignKey(Case, models.CASCADE, related_name="signatures")
    stay = models.ForeignKey(CaseEvent, models.CASCADE, related_name="+")
    step = models.CharField(max_length=40)
    signer = models.CharField(max_length=40)
    role = models.CharField(max_length=20)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(null=True)
    comment = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name = _("会签")
        constraints = [
            models.UniqueConstraint("stay", "step", "signer", name="one_place_of_a_signer"),
            models.UniqueConstraint("stay", "step", "person", name="one_signature_of_a_person"),
        ]
        indexes = [
            models.Index(fields=["organisation", "role"], condition=Q(person=None), name="signature_awaited")
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.step} {self.signer}"

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        return _of_a_visible_case(actor)


class Objection(ScopedModel):
    """What somebody has against a matter on public notice. Who applied does not learn who objected."""

    SCOPE_FIELD = "case__organisation__path"
    AUDIT_HIDDEN = frozenset({"text"})

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("异议成立")
        DISMISSED = "dismissed", _("异议不成立")

    case = models.ForeignKey(Case, models.CASCADE, related_name="objections")
    stay = models.ForeignKey(CaseEvent, models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("异议人"))
    text = models.TextField(_("异议内容"), max_length=2_000)
    at = models.DateTimeField(_("提出时间"))
    outcome = models.CharField(_("处理结果"), max_length=10, choices=Outcome, blank=True)
    answer = models.CharField(_("答复"), max_length=500, blank=True)
    decided = models.DateTimeField(_("答复时间"), null=True)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("异议")
        constraints = [
            models.UniqueConstraint(
                "stay", "person", condition=Q(decided=None), name="one_open_objection_of_a_person"
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.pk}"

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        """Who filed it, who holds the matter while it is on notice, and the offices above it."""
        if actor.is_system:
            return Q()
        own = Q(person_id=actor.person_id) if actor.person_id is not None else Q(pk__in=())
        for role in actor.roles:
            own |= Q(
                case__holder=role.organisation_id,
                case__holder_role=role.name,
                case__notice_until__isnull=False,
            )
            if role.name in ("officer", "auditor"):
                own |= subtree(role.path, cls.SCOPE_FIELD)
        return own


def _of_a_visible_case(actor: Actor) -> Q:
    visible = Case._base_manager.filter(Case.scope(actor), pk=models.OuterRef("case"))
    return Q() if actor.is_system else Q(models.Exists(visible))
