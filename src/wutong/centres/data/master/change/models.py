from django.db import models
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.kernel.process.models import Case
from wutong.kernel.scope import ScopedModel


class ChangeRequest(ScopedModel):
    """`before` and `proposed` hold the columns that differ, as plain values of the register."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="change_request")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    before = models.JSONField(_("现在"))
    proposed = models.JSONField(_("改为"))
    reason = models.CharField(_("变更原因"), max_length=300)

    class Meta:
        verbose_name = _("学校信息变更")

    def __str__(self) -> str:
        return str(self.organisation)

    @classmethod
    def scope(cls, actor: Actor) -> models.Q:
        visible = Case._base_manager.filter(Case.scope(actor), pk=models.OuterRef("case"))
        return models.Q() if actor.is_system else models.Q(models.Exists(visible))
