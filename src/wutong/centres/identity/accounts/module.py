from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts import activation, outbox, sessions
from wutong.centres.identity.accounts.events import SessionEnded
from wutong.kernel.module import Entry, Job, Module
from wutong.kernel.policy import holds


def tidy(progress: Any) -> None:
    activation.forget_codes(timezone.now())
    outbox.forget(timezone.now())


MODULE = Module(
    name="accounts",
    title=_("账号"),
    package="wutong.centres.identity.accounts",
    nav=(
        Entry(
            _("激活卡"),
            "accounts:cards",
            icon="key",
            section="office",
            order=60,
            allow=holds("class_teacher", "clerk"),
        ),
    ),
    emits=(SessionEnded,),
    jobs=(
        Job("accounts.expire_sessions", sessions.expire, every=timedelta(minutes=10)),
        Job("accounts.send_code", activation.send_code),
        Job("accounts.tidy", tidy, every=timedelta(hours=6)),
    ),
    urls="wutong.centres.identity.accounts.urls",
)
