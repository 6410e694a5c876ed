from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.accounts.events import SessionEnded
from wutong.centres.identity.cas import logout
from wutong.kernel.module import Job, Module, Receiver

MODULE = Module(
    name="cas",
    title=_("CAS 登录"),
    package="wutong.centres.identity.cas",
    requires=("accounts", "applications"),
    receivers=(Receiver(SessionEnded, logout.on_session_ended),),
    jobs=(
        Job("cas.tell_service", logout.tell_service),
        Job("cas.tidy", logout.tidy, every=timedelta(minutes=10)),
    ),
    urls="wutong.centres.identity.cas.urls",
)
