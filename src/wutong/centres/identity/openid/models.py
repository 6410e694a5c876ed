"""What the protocol keeps. Tokens, codes and keys are nowhere in the clear: keyed hashes, or sealed."""

import secrets
import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Person
from wutong.kernel.policy import Actor
from wutong.kernel.scope import ScopedModel


class SigningKey(models.Model):
    """A key that signs from a moment on, published before that and for a while after the next one signs."""

    AUDIT_HIDDEN = frozenset({"sealed"})

    kid = models.CharField(max_length=43, unique=True)
    alg = models.CharField(_("算法"), max_length=5)
    sealed = models.BinaryField()
    made = models.DateTimeField(_("生成时间"))
    signs_from = models.DateTimeField(_("启用时间"))
    published_until = models.DateTimeField(_("公布到"), null=True)

    class Meta:
        verbose_name = _("签名密钥")

    def __str__(self) -> str:
        return f"{self.alg} {self.kid[:8]}"


class OfPerson(ScopedModel):
    """Seen by the person alone: which applications somebody uses is nobody else's business."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("人员"))

    class Meta:
        abstract = True

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        if actor.is_system:
            return Q()
        own = Q(person=actor.person_id) | Q(person__merged_into=actor.person_id)
        return own if actor.person_id is not None else Q(pk__in=())

    @property
    def scope_path(self) -> str:
        return self.person.scope_path


class Consent(OfPerson):
    """That a person lets an application have what `scopes` and `claims` say."""

    client_id = models.CharField(_("应用编号"), max_length=40)
    scopes = models.JSONField(_("权限范围"), default=list)
    claims = models.JSONField(_("个人信息"), default=list)
    given = models.DateTimeField(_("同意时间"))
    withdrawn = models.DateTimeField(_("撤回时间"), null=True)

    class Meta:
        verbose_name = _("授权同意")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "client_id"], condition=Q(withdrawn=None), name="one_consent_an_application"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person_id} → {self.client_id}"


def new_secret() -> bytes:
    return secrets.token_bytes(16)


class Grant(OfPerson):
    """What follows from one sign-in into an application: a family of tokens, ended together.

    `code` is the number inside the code it was redeemed with, unique so that a code works once. `serial` counts the
    refresh tokens; only the last is good, and an earlier one that is shown again ends the family.
    """

    AUDIT_HIDDEN = frozenset({"code", "secret", "sid"})

    client_id = models.CharField(_("应用编号"), max_length=40)
    code = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    issuer = models.CharField(max_length=200)
    account = models.BigIntegerField()
    sid = models.CharField(max_length=40, blank=True)
    scopes = models.CharField(_("权限范围"), max_length=500)
    claims = models.JSONField(default=dict)
    nonce = models.CharField(max_length=300, blank=True)
    auth_time = models.DateTimeField(_("验证身份"))
    acr = models.CharField(max_length=40)
    amr = models.JSONField(default=list)
    jkt = models.CharField(max_length=43, blank=True)
    secret = models.BinaryField(max_length=16, default=new_secret)
    serial = models.PositiveIntegerField(default=0)
    issued = models.DateTimeField(_("开始时间"))
    used = models.DateTimeField(_("最近使用"))
    expires = models.DateTimeField(_("有效期至"))
    ended = models.DateTimeField(_("结束时间"), null=True)

    class Meta:
        verbose_name = _("登录授权")
        indexes = [
            models.Index(fields=["sid"], condition=~Q(sid=""), name="grants_of_a_session"),
            models.Index(fields=["person", "client_id"]),
            models.Index(fields=["expires"]),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} → {self.client_id}"


class AccessToken(models.Model):
    """`grant` is empty where a machine acts for itself."""

    digest = models.CharField(max_length=64, unique=True)
    client_id = models.CharField(max_length=40)
    grant = models.ForeignKey(Grant, models.CASCADE, null=True, related_name="tokens")
    scopes = models.CharField(max_length=500)
    jkt = models.CharField(max_length=43, blank=True)
    issued = models.DateTimeField()
    expires = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.pk} {self.client_id}"


class DeviceRequest(models.Model):
    """A device waits until somebody types its code elsewhere and says yes. Gone once it got its tokens."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待确认")
        APPROVED = "approved", _("已同意")
        DENIED = "denied", _("已拒绝")

    device_digest = models.CharField(max_length=64, unique=True)
    user_digest = models.CharField(max_length=64, unique=True)
    client_id = models.CharField(max_length=40)
    scopes = models.CharField(max_length=500)
    jkt = models.CharField(max_length=43, blank=True)
    interval = models.PositiveSmallIntegerField(default=5)
    polled = models.DateTimeField(null=True)
    expires = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    # Who approved, as it will stand in the grant.
    approved_by = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"
