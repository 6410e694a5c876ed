from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications import statistics
from wutong.centres.identity.applications.demo import build
from wutong.centres.identity.applications.models import KEEPERS
from wutong.centres.identity.applications.process import FAR, NEAR
from wutong.kernel.module import Entry, Job, Module
from wutong.kernel.policy import holds


def tidy(progress: Any) -> None:
    statistics.forget_visitors(timezone.now())


MODULE = Module(
    name="applications",
    title=_("应用登记"),
    package="wutong.centres.identity.applications",
    requires=("accounts",),
    nav=(
        Entry(
            _("应用"), "applications:index", icon="key", section="centres", allow=holds(*KEEPERS, "auditor")
        ),
    ),
    processes=(NEAR, FAR),
    urls="wutong.centres.identity.applications.urls",
    demo=build,
    jobs=(Job("applications.tidy", tidy, every=timedelta(hours=6)),),
)
