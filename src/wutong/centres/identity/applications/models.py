import secrets

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.policy import Actor, in_sight, subtree
from wutong.kernel.process.models import Case
from wutong.kernel.scope import ScopedModel

# Who looks after the applications of an organisation and of those below it.
KEEPERS = ("officer", "clerk", "operator", "provider")


def new_client_id() -> str:
    """Public; without capitals, so that no system that folds them confuses two clients."""
    return secrets.token_hex(12)


class Application(ScopedModel):
    """A client of the centre as it was approved. Lists are JSON lists of texts, empty where nothing is allowed."""

    class Kind(models.TextChoices):
        CONFIDENTIAL = "confidential", _("保密（运行在服务器上）")
        PUBLIC = "public", _("公开（浏览器或手机应用）")

    class Grant(models.TextChoices):
        CODE = "authorization_code", _("OpenID 登录")
        REFRESH = "refresh_token", _("长期会话")
        CREDENTIALS = "client_credentials", _("服务器间接口")
        DEVICE = "device_code", _("电视与大屏登录")
        CAS = "cas", _("CAS 登录")
        CAS_PROXY = "cas_proxy", _("CAS 代理（代用户访问其他应用）")

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        IN_REVIEW = "in_review", _("审核中")
        ACTIVE = "active", _("已启用")
        SUSPENDED = "suspended", _("已停用")

    class Reach(models.TextChoices):
        OWN = "own", _("本单位及下属单位的人员和家长")
        ALL = "all", _("全市用户")

    class Audience(models.TextChoices):
        PUPIL = "pupil", _("学生")
        GUARDIAN = "guardian", _("家长")
        TEACHER = "teacher", _("教师")
        OFFICE = "office", _("管理人员")

    class Subject(models.TextChoices):
        PAIRWISE = "pairwise", _("每个应用一个编号")
        PUBLIC = "public", _("各应用同一编号")

    class Proof(models.TextChoices):
        BASIC = "client_secret_basic", _("密钥（HTTP Basic）")
        POST = "client_secret_post", _("密钥（表单）")
        KEY = "private_key_jwt", _("私钥签名")
        NONE = "none", _("无")

    class Algorithm(models.TextChoices):
        RS256 = "RS256", "RS256"
        ES256 = "ES256", "ES256"

    class Risk(models.TextChoices):
        LOW = "low", _("低")
        MEDIUM = "medium", _("中")
        HIGH = "high", _("高")

    client_id = models.CharField(_("应用编号"), max_length=40, unique=True, default=new_client_id)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="+", verbose_name=_("所属单位")
    )
    responsible = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("负责人")
    )
    name = models.CharField(_("应用名称"), max_length=60)
    purpose = models.TextField(_("用途"), max_length=500, blank=True)
    kind = models.CharField(_("类型"), max_length=12, choices=Kind, default=Kind.CONFIDENTIAL)
    grants = models.JSONField(_("登录方式"), default=list)
    redirect_uris = models.JSONField(_("回调地址"), default=list)
    post_logout_redirect_uris = models.JSONField(_("退出后地址"), default=list)
    backchannel_logout_uri = models.CharField(_("后台退出地址"), max_length=500, blank=True)
    service_prefixes = models.JSONField(_("CAS 服务地址"), default=list)
    scopes = models.JSONField(_("权限范围"), default=list)
    claims = models.JSONField(_("可得到的个人信息"), default=list)
    reach = models.CharField(_("使用范围"), max_length=3, choices=Reach, default=Reach.OWN)
    audience = models.JSONField(_("使用对象"), default=list, blank=True)  # empty: everybody within reach
    # CAS knows a person by one name: a claim that the client is released, or the number of `subject_type`.
    user_claim = models.CharField(_("CAS 用户名"), max_length=20, blank=True)
    subject_type = models.CharField(_("用户编号"), max_length=8, choices=Subject, default=Subject.PAIRWISE)
    # Clients of one organisation that name the same sector know a person by the same number.
    sector_identifier = models.CharField(_("应用组"), max_length=60, blank=True)
    auth_method = models.CharField(_("身份证明"), max_length=20, choices=Proof, default=Proof.BASIC)
    jwks = models.JSONField(_("公钥"), default=dict, blank=True)
    id_token_alg = models.CharField(_("签名算法"), max_length=5, choices=Algorithm, default=Algorithm.RS256)
    require_par = models.BooleanField(_("必须使用 PAR"), default=False)
    dpop_bound = models.BooleanField(_("令牌绑定 DPoP"), default=False)
    acr = models.CharField(_("登录强度"), max_length=40, blank=True)
    risk = models.CharField(_("风险等级"), max_length=6, choices=Risk, default=Risk.LOW)
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.DRAFT)
    trusted = models.BooleanField(_("免授权确认"), default=False)
    created = models.DateTimeField(_("登记时间"), auto_now_add=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("应用")
        indexes = [models.Index(fields=["organisation", "state"])]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        """Of organisations in sight, of those whose applications the actor keeps, and where one is responsible."""
        if actor.is_system:
            return Q()
        seen = in_sight(actor, "organisation__path")
        if actor.person_id is not None:
            seen |= Q(responsible_id=actor.person_id)
        for role in actor.roles:
            if role.name in KEEPERS:
                seen |= subtree(keeps_from(role.kind, role.path), "organisation__path")
        return seen


def keeps_from(kind: str, path: str) -> str:
    """Where the sight of a keeper begins: who works in an office of the city or a district keeps what is below that."""
    return path[:-8] if kind == "bureau" else path


class OfApplication(ScopedModel):
    """A row that is seen by who sees its application."""

    class Meta:
        abstract = True

    @classmethod
    def scope(cls, actor: Actor) -> Q:
        visible = Application._base_manager.filter(Application.scope(actor), pk=OuterRef("application"))
        return Q() if actor.is_system else Q(Exists(visible))

    @property
    def scope_path(self) -> str:
        return self.application.scope_path


class ClientSecret(OfApplication):
    """One of the secrets a client may show; several at once while it changes from one to the next.

    The secret is shown when it is made and kept nowhere: `digest` is its keyed hash, `hint` its last four signs.
    """

    AUDIT_HIDDEN = frozenset({"digest"})

    application = models.ForeignKey(Application, models.CASCADE, related_name="secrets")
    digest = models.BinaryField(max_length=32)
    hint = models.CharField(_("末四位"), max_length=4)
    created = models.DateTimeField(_("生成时间"))
    expires = models.DateTimeField(_("有效期至"), null=True, blank=True)
    revoked = models.DateTimeField(_("作废时间"), null=True)
    last_used = models.DateTimeField(_("最近使用"), null=True)

    class Meta:
        verbose_name = _("应用密钥")

    def __str__(self) -> str:
        return f"…{self.hint}"


class Registration(OfApplication):
    """What was asked for an application in one case: the facts before and after, and the risk they were judged by."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="registration")
    application = models.ForeignKey(Application, models.CASCADE, related_name="registrations")
    before = models.JSONField(_("现在"))
    proposed = models.JSONField(_("改为"))
    reason = models.CharField(_("申请说明"), max_length=300)
    risk = models.CharField(_("风险等级"), max_length=6, choices=Application.Risk)

    class Meta:
        verbose_name = _("应用接入申请")

    def __str__(self) -> str:
        return str(self.application)


class ServicePrefix(OfApplication):
    """Index of `service_prefixes` of applications in use: a service belongs to the longest prefix of its address."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="prefixes")
    prefix = models.CharField(max_length=500, unique=True)

    def __str__(self) -> str:
        return self.prefix


class SignInDay(OfApplication):
    """How often people came into an application on a day, and how many of them; not who."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="days")
    day = models.DateField()
    protocol = models.CharField(max_length=10)
    count = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "day", "protocol"], name="one_line_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.day} {self.protocol}"


class DayVisitor(models.Model):
    """Who was counted today already: a keyed hash that differs each day, gone two days later."""

    day = models.DateField(db_index=True)
    digest = models.BinaryField(max_length=32, unique=True)

    def __str__(self) -> str:
        return str(self.day)
