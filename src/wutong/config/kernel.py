"""What the kernel itself contributes: its background work and its reactions to announcements."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.config.api.once import forget as forget_answers
from wutong.kernel.action import RowsChanged, RowsLoaded
from wutong.kernel.event.delivery import forget_delivered
from wutong.kernel.files.actions import sweep
from wutong.kernel.indicator import jobs as indicators
from wutong.kernel.jobs.queue import forget_old
from wutong.kernel.module import Job, Module, Receiver
from wutong.kernel.notice import actions as notices
from wutong.kernel.notice.events import NoticePublished
from wutong.kernel.people.events import OrganisationChanged, PersonMerged, PersonUnmerged
from wutong.kernel.process import letters
from wutong.kernel.process.deadlines import watch_deadlines
from wutong.kernel.process.events import CaseHeldBy, CaseMoved, ObjectionDecided
from wutong.kernel.register import runs
from wutong.kernel.search import feed


def tidy(progress: Any) -> None:
    forget_delivered(timezone.now())
    forget_old(timezone.now())
    forget_answers(timezone.now())


KERNEL = Module(
    name="kernel",
    title=_("平台"),
    package="wutong.kernel",
    emits=(
        CaseHeldBy,
        CaseMoved,
        NoticePublished,
        ObjectionDecided,
        RowsChanged,
        RowsLoaded,
        OrganisationChanged,
        PersonMerged,
        PersonUnmerged,
    ),
    receivers=(
        Receiver(RowsChanged, feed.on_rows_changed),
        Receiver(RowsLoaded, feed.on_rows_loaded),
        Receiver(NoticePublished, notices.on_published),
        Receiver(CaseMoved, letters.on_moved),
        Receiver(CaseHeldBy, letters.on_held),
        Receiver(ObjectionDecided, letters.on_decided),
    ),
    jobs=(
        Job("register.import", runs.work),
        Job("register.resume", runs.resume, every=timedelta(minutes=1)),
        Job("process.deadlines", watch_deadlines, every=timedelta(minutes=10)),
        Job("search.feed", feed.feed, every=timedelta(seconds=1)),
        Job("notice.fan_out", notices.fan_out),
        Job("files.sweep", sweep, every=timedelta(days=1)),
        Job("indicator.refresh", indicators.refresh, every=timedelta(hours=1)),
        Job("kernel.tidy", tidy, every=timedelta(hours=1)),
    ),
)
