"""A case runs on the rules it was opened under; offices settle theirs for the year, the nearest last."""

from dataclasses import replace

import pytest
from django.utils import timezone, translation

from wutong.kernel.errors import Conflict, Invalid, NotAllowed
from wutong.kernel.module import REGISTRY
from wutong.kernel.process.engine import process_of, take
from wutong.kernel.process.models import ProcessVersion, Variant
from wutong.kernel.process.tests.award import award, in_review
from wutong.kernel.process.tests.leave import (
    LEAVE,
    MONDAY,
    STATES,
    again,
    at_city,
    at_district,
    begin,
    house,
    process,
)
from wutong.kernel.process.versions import effective, frozen, settle

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house())
    return small_town


def declare(monkeypatch, one):
    monkeypatch.setattr(REGISTRY, "_modules", house(one))
    return one


def due(case):
    return timezone.localtime(case.due).strftime("%m-%d") if case.due else None


def settle_for(town, who, where, terms, *, one=LEAVE, year=2026):
    return settle(town.actor(who), town.place(where), process=one, year=year, terms=terms, at=MONDAY)


def test_a_running_case_keeps_the_limits_it_was_opened_under(town, monkeypatch):
    case = at_district(town)
    longer = process(states=(*STATES[:2], replace(STATES[2], within=9), *STATES[3:]))
    declare(monkeypatch, longer)
    old = take(town.actor("officer"), case, step="agree", at=MONDAY)
    new = begin(town.actor("clerk"), town.place("gaoan"), one=longer)
    for who, step in (("clerk", "submit"), ("officer", "agree")):
        new = take(town.actor(who), new, step=step, at=MONDAY)
    assert (due(old), due(new)) == ("11-26", "12-04")


def test_a_running_case_keeps_its_holders_and_its_ways(town, monkeypatch):
    case = at_district(town)
    to_granted = replace(LEAVE.steps[1], target="granted")
    declare(monkeypatch, process(states=(*STATES[:2], *STATES[3:]), steps=(
        LEAVE.steps[0], to_granted, replace(LEAVE.steps[3], source=("district",)),
        replace(LEAVE.steps[4], source=("district",)), LEAVE.steps[5],
    )))  # fmt: skip
    case = take(town.actor("officer"), case, step="agree", at=MONDAY)
    assert (case.state, case.holder, process_of(case).state("city").title) == (
        "city",
        town.place("city"),
        "市级备案",
    )
    with pytest.raises(Conflict, match="旧版流程"):
        take(town.actor("city_officer"), case, step="grant", at=MONDAY)
    assert take(town.actor("city_officer"), case, step="return", comment="退", at=MONDAY).state == "draft"


def test_what_offices_settle_holds_for_their_own_and_from_then_on(town):
    before = at_district(town)
    settle_for(town, "officer", "xuhui", {"within": {"district": 7}})
    settle_for(town, "city_officer", "city", {"within": {"district": 10, "city": 1}})
    after, elsewhere = at_city(town), effective(LEAVE, town.place("island"), 2026)
    assert [due(before), due(after)] == ["11-30", "11-24"]
    assert [process_of(after).state(name).within for name in ("district", "city")] == [7, 1]
    assert [elsewhere.state(name).within for name in ("district", "city")] == [10, 1]
    assert effective(LEAVE, town.place("gaoan"), 2027).picture() == LEAVE.picture()


def test_a_step_may_exist_here_and_not_there(town, monkeypatch):
    one = declare(monkeypatch, award())
    assert effective(one, town.place("gaoan"), 2026).step("skip") is None
    settle_for(town, "officer", "xuhui", {"steps": {"skip": True, "withdraw": False}}, one=one)
    case = in_review(town, one=one)
    names = [step.name for step in process_of(case).steps]
    assert ("skip" in names, "withdraw" in names) == (True, False)
    assert take(town.actor("officer"), case, step="skip", at=MONDAY).state == "granted"


def test_holders_are_settled_too(town):
    settle_for(town, "officer", "xuhui", {"holder": {"district": "head@school"}})
    case = at_district(town)
    assert (case.holder, case.holder_role) == (town.place("gaoan"), "head")
    assert take(town.actor("head"), case, step="agree", at=MONDAY).state == "city"


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ({"agree": False, "return": False, "refuse": False, "withdraw": False}, "“学校填报”没有步骤可以办结"),
        ({"grant": False}, "不可能获得同意"),
        ({"submit": False}, "不可能获得同意"),
    ],
)
def test_rules_under_which_nothing_ends_are_refused(town, steps, sentence):
    with pytest.raises(Invalid, match=sentence):
        settle_for(town, "officer", "xuhui", {"steps": steps})
    assert Variant._base_manager.count() == 0


@pytest.mark.parametrize(
    ("who", "where"), [("other_officer", "xuhui"), ("clerk", "gaoan"), ("officer", "city")]
)
def test_an_office_settles_for_itself_and_below(town, who, where):
    with pytest.raises(NotAllowed):
        settle_for(town, who, where, {"within": {"district": 7}})


def test_the_same_rules_are_one_version_and_settling_twice_one_variant(town):
    begin(town.actor("clerk"), town.place("gaoan"))
    for days in (7, 5):
        settle_for(town, "officer", "xuhui", {"within": {"district": days}})
        begin(town.actor("clerk"), town.place("gaoan"))
    assert (ProcessVersion.objects.count(), Variant._base_manager.count()) == (2, 1)


def test_a_version_does_not_depend_on_the_language_of_who_opens_a_case(town):
    with translation.override("en"):
        begin(town.actor("clerk"), town.place("gaoan"))
    begin(town.actor("clerk"), town.place("gaoan"))
    assert ProcessVersion.objects.count() == 1


def test_what_is_frozen_stands_again_as_it_was(town):
    begin(town.actor("clerk"), town.place("gaoan"))
    version = ProcessVersion.objects.get()
    again_there = frozen(process(), version)
    assert (again_there.picture(), again_there.states, again_there.steps) == (
        LEAVE.picture(),
        LEAVE.states,
        LEAVE.steps,
    )


def test_a_case_follows_the_version_it_names(town):
    case = at_district(town)
    assert process_of(again(case)).digest() == case.process_version.digest
