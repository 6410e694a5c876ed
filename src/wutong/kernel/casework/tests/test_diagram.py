from collections import Counter
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.casework.diagram import draw, with_figures
from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import signed_in
from wutong.kernel.process.spec import State, Step
from wutong.kernel.process.tests.leave import LEAVE, process

PROCESSES = [LEAVE, *REGISTRY.all("processes")]


def drawn(one, current="", been=frozenset()):
    """The root of what the page holds; an error if it is not well-formed."""
    text = render_to_string("casework/diagram.html", {"process": one, "drawing": draw(one, current, been)})
    return ElementTree.fromstring(f"<page>{text}</page>")


def named(page, part):
    """Elements by class; SVG inside a page has no prefix."""
    return [each for each in page.iter() if part in each.get("class", "").split()]


@pytest.mark.parametrize("one", PROCESSES, ids=lambda one: one.name)
def test_every_state_and_every_step_is_drawn(one):
    page = drawn(one)
    assert [each.text for each in named(page, "wt-box-label")] == [str(state.title) for state in one.states]
    assert len(named(page, "wt-box")) == len(one.states)
    assert len(named(page, "wt-arrow")) == sum(len(step.source) for step in one.steps)
    labels = {each.text for each in named(page, "wt-arrow-label")}
    assert {str(step.title) for step in one.steps} <= labels


@pytest.mark.parametrize("one", PROCESSES, ids=lambda one: one.name)
def test_the_drawing_can_be_read_in_words(one):
    lines = [each.text for each in drawn(one).iter("li")]
    assert len(lines) == len(one.steps)
    for step, line in zip(one.steps, lines, strict=True):
        assert str(step.title) in line and str(one.state(step.target).title) in line


@pytest.mark.parametrize("one", PROCESSES, ids=lambda one: one.name)
def test_only_the_place_where_the_matter_is_is_marked(one):
    for state in one.states:
        page = drawn(one, state.name, frozenset({one.initial.name}))
        assert len(named(page, "wt-box-now")) == len(named(page, "wt-box-here")) == 1
        assert len(named(page, "wt-box-been")) == (state != one.initial)
    assert named(drawn(one), "wt-box-now") == []


@pytest.mark.parametrize("one", PROCESSES, ids=lambda one: one.name)
def test_no_two_arrows_run_the_same_way(one):
    paths = Counter(arrow.path for arrow in draw(one).arrows)
    assert set(paths.values()) == {1}


def test_titles_are_text_and_never_markup():
    page = drawn(
        process(
            title="<b>&",
            states=(State("draft", "<i>&\"'", holder="clerk", level="school"), *LEAVE.states[1:]),
        )
    )
    assert [each.text for each in named(page, "wt-box-label")][0] == "<i>&\"'"
    assert list(page.iter("i")) == []


@given(st.data())
def test_any_process_that_may_be_declared_can_be_drawn(data):
    """A line of states with further steps between any of them: all boxes and arrows within the drawing."""
    number = data.draw(st.integers(2, 7))
    names = [f"s{n}" for n in range(number)]
    states = [State(name, name, holder="clerk", level="school") for name in names[:-1]]
    states.append(State(names[-1], names[-1], outcome="approved"))
    line = [Step(f"t{n}", f"t{n}", (names[n],), names[n + 1], by=signed_in) for n in range(number - 1)]
    pairs = st.tuples(st.sampled_from(names[:-1]), st.sampled_from(names)).filter(
        lambda pair: pair[0] != pair[1]
    )
    more = data.draw(st.lists(pairs, max_size=6, unique=True))
    extra = [
        Step(f"x{n}", f"x{n}", (source,), target, by=signed_in) for n, (source, target) in enumerate(more)
    ]
    drawing = draw(process(states=tuple(states), steps=(*line, *extra)))
    assert (len(drawing.boxes), len(drawing.arrows)) == (number, len(line) + len(extra))
    assert all(box.x >= 0 and box.x < drawing.width and 0 <= box.y < drawing.height for box in drawing.boxes)
    assert all(0 <= arrow.x <= drawing.width and 0 <= arrow.y <= drawing.height for arrow in drawing.arrows)
    assert len({arrow.path for arrow in drawing.arrows}) == len(drawing.arrows)


def test_in_english_numbers_keep_their_point():
    with translation.override("en"):
        page = drawn(LEAVE)
    for each in named(page, "wt-arrow-label"):
        assert (float(each.get("x")), float(each.get("y"))) > (0.0, 0.0)


def test_figures_stand_on_the_drawing_and_in_its_words():
    counts, notes = {"submit": 9, "agree": 4, "return": 1}, {"district": "中位 2.0 天"}
    drawing = with_figures(draw(LEAVE), LEAVE, counts=counts, notes=notes)
    page = ElementTree.fromstring(
        f"<page>{render_to_string('casework/diagram.html', {'process': LEAVE, 'drawing': drawing})}</page>"
    )
    shown = [each.text for each in named(page, "wt-arrow-label") if each.text]
    assert {"9", "4", "退回 1", "不批 0"} <= set(shown)
    assert [each.text for each in named(page, "wt-box-note")] == ["中位 2.0 天"]
    lines = [each.text for each in page.iter("li")]
    assert [line.rpartition("（")[2] for line in lines] == ["9）", "4）", "0）", "1）", "0）", "0）"]
    assert max(arrow.flow for arrow in drawing.arrows) == drawing.arrows[0].flow == 4
