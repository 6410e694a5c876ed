"""The conformance cases on a process that has everything, and what they find in one that is not right."""

import pytest

from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import signed_in
from wutong.kernel.process.models import Case
from wutong.kernel.process.spec import Step
from wutong.kernel.process.tests import leave
from wutong.kernel.process.tests.award import AWARD, begin
from wutong.kernel.testing.factories import Town
from wutong.kernel.testing.processes import ProcessConformance


class TestAward(ProcessConformance):
    process_name = "award"

    @pytest.fixture(autouse=True)
    def declared(self, monkeypatch):
        monkeypatch.setattr(REGISTRY, "_modules", leave.house(AWARD))

    def begin(self, town: Town) -> Case:
        return begin(town)


class Loose(ProcessConformance):
    process_name = "leave"

    def begin(self, town: Town) -> Case:
        return leave.begin(town.actor("clerk"), town.place("gaoan"), one=self.process)


@pytest.mark.django_db(databases="__all__")
def test_a_step_that_anybody_may_take_does_not_conform(small_town, monkeypatch):
    anybody = Step("refuse", "不批", ("district", "city"), "refused", by=signed_in, reason=True)
    steps = (*leave.STEPS[:4], anybody, leave.STEPS[5])
    monkeypatch.setattr(REGISTRY, "_modules", leave.house(leave.process(steps=steps)))
    with pytest.raises(AssertionError):
        Loose().test_each_step_is_for_those_who_see_its_button(small_town)


@pytest.mark.django_db(databases="__all__")
def test_a_step_that_nobody_of_the_town_can_take_does_not_conform(small_town, monkeypatch):
    nobody = Step("refuse", "不批", ("district", "city"), "refused", by=~signed_in, reason=True)
    steps = (*leave.STEPS[:4], nobody, leave.STEPS[5])
    monkeypatch.setattr(REGISTRY, "_modules", leave.house(leave.process(steps=steps)))
    with pytest.raises(AssertionError, match="nobody of the town"):
        Loose().test_every_state_is_reached_and_every_step_taken(small_town)
