"""公示: the days run, people object, the office answers, and only then the matter moves."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from wutong.kernel.errors import Conflict, Invalid, NotAllowed
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.module import REGISTRY
from wutong.kernel.notice.models import Delivery
from wutong.kernel.policy import ANONYMOUS, SYSTEM
from wutong.kernel.process.deadlines import watch_deadlines
from wutong.kernel.process.engine import take
from wutong.kernel.process.models import CaseEvent, Objection
from wutong.kernel.process.objections import decide_objection, file_objection
from wutong.kernel.process.queries import open_steps
from wutong.kernel.process.tests.award import AWARD, on_notice
from wutong.kernel.process.tests.leave import MONDAY, again, house

pytestmark = pytest.mark.django_db(databases="__all__")
WORDS = "该班上学期有违纪记录。"


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house(AWARD))
    return small_town


def object_to(case, town, who="guardian", at=MONDAY):
    return file_objection(town.actor(who), case, text=WORDS, at=at)


def test_the_notice_comes_before_the_holders_own_time(town):
    case = on_notice(town)
    said = [timezone.localtime(moment).strftime("%m-%d %H:%M") for moment in (case.notice_until, case.due)]
    assert said == ["11-26 17:00", "11-30 17:00"]
    watch_deadlines(None, case.notice_until + timedelta(hours=1))
    assert again(case).escalated == 0


def test_nothing_moves_before_the_time_is_over_but_what_may_at_any_time(town):
    case = on_notice(town)
    officer = town.actor("officer")
    with pytest.raises(Conflict, match="公示到"):
        take(officer, case, step="grant", at=case.notice_until - timedelta(seconds=1))
    early, late = case.notice_until - timedelta(hours=1), case.notice_until
    assert [step.name for step in open_steps(officer, case, early)] == ["uphold"]
    assert [step.name for step in open_steps(officer, case, late)] == ["grant", "uphold"]
    assert take(officer, case, step="grant", at=late).state == "granted"


def test_an_objection_is_answered_before_the_case_can_move(town):
    case = on_notice(town)
    objection = object_to(case, town)
    officer, late = town.actor("officer"), case.notice_until
    with pytest.raises(Conflict, match="异议"):
        take(officer, case, step="grant", at=late)
    decide_objection(officer, objection, outcome="dismissed", answer="经核实无此记录。", at=late)
    assert take(officer, case, step="grant", at=late).state == "granted"


def test_after_the_time_nobody_objects_and_nobody_twice_while_one_is_open(town):
    case = on_notice(town)
    objection = object_to(case, town)
    with pytest.raises(Conflict, match="已经提过"):
        object_to(case, town)
    decide_objection(town.actor("officer"), objection, outcome="dismissed", answer="不属实。", at=MONDAY)
    object_to(case, town)
    with pytest.raises(Conflict, match="公示已经结束"):
        object_to(case, town, at=case.notice_until)
    with pytest.raises(Invalid):
        file_objection(town.actor("stranger"), case, text="  ", at=MONDAY)
    assert Objection._base_manager.count() == 2


@pytest.mark.parametrize("actor", [ANONYMOUS, SYSTEM], ids=["nobody", "system"])
def test_who_objects_has_a_name(town, actor):
    case = on_notice(town)
    with pytest.raises(NotAllowed):
        file_objection(actor, case, text=WORDS, at=MONDAY)


@pytest.mark.parametrize("who", ["clerk", "head", "other_officer", "city_officer", "guardian", "stranger"])
def test_only_the_office_that_holds_it_answers(town, who):
    objection = object_to(on_notice(town), town)
    with pytest.raises(NotAllowed):
        decide_objection(town.actor(who), objection, outcome="dismissed", answer="不属实。", at=MONDAY)


def test_an_answer_is_given_once_and_in_words(town):
    objection = object_to(on_notice(town), town)
    officer = town.actor("officer")
    for outcome, answer in (("", "不属实。"), ("dismissed", " "), ("maybe", "不属实。")):
        with pytest.raises(Invalid):
            decide_objection(officer, objection, outcome=outcome, answer=answer, at=MONDAY)
    decide_objection(officer, objection, outcome="upheld", answer="属实。", at=MONDAY)
    with pytest.raises(Conflict):
        decide_objection(officer, objection, outcome="dismissed", answer="不属实。", at=MONDAY)


@pytest.mark.parametrize(
    ("who", "sees"),
    [("guardian", True), ("officer", True), ("city_officer", True), ("auditor", True), ("clerk", False),
     ("head", False), ("teacher", False), ("other_officer", False), ("stranger", False)],
)  # fmt: skip
def test_who_applied_does_not_learn_who_objected(town, who, sees):
    case = on_notice(town)
    objection = object_to(case, town)
    assert Objection.objects.visible_to(town.actor(who)).filter(pk=objection.pk).exists() == sees
    names = CaseEvent._base_manager.filter(case=case, kind="objected").values_list("actor_name", "comment")
    assert list(names) == [(SYSTEM.name, "")]


def test_the_office_is_told_of_the_objection_and_the_objector_of_the_answer(town):
    case = on_notice(town)
    deliver_waiting()
    Delivery._base_manager.all().delete()
    objection = object_to(case, town)
    deliver_waiting()
    titles = Delivery._base_manager.values_list("person__name", "notice__title")
    assert list(titles) == [(town.person("officer").name, f"公示收到异议，请答复：{case.title}")]
    decide_objection(town.actor("officer"), objection, outcome="dismissed", answer="不属实。", at=MONDAY)
    deliver_waiting()
    answer = Delivery._base_manager.select_related("notice").get(person=town.person("guardian"))
    assert answer.notice.body == "不属实。"


def test_holidays_do_not_count_as_days_of_notice(town):
    case = on_notice(town, at=timezone.make_aware(datetime(2026, 9, 29, 10)))
    assert timezone.localtime(case.notice_until).strftime("%m-%d") == "10-09"
