"""Two at the same moment: one goes through, the other is told. SQLite lets one writer in, so it cannot show this."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from wutong.kernel.errors import WutongError
from wutong.kernel.module import REGISTRY, Module
from wutong.kernel.people.queries import actor_of
from wutong.kernel.process.deadlines import watch_deadlines
from wutong.kernel.process.engine import delegate, is_holder, open_case, take
from wutong.kernel.process.models import Case, CaseEvent
from wutong.kernel.process.spec import Process, State, Step
from wutong.kernel.testing.factories import person, place

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, databases="__all__")]
AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
MANY = 6

TRIP = Process(
    name="trip",
    title="出行",
    prefix="CX",
    model=Case,
    describe=lambda actor, subject: {},
    states=(
        State("check", "审核", holder="officer", level="district", within=1),
        State("agreed", "同意", outcome="approved"),
        State("refused", "不同意", outcome="refused"),
    ),
    steps=(
        Step("agree", "同意", ("check",), "agreed", by=is_holder),
        Step("refuse", "不同意", ("check",), "refused", by=is_holder),
    ),
)


@pytest.fixture
def school(monkeypatch):
    ground = Module("kernel", "平台", "wutong.kernel")
    trips = Module("trips", "出行", "wutong.trips", processes=(TRIP,))
    monkeypatch.setattr(REGISTRY, "_modules", (ground, trips))
    city = place(None, "city", "上海市教育委员会")
    return place(place(city, "district", "徐汇区教育局"), "school", "高安路第一小学")


@pytest.fixture
def clerk(school):
    return actor_of(person("高教务", school, "clerk"))


def opened(clerk, school):
    return open_case(clerk, school, process=TRIP, title="春游", at=AT)


def at_once(*deeds):
    """What each says when all begin together, each in a thread and a connection of its own."""
    barrier = Barrier(len(deeds))

    def run(deed):
        try:
            barrier.wait(timeout=30)
            return deed()
        except WutongError as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as threads:
        return list(threads.map(run, deeds))


@pytest.mark.parametrize(
    "steps", [("agree",) * MANY, ("agree", "refuse") * (MANY // 2)], ids=["same", "opposite"]
)
def test_of_many_who_decide_at_once_one_decides(school, clerk, steps):
    officers = [actor_of(person(f"区办{n}", school.parent, "officer")) for n in range(MANY)]
    case = opened(clerk, school)
    said = at_once(
        *(
            lambda a=actor, s=step: take(a, case, step=s, at=AT).state
            for actor, step in zip(officers, steps, strict=True)
        )
    )
    state = Case._base_manager.get(pk=case.pk).state
    assert sorted(said) == sorted([state, *["conflict"] * (MANY - 1)])
    assert CaseEvent._base_manager.filter(case=case).exclude(step="open").count() == 1


def test_cases_that_are_opened_at_once_have_numbers_of_their_own(school, clerk):
    numbers = at_once(*[lambda: opened(clerk, school).number] * MANY)
    assert sorted(numbers) == [f"CX-2026-{n:06d}" for n in range(1, MANY + 1)]


def test_what_is_handed_over_and_decided_at_once_is_held_by_nobody(school, clerk):
    officer, colleague = (person(name, school.parent, "officer") for name in ("徐区办", "徐同事"))
    case = opened(clerk, school)
    said = at_once(
        lambda: delegate(actor_of(officer), case, person=colleague, at=AT) and "handed",
        lambda: take(actor_of(officer), case, step="agree", at=AT).state,
    )
    found = Case._base_manager.get(pk=case.pk)
    kinds = list(CaseEvent._base_manager.filter(case=case).values_list("kind", flat=True))
    if found.closed:
        assert (found.state, found.delegate_id, found.holder_id) == ("agreed", None, None)
    assert (kinds.count("delegated"), kinds.count("step") - 1) == (said.count("handed"), said.count("agreed"))


def test_two_workers_escalate_once(school, clerk):
    case = opened(clerk, school)
    late = timezone.localtime(case.due) + timedelta(minutes=1)
    at_once(*[lambda: watch_deadlines(None, late)] * 2)
    found = Case._base_manager.get(pk=case.pk)
    assert (found.escalated, found.holder_id) == (1, school.parent.parent_id)
    assert CaseEvent._base_manager.filter(case=case, kind="escalated").count() == 1
