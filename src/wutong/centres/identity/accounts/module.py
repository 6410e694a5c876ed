from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import Module

MODULE = Module(
    name="accounts",
    title=_("账号"),
    package="wutong.centres.identity.accounts",
    urls="wutong.centres.identity.accounts.urls",
)
