"""What is declared is drawn: every state once, every step from each of its sources, one place marked."""

import re

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.module import REGISTRY
from wutong.kernel.process.diagram import HEIGHT, WIDTH, draw

PROCESSES = REGISTRY.all("processes")
each_process = pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)


def ends(arrow):
    """Where an arrow begins and where its tip is, from its path data."""
    numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", arrow.path)]
    x, y, last = numbers[0], numbers[1], numbers[2:]
    if "V" not in arrow.path:
        return (x, y), (last[0], y)
    return (x, y), (last[1], last[2])


def box_at(drawing, point):
    """The box whose edge is at most an arrow-head away."""
    x, y = point
    near = [
        box.name
        for box in drawing.boxes
        if box.x - 4 <= x <= box.x + WIDTH + 4 and box.y - 4 <= y <= box.y + HEIGHT + 4
    ]
    assert len(near) == 1, point
    return near[0]


@each_process
def test_every_state_stands_in_the_drawing_once(process):
    drawing = draw(process)
    assert [(box.name, box.title) for box in drawing.boxes] == [
        (s.name, str(s.title)) for s in process.states
    ]


@each_process
def test_every_step_leads_from_each_of_its_sources_to_its_target(process):
    drawing = draw(process)
    drawn = [tuple(box_at(drawing, end) for end in ends(arrow)) for arrow in drawing.arrows]
    assert drawn == [(source, step.target) for step in process.steps for source in step.source]
    assert {arrow.label for arrow in drawing.arrows} - {""} == {str(step.title) for step in process.steps}


@each_process
def test_nothing_is_drawn_outside_the_picture(process):
    drawing = draw(process)
    points = [point for arrow in drawing.arrows for point in (*ends(arrow), (arrow.x, arrow.y))]
    points += [
        corner for box in drawing.boxes for corner in ((box.x, box.y), (box.x + WIDTH, box.y + HEIGHT))
    ]
    assert [(x, y) for x, y in points if not (0 <= x <= drawing.width and 0 <= y <= drawing.height)] == []


@given(st.data())
def test_one_place_is_marked_and_those_that_were_visited(data):
    process = data.draw(st.sampled_from(PROCESSES))
    names = [state.name for state in process.states]
    here, been = data.draw(st.sampled_from(names)), data.draw(st.frozensets(st.sampled_from(names)))
    found = {box.name: box.state for box in draw(process, here, been).boxes}
    assert found == {name: "now" if name == here else "been" if name in been else "open" for name in names}


@each_process
def test_who_does_not_see_the_drawing_reads_it(process):
    drawing = draw(process, process.initial.name)
    html = render_to_string("process/diagram.html", {"drawing": drawing, "process": process})
    assert len(drawing.lines) == len(process.steps)
    for line in drawing.lines:
        assert html.count(line) == 2  # in the description of the picture and in the list below it
    assert html.count("你在这里") == 1
