from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts.events import SessionEnded
from wutong.centres.identity.openid import keys, logout, tidying
from wutong.kernel.module import Entry, Job, Module, Receiver


def tidy(progress: Any) -> None:
    tidying.forget(timezone.now())


MODULE = Module(
    name="openid",
    title=_("OpenID 登录"),
    package="wutong.centres.identity.openid",
    requires=("accounts", "applications"),
    nav=(Entry(_("已授权的应用"), "openid:mine", icon="check", section="office", order=90),),
    receivers=(Receiver(SessionEnded, logout.on_session_ended),),
    jobs=(
        Job(logout.JOB, logout.tell),
        Job("openid.rotate_keys", keys.rotate_old, every=timedelta(days=1)),
        Job("openid.tidy", tidy, every=timedelta(hours=1)),
    ),
    urls="wutong.centres.identity.openid.urls",
    prepare=keys.prepare,
)
