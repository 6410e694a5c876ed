"""A wrong declaration stops the start, with its name and what is wrong."""

from dataclasses import replace

import pytest
from django import forms
from django.core.exceptions import ImproperlyConfigured

from wutong.kernel.policy import everyone, holds
from wutong.kernel.process.models import Case
from wutong.kernel.process.spec import Process, State, Step

DRAFT = State("draft", "填报", holder="clerk", level="school")
CHECK = State("check", "审核", holder="officer", level="district", within=5)
DONE = State("done", "办结", outcome="approved")
SEND = Step("send", "提交", ("draft",), "check", by=holds("clerk"))
AGREE = Step("agree", "同意", ("check",), "done", by=holds("officer"))
BACK = Step("return", "退回", ("check",), "draft", by=holds("officer"), reason=True)


class Answer(forms.Form):
    word = forms.CharField()


def declare(states=(DRAFT, CHECK, DONE), steps=(SEND, AGREE, BACK)):
    return Process(
        name="trip", title="出行", prefix="CX", model=Case, states=states, steps=steps, describe=lambda *_: {}
    )


def test_a_sound_declaration_answers_for_itself():
    process = declare()
    assert process.initial is DRAFT
    assert process.steps_from("check") == [AGREE, BACK]
    assert (process.step("agree"), process.step("file"), process.state("done")) == (AGREE, None, DONE)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"states": (DRAFT, CHECK, DONE, replace(DONE, title="又办结"))}, "two states have one name"),
        (
            {"states": (DRAFT, CHECK, DONE, State("lost", "遗失", outcome="lost"))},
            "nothing leads to ['lost']",
        ),
        (
            {"steps": (SEND, AGREE, replace(BACK, target="nowhere"))},
            "'return' speaks of unknown states ['nowhere']",
        ),
        (
            {"steps": (SEND, AGREE, replace(BACK, source=("gone",)))},
            "'return' speaks of unknown states ['gone']",
        ),
        ({"steps": (SEND, AGREE, replace(BACK, name="agree"))}, "a step has the name of another"),
        (
            {"steps": (SEND, AGREE, replace(BACK, name="delegate"))},
            "a step has the name of another, or one of",
        ),
        ({"steps": (SEND, AGREE, replace(BACK, by=None))}, "'return' does not say who may take it"),
        ({"steps": (SEND, AGREE, replace(BACK, form=Answer))}, "'return' has a form and does nothing"),
        ({"steps": (SEND, AGREE, replace(BACK, source=("done",)))}, "'done' is final, yet steps leave it"),
        ({"states": (DRAFT, CHECK, replace(DONE, outcome=""))}, "'done' is open, yet no step leaves it"),
        ({"states": (DRAFT, replace(CHECK, holder=""), DONE)}, "nobody holds 'check'"),
        ({"states": (DRAFT, replace(CHECK, level=""), DONE)}, "nobody holds 'check'"),
    ],
)
def test_what_is_wrong_is_said_with_the_name_of_the_process(change, sentence):
    with pytest.raises(ImproperlyConfigured) as refusal:
        declare(**change)
    assert str(refusal.value).startswith("process trip: ")
    assert sentence in str(refusal.value)


def test_the_picture_of_a_version_follows_the_rules_and_not_the_words():
    reworded = declare(states=(DRAFT, replace(CHECK, title="复核"), DONE))
    longer = declare(states=(DRAFT, replace(CHECK, within=6), DONE))
    opened = declare(steps=(SEND, AGREE, replace(BACK, by=everyone)))
    digests = [process.digest() for process in (declare(), reworded, longer, opened)]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3
