"""Several at the same moment, on signatures, objections and whole batches. SQLite lets one writer in, so it cannot show this."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from wutong.kernel.casework.batch import decide_together
from wutong.kernel.errors import WutongError
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.queries import actor_of
from wutong.kernel.process.engine import last_move, take
from wutong.kernel.process.models import Case, CaseEvent, Objection, ProcessVersion, Signature, Variant
from wutong.kernel.process.objections import file_objection
from wutong.kernel.process.tests.award import AWARD, SIGN, in_review, on_notice
from wutong.kernel.process.tests.leave import LEAVE, again, at_district, begin, house
from wutong.kernel.process.versions import settle
from wutong.kernel.testing.factories import person, prepared_town

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, databases="__all__")]
MANY = 4


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


@pytest.fixture
def town(monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house())
    return prepared_town()


@pytest.fixture
def awards(town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house(AWARD))
    return town


def agreeing(town, case, *cast):
    actors = [town.actor(who) for who in cast]
    return at_once(*[lambda a=actor: take(a, case, step="agree").state for actor in actors])


def test_two_who_sign_at_once_both_count_and_the_second_completes_it(awards):
    case = in_review(awards)
    assert sorted(agreeing(awards, case, "head", "auditor")) == ["notice", "review"]
    kinds = list(CaseEvent._base_manager.filter(case=case, step="agree").values_list("kind", flat=True))
    assert sorted(kinds) == ["signed", "step"]
    assert Signature._base_manager.filter(case=case).exclude(person=None).count() == SIGN.count


def test_of_all_who_sign_at_once_as_many_sign_as_are_needed(awards):
    case = in_review(awards)
    assert sorted(agreeing(awards, case, "head", "auditor", "officer")) == ["conflict", "notice", "review"]
    assert Signature._base_manager.filter(case=case).exclude(person=None).count() == SIGN.count


def test_one_person_who_signs_twice_at_once_signs_once(awards):
    case, head = in_review(awards), awards.actor("head")
    said = at_once(*[lambda: take(head, case, step="agree").state] * MANY)
    assert sorted(said) == ["conflict"] * (MANY - 1) + ["review"]
    assert Signature._base_manager.filter(case=case).exclude(person=None).count() == 1


def test_a_batch_and_single_decisions_at_once_decide_each_case_once(town):
    cases = [at_district(town, title=f"第{n}件") for n in range(MANY)]
    seen = {case.number: last_move(case) for case in cases}
    one, two = (actor_of(person(name, town.place("xuhui"), "officer")) for name in ("严区员", "吕区员"))
    batch = lambda: sum(r.done for r in decide_together(one, cases, seen, step="agree", comment=""))  # noqa: E731  # a deed
    said = at_once(
        batch, *[lambda c=case: take(two, c, step="refuse", comment="不合").state for case in reversed(cases)]
    )
    states = list(Case._base_manager.values_list("state", flat=True))
    assert (states.count("city"), states.count("refused")) == (said[0], said.count("refused"))
    assert said[0] + said.count("refused") == MANY
    for case in cases:
        assert CaseEvent._base_manager.filter(case=case, source="district").count() == 1


def test_two_batches_at_once_decide_each_case_once(town):
    cases = [at_district(town, title=f"第{n}件") for n in range(MANY)]
    seen = {case.number: last_move(case) for case in cases}
    officers = [actor_of(person(name, town.place("xuhui"), "officer")) for name in ("严区员", "吕区员")]
    orders = (cases, list(reversed(cases)))
    said = at_once(*[
        lambda a=actor, c=order: sum(r.done for r in decide_together(a, c, seen, step="agree", comment=""))
        for actor, order in zip(officers, orders, strict=True)
    ])  # fmt: skip
    assert sum(said) == MANY
    assert {again(case).state for case in cases} == {"city"}


def test_an_objection_and_the_step_that_ends_the_notice_at_once(awards):
    case = on_notice(awards, at=timezone.now())
    officer, objector = awards.actor("officer"), awards.actor("guardian")
    said = at_once(
        lambda: take(officer, case, step="uphold", comment="退回").state,
        lambda: file_objection(objector, case, text="有违纪记录。") and "filed",
    )
    assert said[0] == "review" and said[1] in ("filed", "conflict")
    assert Objection._base_manager.filter(case=case).count() == said.count("filed")


def test_one_person_objects_once_however_often_it_is_sent(awards):
    case, objector = on_notice(awards, at=timezone.now()), awards.actor("guardian")
    said = at_once(*[lambda: file_objection(objector, case, text="有违纪记录。") and "filed"] * MANY)
    assert sorted(said) == ["conflict"] * (MANY - 1) + ["filed"]


def test_cases_opened_at_once_share_their_version(town):
    clerk, school = town.actor("clerk"), town.place("gaoan")
    at_once(*[lambda: begin(clerk, school).number] * MANY)
    assert (ProcessVersion.objects.count(), Case._base_manager.count()) == (1, MANY)


def test_an_office_that_settles_twice_at_once_has_one_rule(town):
    officer, place = town.actor("officer"), town.place("xuhui")
    said = at_once(*[
        lambda d=days: settle(officer, place, process=LEAVE, year=2026, terms={"within": {"district": d}}).terms["within"]["district"]
        for days in (6, 7)
    ])  # fmt: skip
    assert Variant._base_manager.count() == 1
    assert Variant._base_manager.get().terms["within"]["district"] in said
