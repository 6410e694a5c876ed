from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import Entry, Module

MODULE = Module(
    name="portal",
    title=_("统一门户"),
    package="wutong.platforms.governance.portal",
    nav=(Entry(_("首页"), "portal:home", icon="home", section="office", order=10),),
    urls="wutong.platforms.governance.portal.urls",
)
