"""The journal: who did what to what, each entry sealed onto the one before."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.policy import Actor, in_sight
from wutong.kernel.scope import ScopedModel


class AuditHead(models.Model):
    """The one row that says where the chain ends. Locked by each writer until it commits."""

    sequence = models.BigIntegerField(default=0)
    digest = models.CharField(max_length=64, default="")


class AuditEntry(ScopedModel):
    """Never changed, never deleted. `changes` is {field: [before, after]} with secrets left out."""

    SCOPE_FIELD = "organisation_path"

    sequence = models.BigIntegerField(_("序号"), primary_key=True)
    at = models.DateTimeField(_("时间"))
    actor_id = models.BigIntegerField(_("操作人编号"), null=True, db_index=True)
    actor_name = models.CharField(_("操作人"), max_length=100)
    action = models.CharField(_("动作"), max_length=100)
    subject_kind = models.CharField(_("对象类别"), max_length=100)
    subject_id = models.CharField(_("对象编号"), max_length=64)
    subject_name = models.CharField(_("对象"), max_length=200, blank=True)
    organisation_path = models.CharField(_("所属单位"), max_length=120, blank=True)
    changes = models.JSONField(_("变化"), default=dict)
    request_id = models.CharField(_("请求编号"), max_length=40, blank=True)
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("审计记录")
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"]),
            models.Index(fields=["organisation_path"]),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.action}"

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        own = Q(actor_id=actor.person_id) if actor.person_id is not None else Q(pk__in=())
        return in_sight(actor, cls.SCOPE_FIELD) | own if not actor.is_system else Q()

    def content(self) -> dict[str, Any]:
        """What the digest is taken over: everything but the digest itself."""
        return {
            "sequence": self.sequence,
            "at": self.at.isoformat(),
            "actor_id": self.actor_id,
            "actor_name": self.actor_name,
            "action": self.action,
            "subject_kind": self.subject_kind,
            "subject_id": self.subject_id,
            "subject_name": self.subject_name,
            "organisation_path": self.organisation_path,
            "changes": self.changes,
            "request_id": self.request_id,
            "previous": self.previous,
        }


class AuditRange(models.Model):
    """Rows that one entry speaks of together, by their keys: how a row written in bulk finds its history."""

    entry = models.ForeignKey(AuditEntry, models.PROTECT, related_name="ranges")
    kind = models.CharField(max_length=100)
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["kind", "first"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.first}–{self.last}"
