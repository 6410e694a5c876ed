"""Work is done once, picked up after a kill, tried again after a failure, and repeated when its time comes."""

from datetime import timedelta

import pytest
from django.utils import timezone

from wutong.kernel.audit.request import current_request_id, set_request_id
from wutong.kernel.errors import Invalid
from wutong.kernel.jobs.models import JobRun
from wutong.kernel.jobs.queue import (
    KEEP,
    LEASE,
    MOST_ATTEMPTS,
    SILENCE,
    Progress,
    ask,
    claim,
    forget_old,
    run_due,
    silent_since,
    work,
)
from wutong.kernel.module import REGISTRY, Job, Module

pytestmark = pytest.mark.django_db(databases="__all__")
State = JobRun.State
done: list[tuple] = []


def count(progress: Progress, *, n: int = 0) -> str:
    progress(n, 10, f"第 {n} 行")
    done.append(("count", n))
    return "好了"


def refuse(progress: Progress) -> None:
    done.append(("refuse",))
    raise Invalid("表头缺少名称。")


def fail(progress: Progress) -> None:
    done.append(("fail",))
    raise ZeroDivisionError


def sweep(progress: Progress) -> None:
    done.append(("sweep",))


JOBS = (Job("trial.count", count), Job("trial.refuse", refuse), Job("trial.fail", fail))
EVERY = Job("trial.sweep", sweep, every=timedelta(minutes=10))


@pytest.fixture(autouse=True)
def known(monkeypatch):
    done.clear()

    def use(*jobs):
        monkeypatch.setattr(REGISTRY, "_modules", (Module("trial", "试", "trial", jobs=jobs),))

    use(*JOBS)
    return use


def again(run: JobRun) -> JobRun:
    return JobRun.objects.get(pk=run.pk)


def make_due(run: JobRun) -> None:
    JobRun.objects.filter(pk=run.pk).update(run_at=timezone.now())


def test_work_is_done_and_tells_how_far_it_is():
    run = ask("trial.count", n=7)
    assert (run_due(), run_due(), done) == (1, 0, [("count", 7)])
    run = again(run)
    assert (run.state, run.message, run.done, run.total, run.attempts) == (State.DONE, "好了", 7, 10, 1)
    assert (run.over, run.lease_until) == (True, None)


def test_the_same_key_is_the_same_work():
    first = ask("trial.count", key="sheet:1", n=1)
    assert ask("trial.count", key="sheet:1", n=2) == first
    run_due()
    assert ask("trial.count", key="sheet:1", n=3) == first
    assert (run_due(), done) == (0, [("count", 1)])


def test_work_without_a_key_is_new_each_time():
    assert ask("trial.count") != ask("trial.count")
    assert run_due() == 2


def test_work_waits_for_its_time():
    soon = timezone.now() + timedelta(hours=1)
    run = ask("trial.count", run_at=soon)
    assert (run_due(), again(run).state) == (0, State.WAITING)
    assert run_due(soon) == 1


def test_what_a_killed_worker_left_is_picked_up_after_its_lease():
    run, at = ask("trial.count", n=3), timezone.now()
    assert claim(at) == run
    assert claim(at + LEASE) is None
    assert claim(at + LEASE + timedelta(seconds=1)) == run
    assert (again(run).attempts, again(run).state) == (2, State.RUNNING)


def test_progress_keeps_the_lease():
    run, at = ask("trial.count"), timezone.now() - timedelta(seconds=50)
    JobRun.objects.filter(pk=run.pk).update(run_at=at)
    Progress(claim(at))(1, 2)
    assert claim(timezone.now() + timedelta(seconds=30)) is None


def test_a_refusal_is_told_and_not_tried_again():
    run = ask("trial.refuse")
    run_due()
    assert (again(run).state, again(run).message) == (State.FAILED, "表头缺少名称。")
    assert (run_due(), done) == (0, [("refuse",)])


def test_a_failure_is_tried_again_and_at_last_told():
    run = ask("trial.fail")
    for attempt in range(1, MOST_ATTEMPTS):
        before = timezone.now()
        assert run_due() == 1
        assert (again(run).state, again(run).attempts) == (State.WAITING, attempt)
        assert again(run).run_at >= before + timedelta(seconds=5 * 2**attempt)
        assert run_due() == 0
        make_due(run)
    run_due()
    assert (again(run).state, again(run).over, len(done)) == (State.FAILED, True, MOST_ATTEMPTS)
    assert again(run).message != ""


def test_work_that_kills_each_worker_is_given_up():
    """A sheet that eats all memory must not take every worker with it for ever."""
    run = ask("trial.count")
    JobRun.objects.filter(pk=run.pk).update(
        state=State.RUNNING, attempts=MOST_ATTEMPTS, lease_until=timezone.now()
    )
    assert (run_due(timezone.now() + timedelta(seconds=1)), done) == (1, [])
    assert again(run).state == State.FAILED


def test_work_of_a_module_that_is_gone_stops_nobody():
    gone, here = ask("gone.with_its_module"), ask("trial.count", n=1)
    assert (run_due(), done) == (2, [("count", 1)])
    assert (again(gone).state, again(here).state) == (State.FAILED, State.DONE)


def test_recurring_work_is_done_once_a_period(known):
    known(EVERY)
    assert (run_due(), run_due(), done) == (1, 0, [("sweep",)])
    run = JobRun.objects.get(name="trial.sweep")
    assert (run.state, run.attempts) == (State.WAITING, 0)
    assert timezone.now() < run.run_at <= timezone.now() + timedelta(minutes=10)
    make_due(run)
    assert (run_due(), len(done), JobRun.objects.count()) == (1, 2, 1)


def test_recurring_work_that_fails_for_good_waits_for_its_next_time(known):
    known(Job("trial.sweep", fail, every=timedelta(minutes=10)))
    run_due()
    run = JobRun.objects.get(name="trial.sweep")
    for _attempt in range(MOST_ATTEMPTS):
        make_due(run)
        run_due()
    assert again(run).state == State.WAITING


def test_claimed_work_is_run_as_it_was_asked_for():
    run = ask("trial.count", n=5)
    work(claim(timezone.now()), count)
    assert (again(run).state, done) == (State.DONE, [("count", 5)])


def test_old_work_is_forgotten():
    run = ask("trial.count")
    run_due()
    assert forget_old(again(run).finished + KEEP) == 0
    assert forget_old(again(run).finished + KEEP + timedelta(seconds=1)) == 1


def test_a_clock_that_was_put_back_does_not_stop_recurring_work(known):
    known(EVERY)
    run_due()
    hour_before = timezone.now() - timedelta(hours=1)
    done.clear()
    run_due(hour_before)
    assert done == [("sweep",)]


def test_work_carries_the_number_of_the_request_that_asked_for_it(known):
    known(Job("trial.number", number))
    set_request_id("r" * 32)
    ask("trial.number")
    set_request_id("")
    run_due()
    assert (done, current_request_id()) == ([("number", "r" * 32)], "")


def number(progress: Progress) -> None:
    done.append(("number", current_request_id()))


def test_due_work_that_nobody_takes_is_silence(known):
    at = timezone.now()
    ask("trial.count", run_at=at)
    assert silent_since(at + SILENCE - timedelta(seconds=1)) is None
    assert silent_since(at + SILENCE + timedelta(seconds=1)) == at
    claim(at + SILENCE)
    assert silent_since(at + SILENCE + timedelta(seconds=1)) is None
