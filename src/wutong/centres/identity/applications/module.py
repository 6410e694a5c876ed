from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.centres.identity.applications import statistics
from wutong.kernel.module import Job, Module


def tidy(progress: Any) -> None:
    statistics.forget_visitors(timezone.now())


MODULE = Module(
    name="applications",
    title=_("应用登记"),
    package="wutong.centres.identity.applications",
    jobs=(Job("applications.tidy", tidy, every=timedelta(hours=6)),),
)
