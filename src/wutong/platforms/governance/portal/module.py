from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import Entry, Module
from wutong.kernel.policy import holds
from wutong.platforms.governance.portal.demo import build

OVERSIGHT = holds("officer", "head", "clerk", "auditor")

MODULE = Module(
    name="portal",
    title=_("统一门户"),
    package="wutong.platforms.governance.portal",
    nav=(
        Entry(_("首页"), "portal:home", icon="home", section="office", order=10),
        Entry(_("待办"), "process:inbox", icon="inbox", section="office", order=20),
        Entry(_("指标"), "indicator:index", icon="chart", section="office", order=40, allow=OVERSIGHT),
        Entry(_("通知"), "notice:index", icon="bell", section="office", order=30),
    ),
    demo=build,
    urls="wutong.platforms.governance.portal.urls",
)
