"""A process as BPMN 2.0 XML (OMG formal/2011-01-03, clauses 7 to 12) with its drawing, for tools of others.

A state is a user task in the lane of its holder, an end an end event; where several steps lead on an exclusive
gateway stands behind the task and each step is a sequence flow with its name. It describes and is not executable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from wutong.kernel.process.spec import Process, State, Step
from wutong.kernel.process.versions import holder_words
from wutong.platforms.governance.processes.differences import facts

MODEL = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DIAGRAM = "http://www.omg.org/spec/BPMN/20100524/DI"
SHAPES = "http://www.omg.org/spec/DD/20100524/DC"
EDGES = "http://www.omg.org/spec/DD/20100524/DI"
PREFIXES = {"bpmn": MODEL, "bpmndi": DIAGRAM, "dc": SHAPES, "di": EDGES}

HEAD, COLUMN, TASK, GATE, EVENT = 30, 240, (120, 64), 40, 36
BAND = 12


@dataclass(frozen=True)
class Box:
    """Where something stands; lanes grow with the flows that run through them."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Flow:
    id: str
    title: str
    source: str
    target: str


def exported(process: Process) -> bytes:
    for prefix, address in PREFIXES.items():
        register_namespace(prefix, address)
    root = Element(
        _name(MODEL, "definitions"),
        {"id": f"definitions_{process.name}", "targetNamespace": "urn:wutong:process"},
    )
    together = SubElement(root, _name(MODEL, "collaboration"), {"id": "collaboration"})
    SubElement(
        together,
        _name(MODEL, "participant"),
        {"id": "participant", "name": str(process.title), "processRef": f"process_{process.name}"},
    )
    _model(
        SubElement(root, _name(MODEL, "process"), {"id": f"process_{process.name}", "isExecutable": "false"}),
        process,
    )
    _drawing(SubElement(root, _name(DIAGRAM, "BPMNDiagram"), {"id": "diagram"}), process)
    return tostring(root, encoding="UTF-8", xml_declaration=True)


def _name(space: str, local: str) -> str:
    return f"{{{space}}}{local}"


def node(state: State) -> str:
    return f"{'end' if state.final else 'state'}_{state.name}"


def out(process: Process, state: State) -> str:
    """Where flows leave a state: behind the gateway, if there are several."""
    return f"gateway_{state.name}" if len(process.steps_from(state.name)) > 1 else node(state)


def flows(process: Process) -> list[Flow]:
    """From the start, from tasks to their gateways, and one for each step and each state it leaves."""
    found = [Flow("flow_start", "", "start", node(process.initial))]
    for state in process.states:
        if out(process, state) != node(state):
            found.append(Flow(f"flow_{state.name}", "", node(state), out(process, state)))
    for step in process.steps:
        target = node(process.state(step.target))
        found += [
            Flow(f"step_{step.name}_{name}", _title(step), out(process, process.state(name)), target)
            for name in step.source
        ]
    return found


def _title(step: Step) -> str:
    return f"{step.title}（{step.sign.count}/{len(step.sign.signers)}）" if step.sign else str(step.title)


def lanes(process: Process) -> dict[str, list[State]]:
    """States by who holds them; an end stands with the first state that leads to it."""
    found: dict[str, list[State]] = {}
    for state in process.states:
        found.setdefault(holder_words(_holding(process, state)), []).append(state)
    return found


def _holding(process: Process, state: State) -> State:
    if not state.final:
        return state
    return process.state(next(step.source[0] for step in process.steps if step.target == state.name))


def _model(parent: Element, process: Process) -> None:
    """In the order that the schema asks for: lanes, then nodes, then flows."""
    whole = SubElement(parent, _name(MODEL, "laneSet"), {"id": "lanes"})
    for number, (title, states) in enumerate(lanes(process).items()):
        lane = SubElement(whole, _name(MODEL, "lane"), {"id": f"lane_{number}", "name": title})
        for reference in _members(process, states):
            SubElement(lane, _name(MODEL, "flowNodeRef")).text = reference
    every = flows(process)
    _node(parent, "startEvent", "start", "", every)
    for state in process.states:
        _state(parent, process, state, every)
    for flow in every:
        named = {"name": flow.title} if flow.title else {}
        ends = {"sourceRef": flow.source, "targetRef": flow.target}
        SubElement(parent, _name(MODEL, "sequenceFlow"), {"id": flow.id, **named, **ends})


