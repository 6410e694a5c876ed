from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import Entry, Module
from wutong.platforms.governance.processes.rules import oversees

MODULE = Module(
    name="processes",
    title=_("流程管理"),
    package="wutong.platforms.governance.processes",
    nav=(
        Entry(
            _("流程管理"), "processes:index", icon="network", section="platforms", allow=oversees, order=90
        ),
    ),
    urls="wutong.platforms.governance.processes.urls",
)
