"""Keys of learning software. What it sends lies in the store's own tables: see `store/schema.py`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation
from wutong.kernel.scope import ScopedModel
from wutong.platforms.learning.records.forwarding.models import Forward
from wutong.platforms.learning.records.keeping import KEEPERS, OfKeepers
from wutong.platforms.learning.records.mine.models import Correction, Hiding, Share, ShareOpening

__all__ = [
    "KEEPERS",
    "Correction",
    "Forward",
    "Hiding",
    "Key",
    "Profile",
    "Retention",
    "Scope",
    "Share",
    "ShareOpening",
]


class Scope(models.TextChoices):
    """What a key may do; the names are the standard's (1.0.3 part 3, 4.2)."""

    ALL = "all", _("全部")
    ALL_READ = "all/read", _("全部只读")
    WRITE = "statements/write", _("写入学习记录")
    READ = "statements/read", _("读取学习记录")
    READ_MINE = "statements/read/mine", _("只读取自己写入的学习记录")
    STATE = "state", _("学习状态")
    PROFILE = "profile", _("活动与学习者资料")
    DEFINE = "define", _("定义学习活动")


class Profile(models.TextChoices):
    """What a key's statements are held to besides xAPI itself: see `xapi/profiles.py`."""

    CMI5 = "cmi5", _("cmi5 课件")
    VIDEO = "video", _("视频")


class Retention(ScopedModel):
    """How long an organisation keeps statements: of one verb, or of all that have no rule of their own."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("机构"))
    verb = models.CharField(_("动词"), max_length=500, blank=True)
    days = models.PositiveIntegerField(_("保留天数"))
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("保留期限")
        constraints = [models.UniqueConstraint("organisation", "verb", name="one_retention_for_a_verb")]

    def __str__(self) -> str:
        return self.verb or str(_("其他全部"))


class Key(OfKeepers):
    """Lets one piece of software into the store of one organisation. The secret is kept as a keyed digest only."""

    AUDIT_HIDDEN = frozenset({"digest"})

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("机构"))
    name = models.CharField(_("名称"), max_length=60)
    username = models.CharField(_("用户名"), max_length=40, unique=True, editable=False)
    digest = models.BinaryField(max_length=32, editable=False)
    scopes = models.JSONField(_("权限"), default=list)
    profiles = models.JSONField(_("只收符合规范的记录"), default=list)
    created = models.DateTimeField(_("创建时间"))
    revoked = models.DateTimeField(_("停用时间"), null=True, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("接入密钥")

    def __str__(self) -> str:
        return self.name

    @property
    def live(self) -> bool:
        return self.revoked is None

    @property
    def profile_titles(self) -> list[str]:
        return [str(Profile(profile).label) for profile in self.profiles]

    @property
    def scope_titles(self) -> list[str]:
        return [str(Scope(scope).label) for scope in self.scopes]