def _members(process: Process, states: Iterable[State]) -> Iterator[str]:
    for state in states:
        if state == process.initial:
            yield "start"
        yield node(state)
        if out(process, state) != node(state):
            yield out(process, state)


def _state(parent: Element, process: Process, state: State, every: list[Flow]) -> None:
    if state.final:
        _node(parent, "endEvent", node(state), str(state.title), every)
        return
    limit, notice, _holder = facts(state)
    words = f"{limit}；{notice}" if state.notice is not None else limit
    _node(parent, "userTask", node(state), str(state.title), every, words=words)
    if out(process, state) != node(state):
        _node(parent, "exclusiveGateway", out(process, state), "", every)


def _node(parent: Element, kind: str, key: str, title: str, every: list[Flow], words: str = "") -> None:
    element = SubElement(parent, _name(MODEL, kind), {"id": key, **({"name": title} if title else {})})
    if words:
        SubElement(element, _name(MODEL, "documentation")).text = words
    for flow in every:
        if flow.target == key:
            SubElement(element, _name(MODEL, "incoming")).text = flow.id
    for flow in every:
        if flow.source == key:
            SubElement(element, _name(MODEL, "outgoing")).text = flow.id


def _drawing(parent: Element, process: Process) -> None:
    plane = SubElement(parent, _name(DIAGRAM, "BPMNPlane"), {"id": "plane", "bpmnElement": "collaboration"})
    every, boxes = flows(process), places(process)
    for key, box in boxes.items():
        flat = {"isHorizontal": "true"} if key == "participant" or key.startswith("lane_") else {}
        shape = SubElement(
            plane, _name(DIAGRAM, "BPMNShape"), {"id": f"shape_{key}", "bpmnElement": key, **flat}
        )
        _bounds(shape, box)
        if key.startswith("end_"):
            # Beside it: arrows come from below.
            _bounds(SubElement(shape, _name(DIAGRAM, "BPMNLabel")), Box(box.x + EVENT + 6, box.y + 9, 84, 18))
    for number, flow in enumerate(every):
        edge = SubElement(
            plane, _name(DIAGRAM, "BPMNEdge"), {"id": f"edge_{flow.id}", "bpmnElement": flow.id}
        )
        for x, y in _way(boxes[flow.source], boxes[flow.target], number):
            SubElement(edge, _name(EDGES, "waypoint"), {"x": f"{x:g}", "y": f"{y:g}"})


def _bounds(parent: Element, box: Box) -> None:
    sides = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    SubElement(parent, _name(SHAPES, "Bounds"), {side: f"{value:g}" for side, value in sides.items()})


def places(process: Process) -> dict[str, Box]:
    """Lanes under each other, states from left to right in the order of the declaration."""
    height = TASK[1] + 60 + BAND * len(flows(process))
    width = 2 * HEAD + 80 + COLUMN * len(process.states)
    rows = lanes(process)
    found = {"participant": Box(0, 0, width, height * len(rows))}
    column = {state.name: number for number, state in enumerate(process.states)}
    for number, states in enumerate(rows.values()):
        found[f"lane_{number}"] = Box(HEAD, number * height, width - HEAD, height)
        for state in states:
            found |= _boxes(process, state, 2 * HEAD + 80 + COLUMN * column[state.name], number * height + 30)
    return found


def _boxes(process: Process, state: State, x: float, top: float) -> dict[str, Box]:
    middle = top + TASK[1] / 2
    if state.final:
        return {node(state): Box(x, middle - EVENT / 2, EVENT, EVENT)}
    found = {node(state): Box(x, top, *TASK)}
    if state == process.initial:
        found["start"] = Box(x - 80, middle - EVENT / 2, EVENT, EVENT)
    if out(process, state) != node(state):
        found[out(process, state)] = Box(x + TASK[0] + 30, middle - GATE / 2, GATE, GATE)
    return found


def _way(start: Box, end: Box, number: int) -> list[tuple[float, float]]:
    """Straight to a neighbour in the same lane; else down, along a band of its own under the boxes, and up or down."""
    (x, y), (to_x, to_y) = start.middle, end.middle
    if y == to_y and 0 < end.x - (start.x + start.width) < COLUMN:
        return [(start.x + start.width, y), (end.x, to_y)]
    band = start.y + start.height / 2 + TASK[1] / 2 + 20 + BAND * number
    edge = end.y if to_y > band else end.y + end.height
    return [(x, start.y + start.height), (x, band), (to_x, band), (to_x, edge)]
