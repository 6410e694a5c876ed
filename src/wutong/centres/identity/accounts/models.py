import secrets
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Membership, Organisation, Person
from wutong.kernel.policy import Actor, subtree
from wutong.kernel.scope import ScopedModel

# Who looks after other people's accounts, each below the own organisation.
KEEPERS = ("class_teacher", "clerk", "officer", "operator")


def below_kept(actor: Actor, field: str) -> Q:
    """Rows whose path `field` lies below an organisation whose accounts the actor looks after."""
    kept = Q(pk__in=())
    for role in actor.roles:
        if role.name in KEEPERS:
            kept |= subtree(role.path, field)
    return kept


class AccountManager(BaseUserManager):
    def get_queryset(self) -> models.QuerySet:
        """With the person: nobody asks for an account without asking whose it is."""
        return super().get_queryset().select_related("person")

    def create_user(self, username: str, password: str | None = None, **values: Any) -> "Account":
        account = self.model(username=self.model.normalize_username(username), **values)
        account.set_password(password)
        account.save()
        return account


class Account(AbstractBaseUser):
    """The means to sign in as a person. What one may do follows from memberships, never from here."""

    username = models.CharField(_("账号"), max_length=60, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, verbose_name=_("人员"), related_name="accounts")
    is_active = models.BooleanField(_("启用"), default=True)
    demo = models.BooleanField(_("演示账号"), default=False)
    created = models.DateTimeField(auto_now_add=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: list[str] = []
    AUDIT_HIDDEN = frozenset({"password"})

    class Meta:
        verbose_name = _("账号")

    @classmethod
    def normalize_username(cls, username: str) -> str:
        """Kept in small letters, so that an index finds it however it is typed."""
        return super().normalize_username(username).lower()

    def __str__(self) -> str:
        return self.username


def new_sid() -> str:
    return secrets.token_urlsafe(24)


class BrowserSession(ScopedModel):
    """One sign-in of one browser. `sid` is public: applications know the session by it and are told when it ends."""

    sid = models.CharField(max_length=40, unique=True, default=new_sid, editable=False)
    account = models.ForeignKey(Account, models.CASCADE, related_name="sessions")
    auth_time = models.DateTimeField(_("验证身份"))
    amr = models.JSONField(default=list)
    acr = models.CharField(max_length=40)
    device = models.CharField(_("设备"), max_length=60)
    address = models.CharField(_("网络地址"), max_length=50, blank=True)
    created = models.DateTimeField(_("登录时间"))
    last_seen = models.DateTimeField(_("最近使用"))
    ended = models.DateTimeField(_("结束时间"), null=True)

    class Meta:
        verbose_name = _("登录会话")
        indexes = [
            models.Index(fields=["account", "-last_seen"]),
            models.Index(fields=["last_seen"], condition=Q(ended=None), name="session_open"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} · {self.device}"

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        """One's own, and those of people whose accounts the actor looks after."""
        if actor.is_system:
            return Q()
        own = Q(account__person=actor.person_id) | Q(account__person__merged_into=actor.person_id)
        kept = below_kept(actor, "organisation__path")
        members = Membership._base_manager.filter(kept, person=OuterRef("account__person"))
        return own | Exists(members) if actor.person_id is not None else Q(pk__in=())

    @property
    def scope_path(self) -> str:
        return self.account.person.scope_path


def new_reference() -> str:
    return secrets.token_urlsafe(18)


class OneTimeCode(ScopedModel):
    """A code that opens an account once: printed on a card, or sent to a telephone or mailbox.

    The code itself is nowhere: `digest` is its keyed hash. `claim` is what somebody said about themselves, sealed.
    """

    AUDIT_HIDDEN = frozenset({"digest", "claim", "reference"})

    class Purpose(models.TextChoices):
        CARD = "card", _("激活卡")
        GUARDIAN = "guardian", _("家长")
        STAFF = "staff", _("教职工")
        CITIZEN = "citizen", _("市民")

    purpose = models.CharField(_("用途"), max_length=10, choices=Purpose)
    reference = models.CharField(max_length=30, unique=True, default=new_reference, editable=False)
    person = models.ForeignKey(Person, models.CASCADE, null=True, related_name="+", verbose_name=_("人员"))
    organisation = models.ForeignKey(Organisation, models.CASCADE, null=True, related_name="+")
    digest = models.BinaryField(max_length=32, null=True)
    claim = models.BinaryField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    issued = models.DateTimeField(_("发出时间"))
    expires = models.DateTimeField(_("有效期至"))
    used = models.DateTimeField(_("使用时间"), null=True)
    voided = models.DateTimeField(_("作废时间"), null=True)

    class Meta:
        verbose_name = _("一次性激活码")
        indexes = [
            models.Index(fields=["digest"], condition=Q(used=None, voided=None), name="open_code"),
            models.Index(fields=["expires"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.pk}"

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        """Cards, by those who look after the class or school they were printed for."""
        return Q() if actor.is_system else below_kept(actor, "organisation__path")

    @property
    def scope_path(self) -> str:
        return self.organisation.path if self.organisation else ""


class KeptByClass(ScopedModel):
    """What those who look after a class see of it."""

    class Meta:
        abstract = True

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        return Q() if actor.is_system else below_kept(actor, "organisation__path")

    @property
    def scope_path(self) -> str:
        return self.organisation.path


class Badge(KeptByClass):
    """A card that a small child signs in with again and again, together with two pictures that are not on it.

    Neither the code of the card nor the pictures are kept, only their keyed hashes.
    """

    AUDIT_HIDDEN = frozenset({"digest", "pictures", "reference"})

    person = models.ForeignKey(Person, models.CASCADE, related_name="+", verbose_name=_("学生"))
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", verbose_name=_("班级"))
    reference = models.CharField(max_length=30, unique=True, default=new_reference, editable=False)
    digest = models.BinaryField(max_length=32)
    pictures = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    issued = models.DateTimeField(_("发出时间"))
    expires = models.DateTimeField(_("有效期至"))
    voided = models.DateTimeField(_("作废时间"), null=True)

    class Meta:
        verbose_name = _("徽章")
        indexes = [models.Index(fields=["digest"], condition=Q(voided=None), name="badge_in_use")]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(voided=None), name="one_badge_a_person")
        ]

    def __str__(self) -> str:
        return f"{self.person_id} · {self.organisation_id}"


class ClassWindow(KeptByClass):
    """The time for which a teacher lets a class sign in by badge, from the network the teacher is in."""

    AUDIT_HIDDEN = frozenset({"network"})

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+", verbose_name=_("班级"))
    network = models.BinaryField(max_length=32)
    opened = models.DateTimeField(_("开放时间"))
    until = models.DateTimeField(_("开放到"))

    class Meta:
        verbose_name = _("徽章登录时段")
        indexes = [models.Index(fields=["organisation", "until"])]

    def __str__(self) -> str:
        return f"{self.organisation_id} · {self.until:%H:%M}"


class OutboxMessage(models.Model):
    """A message that a demonstration keeps instead of sending it; sealed, since it may hold a code."""

    channel = models.CharField(max_length=5)
    recipient = models.BinaryField()
    text = models.BinaryField()
    at = models.DateTimeField()
