"""What people decide about their own record. The statements stay as they were sent, in the store."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Guardianship, Organisation, Person
from wutong.kernel.people.persons import PersonalModel, live
from wutong.kernel.policy import Actor
from wutong.kernel.process.models import Case
from wutong.kernel.scope import ScopedModel
from wutong.platforms.learning.records.mine.words import KINDS


class OwnModel(PersonalModel):
    """A person's own, and their guardians': no office sees it."""

    SEARCHED = False

    class Meta:
        abstract = True

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        if actor.is_system:
            return Q()
        wards = Guardianship._base_manager.filter(
            live(), guardian_id=actor.person_id, child=models.OuterRef("person")
        )
        return Q(person_id=actor.person_id) | models.Exists(wards)

    @property
    def scope_path(self) -> str:
        """Nowhere: what is journalled of it concerns whoever did it, and no office."""
        return ""


class Hiding(OwnModel):
    """An entry that is shown on no page but its owner's list of hidden ones."""

    statement = models.UUIDField(_("学习记录"))
    at = models.DateTimeField(_("隐藏时间"))

    class Meta:
        verbose_name = _("隐藏的学习记录")
        constraints = [models.UniqueConstraint("person", "statement", name="one_hiding_of_a_statement")]

    def __str__(self) -> str:
        return str(self.statement)


class Share(OwnModel):
    """A link under which anybody who has it reads a part of somebody's record, until a day."""

    shown_as = models.CharField(_("对外显示的姓名"), max_length=40)
    year = models.PositiveSmallIntegerField(_("年份"), null=True, blank=True)
    kind = models.CharField(
        _("类别"),
        max_length=10,
        blank=True,
        choices=[(kind, title) for kind, (title, _words) in KINDS.items()],
    )
    created = models.DateTimeField(_("创建时间"))
    until = models.DateField(_("有效期至"))
    revoked = models.DateTimeField(_("停止时间"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("学习记录分享")

    def __str__(self) -> str:
        return self.shown_as


class ShareOpening(models.Model):
    """That a link was opened; by whom is not asked."""

    share = models.ForeignKey(Share, models.CASCADE, related_name="openings")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("分享链接被打开")

    def __str__(self) -> str:
        return str(self.share)


class Correction(ScopedModel):
    """Somebody says that a statement about them is wrong. `told` is the statement in words, as it stood then."""

    AUDIT_HIDDEN = frozenset({"told", "reason"})

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="correction")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", verbose_name=_("学习者"))
    statement = models.UUIDField(_("学习记录"))
    told = models.CharField(_("记录内容"), max_length=600)
    software = models.CharField(_("记录来源"), max_length=120)
    reason = models.CharField(_("哪里不对"), max_length=500)

    class Meta:
        verbose_name = _("学习记录更正")

    def __str__(self) -> str:
        return self.told

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        visible = Case._base_manager.filter(Case.scope(actor), pk=models.OuterRef("case"))
        return Q() if actor.is_system else Q(models.Exists(visible))
