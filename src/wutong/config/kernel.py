"""What the kernel itself contributes: its background work and its reactions to announcements."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import RowsChanged
from wutong.kernel.event.delivery import forget_delivered
from wutong.kernel.jobs.queue import forget_old
from wutong.kernel.module import Job, Module, Receiver
from wutong.kernel.people.events import OrganisationChanged, PersonMerged, PersonUnmerged
from wutong.kernel.register import runs
from wutong.kernel.search import feed


def tidy(progress: Any) -> None:
    forget_delivered(timezone.now())
    forget_old(timezone.now())


KERNEL = Module(
    name="kernel",
    title=_("平台"),
    package="wutong.kernel",
    emits=(RowsChanged, OrganisationChanged, PersonMerged, PersonUnmerged),
    receivers=(Receiver(RowsChanged, feed.on_rows_changed),),
    jobs=(
        Job("register.import", runs.work),
        Job("register.resume", runs.resume, every=timedelta(minutes=1)),
        Job("search.feed", feed.feed, every=timedelta(seconds=1)),
        Job("kernel.tidy", tidy, every=timedelta(hours=1)),
    ),
)
