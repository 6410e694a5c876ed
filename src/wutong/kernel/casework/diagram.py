"""A process as a drawing: states in a row, steps as arrows, the current place marked. SVG geometry only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from wutong.kernel.process.spec import Process, Step

WIDTH, HEIGHT, GAP, TOP, LANE = 128, 48, 92, 40, 26


@dataclass(frozen=True)
class Box:
    name: str
    title: str
    x: float
    y: float
    state: str
    note: str = ""

    @property
    def middle(self) -> float:
        return self.x + WIDTH / 2

    @property
    def label_y(self) -> float:
        """The title stands higher where a note or “you are here” stands below it."""
        return self.y + (21 if self.note or self.state == "now" else 29)

    @property
    def here_y(self) -> float:
        return self.y + 39


@dataclass(frozen=True)
class Arrow:
    """`path` is SVG path data; the label stands at x, y. `flow` is how much goes this way, 1 to 4; 0: not counted."""

    path: str
    label: str
    x: float
    y: float
    back: bool
    flow: int = 0
    count: str = ""

    @property
    def count_y(self) -> float:
        return self.y + 22


@dataclass(frozen=True)
class Drawing:
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    lines: tuple[str, ...]


def draw(process: Process, current: str = "", been: frozenset[str] = frozenset()) -> Drawing:
    """States stand in the order of the declaration; arrows that skip or return run in lanes of their own."""
    above, below = _lanes(process)
    baseline = TOP + LANE * len(above)
    boxes = {
        state.name: Box(
            state.name,
            str(state.title),
            8 + position * (WIDTH + GAP),
            baseline,
            "now" if state.name == current else "been" if state.name in been else "open",
        )
        for position, state in enumerate(process.states)
    }
    arrows = [arrow for step in process.steps for arrow in _arrows(step, boxes, above, below)]
    width = 16 + len(boxes) * (WIDTH + GAP) - GAP
    height = baseline + HEIGHT + LANE * len(below) + 24
    return Drawing(width, height, tuple(boxes.values()), tuple(arrows), tuple(_words(process)))


def with_figures(
    drawing: Drawing, process: Process, *, counts: Mapping[str, int], notes: Mapping[str, str]
) -> Drawing:
    """How often each step was taken and a word for each state, on the same drawing."""
    most = max(counts.values(), default=0) or 1

    def counted(arrow: Arrow, step: str) -> Arrow:
        number = counts.get(step, 0)
        flow = 1 + min(3, 4 * number // (most + 1))
        if "V" not in arrow.path:  # straight on: the number stands below the line
            return replace(arrow, flow=flow, count=str(number) if arrow.label else "")
        return replace(arrow, flow=flow, label=f"{arrow.label} {number}" if arrow.label else "")

    steps = [step.name for step in process.steps for _source in step.source]
    arrows = tuple(counted(arrow, step) for arrow, step in zip(drawing.arrows, steps, strict=True))
    boxes = tuple(replace(box, note=notes.get(box.name, "")) for box in drawing.boxes)
    lines = tuple(
        f"{line}（{counts.get(step.name, 0)}）"
        for line, step in zip(drawing.lines, process.steps, strict=True)
    )
    return replace(drawing, boxes=boxes, arrows=arrows, lines=lines)


def _lanes(process: Process) -> tuple[list[str], list[str]]:
    """Steps that need a lane: those that jump forward above, those that go back below; one lane a step.

    Between two neighbours the first step runs straight, a further one would cover it.
    """
    place = {state.name: position for position, state in enumerate(process.states)}
    above, below = [], []
    taken: set[tuple[str, str]] = set()
    for step in process.steps:
        ways = {(source, step.target) for source in step.source}
        reach = [place[step.target] - place[source] for source in step.source]
        if max(reach) > 1 or (1 in reach and ways & taken):
            above.append(step.name)
        if min(reach) < 0:
            below.append(step.name)
        taken |= ways
    return above, below


def _arrows(step: Step, boxes: dict[str, Box], above: list[str], below: list[str]) -> list[Arrow]:
    """One arrow for each source; the label stands on the first only."""
    arrows = [_arrow(step, boxes[source], boxes[step.target], above, below) for source in step.source]
    return [arrows[0], *(replace(arrow, label="") for arrow in arrows[1:])]


def _arrow(step: Step, start: Box, end: Box, above: list[str], below: list[str]) -> Arrow:
    label = str(step.title)
    if step.name in below and end.x < start.x:
        foot, lane = start.y + HEIGHT, below.index(step.name)
        return _arc(start, end, label, foot, foot + LANE * (lane + 1), -12 * (lane + 1), back=True)
    if step.name in above:
        lane = above.index(step.name)
        return _arc(start, end, label, start.y, start.y - LANE * (lane + 1), 12 * (lane + 1), back=False)
    y = start.y + HEIGHT / 2
    left, right = start.x + WIDTH, end.x
    return Arrow(f"M{left} {y}H{right - 3}", label, (left + right) / 2, y - 8, back=False)


def _arc(start: Box, end: Box, label: str, edge: float, lane: float, shift: float, *, back: bool) -> Arrow:
    """Out of the start, along the lane, into the end; shifted so that two arcs at one box do not cover."""
    out, into = start.middle + shift, end.middle - shift
    tip = edge + 3 if back else edge - 3
    return Arrow(
        f"M{out} {edge}V{lane}H{into}V{tip}", label, (out + into) / 2, lane + (14 if back else -5), back=back
    )


def _words(process: Process) -> list[str]:
    """The drawing in words, for those who do not see it."""
    return [
        f"{'、'.join(str(process.state(name).title) for name in step.source)} → "
        f"{step.title} → {process.state(step.target).title}"
        for step in process.steps
    ]
