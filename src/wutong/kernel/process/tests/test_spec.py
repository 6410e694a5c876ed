from dataclasses import replace

import pytest
from django.core.exceptions import ImproperlyConfigured

from wutong.kernel.policy import holds
from wutong.kernel.process.engine import is_holder
from wutong.kernel.process.spec import State, Step
from wutong.kernel.process.tests.leave import LEAVE, STATES, STEPS, process


def refused(**values):
    with pytest.raises(ImproperlyConfigured) as raised:
        process(**values)
    return str(raised.value)


def without(name):
    return tuple(step for step in STEPS if step.name != name)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"states": (*STATES, State("lost", "遗失", outcome="lost"))}, "nothing leads to ['lost']."),
        ({"steps": without("grant")}, "nothing leads to ['granted']."),
        ({"steps": (*without("submit"),)}, "nothing leads to ['city', 'district', 'granted', 'refused']."),
        (
            {
                "states": (*STATES, State("waiting", "等待", holder="officer", level="city")),
                "steps": (*STEPS, Step("wait", "等待", ("city",), "waiting", by=is_holder)),
            },
            "'waiting' is open, yet no step leaves it.",
        ),
        (
            {"steps": (*STEPS, Step("reopen", "重开", ("refused",), "draft", by=is_holder))},
            "'refused' is final, yet steps leave it.",
        ),
        (
            {"steps": (*STEPS, Step("send", "送", ("draft",), "moon", by=is_holder))},
            "step 'send' speaks of unknown states ['moon'].",
        ),
        (
            {"steps": (*STEPS, Step("land", "落", ("moon",), "draft", by=is_holder))},
            "step 'land' speaks of unknown states ['moon'].",
        ),
        ({"states": (replace(STATES[0], holder=""), *STATES[1:])}, "nobody holds 'draft'."),
        ({"states": (STATES[0], replace(STATES[1], level=""), *STATES[2:])}, "nobody holds 'district'."),
        ({"states": (*STATES, STATES[1])}, "two states have one name."),
    ],
)
def test_a_wrong_declaration_says_what_is_wrong(values, sentence):
    assert refused(**values) == f"process leave: {sentence}"


def test_two_steps_with_one_name_are_refused():
    again = Step("agree", "再同意", ("city",), "granted", by=is_holder)
    assert refused(steps=(*STEPS, again)).startswith("process leave: ")


def test_a_version_is_known_by_what_it_says_not_by_its_words():
    renamed = process(title="换课申请", states=(replace(STATES[0], title="填写"), *STATES[1:]))
    longer = process(states=(STATES[0], replace(STATES[1], within=6), *STATES[2:]))
    others = process(steps=(replace(STEPS[0], by=is_holder & holds("clerk")), *STEPS[1:]))
    assert renamed.digest() == LEAVE.digest()
    assert len({each.digest() for each in (LEAVE, longer, others)}) == 3
