from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.policy import Actor
from wutong.kernel.process.models import Case
from wutong.kernel.scope import ScopedModel
from wutong.platforms.governance.enrolment.models.application import Application


class Deferral(ScopedModel):
    """缓学申请: one year later, for a reason that the district weighs."""

    SCOPE_FIELD = "application__window__district__path"

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="deferral")
    application = models.ForeignKey(Application, models.CASCADE, related_name="deferrals")
    reason = models.CharField(_("缓学原因"), max_length=300)

    AUDIT_HIDDEN = frozenset({"reason"})

    class Meta:
        verbose_name = _("缓学申请")

    def __str__(self) -> str:
        return str(self.application_id)

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        visible = Case._base_manager.filter(Case.scope(actor), pk=OuterRef("case"))
        return Q() if actor.is_system else Q(Exists(visible))
