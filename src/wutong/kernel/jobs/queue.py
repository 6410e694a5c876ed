"""Asking for work, doing it, and picking up what a killed worker left."""

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import Error, close_old_connections, connections
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from wutong.kernel.audit.request import current_request_id, set_request_id
from wutong.kernel.errors import WutongError
from wutong.kernel.jobs.models import JobRun
from wutong.kernel.module import REGISTRY, Job

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 5
# Recurring work is due every second: after this long without any, nobody is at work.
SILENCE = timedelta(minutes=2)
KEEP = timedelta(days=14)


class Progress:
    """Handed to the work: `progress(done, total, message)` shows how far, and keeps the lease alive."""

    def __init__(self, run: JobRun) -> None:
        self.run = run

    def __call__(self, done: int, total: int, message: str = "") -> None:
        JobRun.objects.filter(pk=self.run.pk).update(
            done=done, total=total, message=message[:500], lease_until=timezone.now() + LEASE
        )


def ask(name: str, *, key: str | None = None, run_at: datetime | None = None, **payload: Any) -> JobRun:
    """Queues `name`. The same `key` is the same work: asking again gives the run there is."""
    values: dict[str, Any] = {"name": name, "payload": payload, "run_at": run_at or timezone.now()}
    values["request_id"] = current_request_id()
    if key is None:
        return JobRun.objects.create(**values)
    run, _created = JobRun.objects.get_or_create(key=key, defaults=values)
    return run


def claim(at: datetime) -> JobRun | None:
    """Takes one due run, or one whose worker has not been heard of for a minute."""
    State = JobRun.State
    due = Q(state=State.WAITING, run_at__lte=at) | Q(state=State.RUNNING, lease_until__lt=at)
    for pk in JobRun.objects.filter(due).order_by("run_at", "pk").values_list("pk", flat=True)[:5]:
        taken = JobRun.objects.filter(due, pk=pk).update(
            state=State.RUNNING, lease_until=at + LEASE, attempts=F("attempts") + 1
        )
        if taken:
            return JobRun.objects.get(pk=pk)
    return None


def work(run: JobRun, run_it: Callable[..., Any]) -> None:
    """Runs once and writes how it ended. What cannot succeed is told, what may is tried again."""
    set_request_id(run.request_id)
    try:
        with _heartbeat(run):
            message = run_it(progress=Progress(run), **run.payload) or ""
        end(run, JobRun.State.DONE, str(message))
    except WutongError as error:
        end(run, JobRun.State.FAILED, str(error))
    except Exception:  # the worker must outlive any piece of work
        log.exception("job %s failed", run)
        if run.attempts >= MOST_ATTEMPTS:
            end(run, JobRun.State.FAILED, _("多次尝试后仍未完成，已通知运维人员。"))
        else:
            later = timezone.now() + timedelta(seconds=5 * 2**run.attempts)
            JobRun.objects.filter(pk=run.pk).update(state=JobRun.State.WAITING, run_at=later)
    finally:
        set_request_id("")


def end(run: JobRun, state: str, message: str) -> None:
    """A recurring job waits for its next time, whether it went well or not."""
    values: dict[str, Any] = {"state": state, "finished": timezone.now()}
    job = known_jobs().get(run.name)
    every = job.every if job and run.key == run.name else None
    if every is not None:
        values = {"state": JobRun.State.WAITING, "run_at": timezone.now() + every, "attempts": 0}
    JobRun.objects.filter(pk=run.pk).update(message=message[:500], lease_until=None, **values)


class _heartbeat:
    """Renews the lease while work is under way that reports no progress of its own."""

    def __init__(self, run: JobRun) -> None:
        self.run, self.over = run, threading.Event()
        self.thread = threading.Thread(target=self._beat, daemon=True, name=f"lease-{run.pk}")

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *_exc: object) -> None:
        self.over.set()
        self.thread.join()

    def _beat(self) -> None:
        while not self.over.wait(LEASE.total_seconds() / 3):
            try:
                close_old_connections()
                JobRun.objects.filter(pk=self.run.pk).update(lease_until=timezone.now() + LEASE)
            except Error:
                log.exception("the lease of job %s was not renewed; trying again", self.run)
        connections.close_all()


def known_jobs() -> dict[str, Job]:
    return {job.name: job for job in REGISTRY.all("jobs")}


def run_due(at: datetime | None = None) -> int:
    """Does everything that is due now; the number of runs taken."""
    jobs, taken = known_jobs(), 0
    schedule(jobs, at or timezone.now())
    while run := claim(at or timezone.now()):
        job = jobs.get(run.name)
        if job is None or run.attempts > MOST_ATTEMPTS:
            give_up(run)
        else:
            work(run, job.run)
        taken += 1
    return taken


def give_up(run: JobRun) -> None:
    """Work that no module knows any more, or that took its worker with it each time."""
    log.error("job %s given up after %d attempts", run, run.attempts)
    end(run, JobRun.State.FAILED, _("多次尝试后仍未完成，已通知运维人员。"))


def schedule(jobs: dict[str, Job], at: datetime) -> None:
    """One row for each recurring job, however many workers ask and however long they run."""
    every = {job.name: job.every for job in jobs.values() if job.every}
    there = dict(JobRun.objects.filter(key__in=every).values_list("key", "run_at"))
    missing = [JobRun(name=name, key=name, run_at=at) for name in sorted(every.keys() - there.keys())]
    if missing:
        JobRun.objects.bulk_create(missing, ignore_conflicts=True)
    # Further ahead than one turn: the clock was put back since.
    ahead = [name for name, due in there.items() if due > at + every[name] + SILENCE]
    if ahead:
        JobRun.objects.filter(key__in=ahead, state=JobRun.State.WAITING).update(run_at=at)


def silent_since(at: datetime) -> datetime | None:
    """Since when work has been due that nobody takes; None where a worker is at it."""
    State = JobRun.State
    if JobRun.objects.filter(state=State.RUNNING, lease_until__gte=at).exists():
        return None
    waiting = JobRun.objects.filter(state=State.WAITING, run_at__lt=at - SILENCE).order_by("run_at")
    return waiting.values_list("run_at", flat=True).first()


def forget_old(at: datetime) -> int:
    return JobRun.objects.filter(finished__lt=at - KEEP).delete()[0]
