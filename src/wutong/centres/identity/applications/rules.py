"""What an application may look like, how much harm it could do, and who decides about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts.api import LEVELS
from wutong.centres.identity.applications.addresses import fault_of, fault_of_prefix
from wutong.centres.identity.applications.claims import CLAIMS
from wutong.centres.identity.applications.models import KEEPERS, Application, keeps_from
from wutong.kernel.errors import Sentence
from wutong.kernel.policy import Actor, path_of, predicate

Grant, Kind, Proof = Application.Grant, Application.Kind, Application.Proof
MOST = 20
# Claims that name one person, and so may stand in the place of the number.
NAMING = ("preferred_username", "staff_number", "pupil_number")


def held_over(actor: Actor, subject: Any, *roles: str) -> bool:
    """One of the roles at the organisation, above it, or in an office of one above it."""
    path = path_of(subject)
    return bool(path) and any(
        role.name in roles and path.startswith(keeps_from(role.kind, role.path)) for role in actor.roles
    )


@predicate
def keeps_application(actor: Actor, subject: Any) -> bool:
    return held_over(actor, subject, *KEEPERS)


@predicate
def reviews(actor: Actor, subject: Any) -> bool:
    """Who decides about applications without a case: the operators of the house, each below the own office."""
    return held_over(actor, subject, "operator")


@predicate
def decides(actor: Actor, subject: Any) -> bool:
    """Who may let an application in again: the officers of its district and of the city, and the operators."""
    return held_over(actor, subject, "officer", "operator")


def faults(application: Application) -> dict[str, Sentence]:
    """Field to what is wrong with it, so that it can be mended there."""
    found: dict[str, Sentence] = {}
    for name, sentence in _faults(application):
        found.setdefault(name, sentence)
    return found


def _faults(one: Application) -> Iterator[tuple[str, Sentence]]:
    if not one.name.strip():
        yield "name", _("请填写应用名称。")
    if not one.grants or set(one.grants) - set(Grant.values):
        yield "grants", _("请选择至少一种登录方式。")
    yield from _address_faults(one)
    yield from _proof_faults(one)
    if set(one.claims) - set(CLAIMS):
        yield "claims", _("所选的个人信息不在可提供的范围内。")
    if one.user_claim and (one.user_claim not in NAMING or one.user_claim not in one.claims):
        yield "user_claim", _("CAS 用户名只能取自已勾选的账号、教师号或学籍号。")
    if set(one.audience) - set(Application.Audience.values):
        yield "audience", _("没有这种使用对象。")
    if one.acr and one.acr not in LEVELS:
        yield "acr", _("没有这个登录强度。")


def _address_faults(one: Application) -> Iterator[tuple[str, Sentence]]:
    if Grant.CAS_PROXY in one.grants and Grant.CAS not in one.grants:
        yield "grants", _("CAS 代理须与 CAS 登录一起选。")
    if Grant.CODE in one.grants and not one.redirect_uris:
        yield "redirect_uris", _("OpenID 登录至少需要一个回调地址。")
    if Grant.CAS in one.grants and not one.service_prefixes:
        yield "service_prefixes", _("CAS 登录至少需要一个服务地址。")
    for name in ("redirect_uris", "post_logout_redirect_uris", "service_prefixes"):
        addresses = getattr(one, name)
        if len(addresses) > MOST:
            yield name, _("地址太多，最多 20 个。")
        check = fault_of_prefix if name == "service_prefixes" else fault_of
        yield from ((name, fault) for each in addresses[:MOST] if (fault := check(each)))
    if one.backchannel_logout_uri and (fault := fault_of(one.backchannel_logout_uri)):
        yield "backchannel_logout_uri", fault


def _proof_faults(one: Application) -> Iterator[tuple[str, Sentence]]:
    if one.kind == Kind.PUBLIC and one.auth_method != Proof.NONE:
        yield "auth_method", _("公开应用保守不了密钥，身份证明只能选“无”。")
    if one.kind == Kind.PUBLIC and Grant.CREDENTIALS in one.grants:
        yield "grants", _("公开应用不能调用服务器间接口。")
    if one.kind == Kind.CONFIDENTIAL and one.auth_method == Proof.NONE and not only_cas(one):
        yield "auth_method", _("请选择应用怎样证明自己的身份。")
    if one.auth_method == Proof.KEY and not one.jwks.get("keys"):
        yield "jwks", _("请填写公钥集（JWKS）。")
    if any({"d", "k", "p", "q"} & set(key) for key in one.jwks.get("keys", ())):
        yield "jwks", _("公钥集里含有私钥，请只填写公钥，并更换这把私钥。")


def only_cas(one: Application) -> bool:
    """In CAS a client proves itself by its address alone."""
    return set(one.grants) <= {Grant.CAS, Grant.CAS_PROXY}


@dataclass(frozen=True)
class Risk:
    """`reasons` explain the level to the one who reviews, the gravest first."""

    level: str
    reasons: tuple[Sentence, ...]


def risk_of(one: Application) -> Risk:
    """From what is asked for: sensitive facts and reading of interfaces are grave, what joins people up is middling."""
    graded = sorted(_risks(one), key=lambda each: -each[0])
    worst = max((grade for grade, _reason in graded), default=0)
    return Risk(("low", "medium", "high")[worst], tuple(reason for _grade, reason in graded))


def _risks(one: Application) -> Iterator[tuple[int, Sentence]]:
    weights = {CLAIMS[name].weight for name in one.claims if name in CLAIMS}
    children = not one.audience or {"pupil", "guardian"} & set(one.audience)
    if 3 in weights:
        yield 2, _("要求敏感信息：手机、教师号或学籍号。")
    if 2 in weights:
        grave = bool(children) and one.reach == Application.Reach.ALL
        yield (
            (2, _("要求全市未成年人的个人信息。"))
            if grave
            else (1, _("要求个人信息：账号、性别或出生日期。"))
        )
    if Grant.CREDENTIALS in one.grants and one.scopes:
        yield 2, _("不经用户登录即可读取接口数据。")
    if Grant.CAS_PROXY in one.grants:
        yield 2, _("可以代用户登录其他应用。")
    if one.subject_type == Application.Subject.PUBLIC:
        yield 1, _("用户编号在各应用间相同，可用来关联同一个人。")
    if one.trusted:
        yield 1, _("登录时不再询问用户是否同意。")
    if one.reach == Application.Reach.ALL:
        yield 1, _("面向全市用户，不限于本单位。")
    if one.organisation.kind == "provider":
        yield 1, _("由社会机构运行，不在教育系统内。")
