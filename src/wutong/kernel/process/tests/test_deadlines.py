"""The clock: one reminder, one level up for each grace, however often the job runs."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from wutong.kernel.module import REGISTRY
from wutong.kernel.people.queries import actor_of
from wutong.kernel.policy import SYSTEM
from wutong.kernel.process.deadlines import watch_deadlines
from wutong.kernel.process.engine import delegate, take
from wutong.kernel.process.models import CaseEvent
from wutong.kernel.process.tests.leave import MONDAY, again, at_city, at_district, begin, house
from wutong.kernel.testing.factories import person

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house())
    return small_town


def told(case):
    """What the clock has written into the timeline."""
    rows = CaseEvent._base_manager.filter(case=case).exclude(kind="step")
    return list(rows.values_list("kind", flat=True))


def shanghai(at):
    return timezone.localtime(at).strftime("%m-%d %H:%M")


def clock(month, day, hour=17, minute=0):
    return timezone.make_aware(datetime(2026, month, day, hour, minute))


def test_long_before_the_deadline_nothing_is_said(town):
    case = at_district(town)
    watch_deadlines(None, case.due - timedelta(days=1, seconds=1))
    assert (told(case), again(case).reminded) == ([], None)


def test_reminded_once_in_the_last_day(town):
    case = at_district(town)
    for hours in (24, 24, 12, 1):
        watch_deadlines(None, case.due - timedelta(hours=hours))
    found = again(case)
    assert (told(case), found.reminded) == (["reminded"], case.due - timedelta(days=1))
    assert (found.state, found.holder, found.due) == ("district", town.place("xuhui"), case.due)


def test_at_the_deadline_it_goes_to_the_level_above_once(town):
    case = at_district(town)
    assert shanghai(case.due) == "11-30 17:00"
    for _run in range(3):
        watch_deadlines(None, case.due)
    found = again(case)
    assert (found.state, found.holder, found.holder_role) == ("district", town.place("city"), "officer")
    assert (found.escalated, shanghai(found.due), told(case)) == (1, "12-02 17:00", ["escalated"])


def test_the_level_above_acts_and_the_one_below_no_more(town):
    case = at_district(town)
    watch_deadlines(None, case.due)
    with pytest.raises(Exception, match="权限"):
        take(town.actor("officer"), case, step="agree")
    found = take(town.actor("city_officer"), case, step="agree")
    assert (found.state, found.escalated, found.reminded) == ("city", 0, None)


def test_each_level_has_its_own_grace_and_reminder_and_the_top_keeps_it(town):
    case = at_district(town)
    watch_deadlines(None, clock(11, 30))
    watch_deadlines(None, clock(12, 1, 17, 30))
    watch_deadlines(None, clock(12, 2))
    assert told(case) == ["escalated", "reminded", "escalated"]
    found = again(case)
    assert (found.holder, found.escalated, shanghai(found.due)) == (town.place("city"), 2, "12-04 17:00")
    watch_deadlines(None, clock(12, 4))
    found = again(case)
    assert (found.holder, found.escalated, shanghai(found.due)) == (town.place("city"), 3, "12-08 17:00")


def test_a_job_that_stood_still_for_weeks_moves_a_case_one_level_not_many(town):
    case = at_district(town)
    watch_deadlines(None, clock(12, 23))
    watch_deadlines(None, clock(12, 23))
    assert (again(case).escalated, told(case)) == (1, ["escalated"])


def test_a_case_at_the_top_stays_with_whom_it_was_handed_to(town):
    colleague = person("严市员", town.place("city"), "officer")
    case = delegate(town.actor("city_officer"), at_city(town), person=colleague)
    watch_deadlines(None, case.due)
    found = again(case)
    assert (found.holder, found.delegate, found.escalated) == (town.place("city"), colleague, 1)


def test_on_the_way_up_a_delegation_ends(town):
    colleague = person("严区员", town.place("xuhui"), "officer")
    case = delegate(town.actor("officer"), at_district(town), person=colleague)
    watch_deadlines(None, case.due)
    assert (again(case).delegate, again(case).holder) == (None, town.place("city"))
    with pytest.raises(Exception, match="权限"):
        take(actor_of(colleague), case, step="agree")


def test_what_has_no_deadline_and_what_is_closed_is_left_alone(town):
    draft = begin(town.actor("clerk"), town.place("gaoan"))
    closed = take(town.actor("officer"), at_district(town), step="refuse", comment="不合规定", at=MONDAY)
    watch_deadlines(None, clock(12, 31))
    assert (told(draft), told(closed)) == ([], [])
    assert (draft.due, closed.due) == (None, None)


def test_only_the_clock_reminds_and_escalates(town):
    case = at_district(town)
    watch_deadlines(None, case.due)
    event = CaseEvent._base_manager.get(case=case, kind="escalated")
    assert (event.actor_id, event.actor_name, event.comment) == (None, SYSTEM.name, str(town.place("city")))


def test_one_case_that_is_late_takes_no_other_with_it(town):
    late, fresh = at_district(town), at_district(town, at=clock(11, 27, 9))
    watch_deadlines(None, late.due)
    assert [again(each).escalated for each in (late, fresh)] == [1, 0]
