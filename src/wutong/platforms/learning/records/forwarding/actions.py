"""Opening a way to another store, and closing it."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications.api import fault_of
from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor
from wutong.platforms.learning.records.forwarding.models import Forward
from wutong.platforms.learning.records.forwarding.sending import CONTEXT, from_now
from wutong.platforms.learning.records.rules import keeps_keys


@action("records.create_forward", title=_("开通学习记录转发"), allow=keeps_keys)
def create_forward(
    actor: Actor,
    organisation: Organisation,
    *,
    name: str,
    url: str,
    username: str,
    secret: str,
    purpose: str,
    verb: str = "",
    activity: str = "",
    earlier: bool = False,
    at: datetime,
) -> Forward:
    """`earlier`: what is stored already goes too, else only what comes from now on."""
    if not purpose.strip():
        raise Invalid(fields={"purpose": _("请写明为什么要交给对方，将写入日志。")})
    if fault := fault_of(url):
        raise Invalid(fields={"url": fault})
    return create(
        Forward(
            organisation=organisation, name=name, url=url, username=username, sealed=keyring().seal(secret, CONTEXT),
            purpose=purpose.strip(), verb=verb, activity=activity, created=at, next_try=at,
            cursor=0 if earlier else from_now(at),
        )
    )  # fmt: skip


@action("records.stop_forward", title=_("停止学习记录转发"), allow=keeps_keys)
def stop_forward(actor: Actor, forward: Forward, *, at: datetime) -> Forward:
    return forward if forward.stopped else change(forward, stopped=at)


@action("records.resume_forward", title=_("恢复学习记录转发"), allow=keeps_keys)
def resume_forward(actor: Actor, forward: Forward, *, at: datetime) -> Forward:
    """From where it stopped; also at once where the next try was far off."""
    if forward.stopped is None and not forward.failures:
        raise Conflict(_("这个转发正在进行。"))
    return change(forward, stopped=None, failures=0, trouble="", next_try=at)
