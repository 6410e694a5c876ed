from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.policy import Actor, in_sight
from wutong.kernel.scope import ScopedModel


class Notice(ScopedModel):
    """What is said. A message of the system has no organisation, and a key that makes it be sent once."""

    class Kind(models.TextChoices):
        NOTICE = "notice", _("通知")
        NEWS = "news", _("公告")
        SYSTEM = "system", _("系统消息")

    kind = models.CharField(_("类别"), max_length=10, choices=Kind, default=Kind.NOTICE)
    title = models.CharField(_("标题"), max_length=120)
    body = models.TextField(_("正文"), blank=True)
    href = models.CharField(_("相关页面"), max_length=300, blank=True)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, verbose_name=_("发布单位"), related_name="+"
    )
    sender = models.ForeignKey(Person, models.PROTECT, null=True, verbose_name=_("发布人"), related_name="+")
    audience = models.ForeignKey(
        Organisation, models.PROTECT, null=True, verbose_name=_("发给"), related_name="+"
    )
    roles = models.JSONField(_("其中的身份"), default=list)
    needs_receipt = models.BooleanField(_("需要回执"), default=False)
    due = models.DateField(_("回执截止"), null=True, blank=True)
    at = models.DateTimeField(_("发布时间"))
    withdrawn = models.DateTimeField(_("撤回时间"), null=True)
    key = models.CharField(max_length=150, unique=True, null=True)
    # What the system wrote: the sentence, its values, and those of them that are terms of the house.
    words = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("通知")

    def __str__(self) -> str:
        return self.title

    @property
    def said(self) -> str:
        """The title, in the reader's language where the system wrote it."""
        if not self.words:
            return self.title
        terms = {name: gettext(term) for name, term in self.words["terms"].items()}
        text = self.words["text"]
        return gettext(text) % {**self.words["values"], **terms}

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        """Those it was sent to, and those who see the organisation that published it."""
        if actor.is_system:
            return Q()
        mine = Delivery._base_manager.filter(notice=OuterRef("pk"), person_id=actor.person_id)
        return Exists(mine) | in_sight(actor, cls.SCOPE_FIELD)

    @property
    def scope_path(self) -> str:
        return self.organisation.path if self.organisation else ""


class Delivery(ScopedModel):
    """One notice for one person."""

    SCOPE_FIELD = "notice__organisation__path"

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    person = models.ForeignKey(Person, models.CASCADE, related_name="+")
    read_at = models.DateTimeField(_("阅读时间"), null=True)
    receipt_at = models.DateTimeField(_("回执时间"), null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "person"], name="notice_delivered_once")]
        indexes = [
            models.Index(fields=["person"], condition=Q(read_at__isnull=True), name="notice_unread"),
            models.Index(fields=["person", "-notice"]),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} → {self.person_id}"

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        own = Q(person_id=actor.person_id) if actor.person_id is not None else Q(pk__in=())
        return Q() if actor.is_system else own | in_sight(actor, cls.SCOPE_FIELD)

    @property
    def scope_path(self) -> str:
        return self.notice.scope_path
