"""BPMN 2.0 XML, against what the specification asks of it: ids, references, lanes, order of elements, drawing."""

from collections import Counter

import pytest
from defusedxml.ElementTree import fromstring

from wutong.kernel.module import REGISTRY
from wutong.kernel.process.tests.award import AWARD
from wutong.kernel.process.tests.leave import LEAVE
from wutong.platforms.governance.processes.bpmn import DIAGRAM, EDGES, MODEL, SHAPES, exported

PROCESSES = [LEAVE, AWARD, *REGISTRY.all("processes")]
NODES = ("startEvent", "userTask", "exclusiveGateway", "endEvent")
every = pytest.mark.parametrize("one", PROCESSES, ids=lambda one: one.name)


def read(one):
    root = fromstring(exported(one))
    return (
        root,
        root.find(f"{{{MODEL}}}process"),
        root.find(f"{{{DIAGRAM}}}BPMNDiagram/{{{DIAGRAM}}}BPMNPlane"),
    )


def model(parent, *kinds):
    return [each for kind in kinds for each in parent.findall(f"{{{MODEL}}}{kind}")]


def ids(elements):
    return [each.get("id") for each in elements]


@every
def test_every_id_is_there_once_and_every_reference_leads_somewhere(one):
    root, process, _plane = read(one)
    found = Counter(each.get("id") for each in root.iter() if each.get("id"))
    assert set(found.values()) == {1}
    participant = root.find(f"{{{MODEL}}}collaboration/{{{MODEL}}}participant")
    assert participant.get("processRef") == process.get("id")
    nodes = set(ids(model(process, *NODES)))
    for flow in model(process, "sequenceFlow"):
        assert {flow.get("sourceRef"), flow.get("targetRef")} <= nodes
    assert {each.get("bpmnElement") for each in root.iter() if each.get("bpmnElement")} <= set(found)


@every
def test_flows_and_nodes_say_the_same_of_each_other(one):
    _root, process, _plane = read(one)
    flows = {
        (flow.get("id"), flow.get("sourceRef"), flow.get("targetRef"))
        for flow in model(process, "sequenceFlow")
    }
    for node in model(process, *NODES):
        key = node.get("id")
        assert {each.text for each in model(node, "incoming")} == {
            name for name, _from, to in flows if to == key
        }
        assert {each.text for each in model(node, "outgoing")} == {
            name for name, start, _to in flows if start == key
        }
        assert bool(model(node, "incoming")) == (key != "start")
        assert bool(model(node, "outgoing")) == (not key.startswith("end_"))


@every
def test_every_node_lies_in_exactly_one_lane(one):
    _root, process, _plane = read(one)
    lanes = model(process.find(f"{{{MODEL}}}laneSet"), "lane")
    members = Counter(each.text for lane in lanes for each in model(lane, "flowNodeRef"))
    assert members == Counter(ids(model(process, *NODES)))


@every
def test_every_state_and_every_step_is_in_it(one):
    _root, process, _plane = read(one)
    tasks, ends = ([each.get("name") for each in model(process, kind)] for kind in ("userTask", "endEvent"))
    assert tasks == [str(state.title) for state in one.states if not state.final]
    assert ends == [str(state.title) for state in one.states if state.final]
    names = [
        flow.get("name") for flow in model(process, "sequenceFlow") if flow.get("id").startswith("step_")
    ]
    assert len(names) == sum(len(step.source) for step in one.steps)
    assert all(any(str(step.title) in name for name in names) for step in one.steps)


@every
def test_elements_stand_in_the_order_of_the_schema(one):
    root, process, _plane = read(one)
    assert [each.tag.rpartition("}")[2] for each in root] == ["collaboration", "process", "BPMNDiagram"]
    assert process[0].tag == f"{{{MODEL}}}laneSet"
    order = ["documentation", "incoming", "outgoing"]
    for node in model(process, *NODES):
        kinds = [order.index(each.tag.rpartition("}")[2]) for each in node]
        assert kinds == sorted(kinds)


@every
def test_everything_is_drawn_inside_the_pool_and_no_two_nodes_cover_each_other(one):
    _root, process, plane = read(one)
    shapes = {
        each.get("bpmnElement"): each.find(f"{{{SHAPES}}}Bounds")
        for each in plane.findall(f"{{{DIAGRAM}}}BPMNShape")
    }
    boxes = {
        key: tuple(float(b.get(side)) for side in ("x", "y", "width", "height")) for key, b in shapes.items()
    }
    nodes = ids(model(process, *NODES))
    lanes = ids(model(process.find(f"{{{MODEL}}}laneSet"), "lane"))
    assert set(boxes) == {"participant", *lanes, *nodes}
    _x, _y, width, height = boxes["participant"]
    assert all(x >= 0 and y >= 0 and x + w <= width and y + h <= height for x, y, w, h in boxes.values())
    assert [(a, b) for a in nodes for b in nodes if a < b and overlap(boxes[a], boxes[b])] == []
    for edge in plane.findall(f"{{{DIAGRAM}}}BPMNEdge"):
        points = [(float(p.get("x")), float(p.get("y"))) for p in edge.findall(f"{{{EDGES}}}waypoint")]
        assert len(points) >= 2
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    drawn = [edge.get("bpmnElement") for edge in plane.findall(f"{{{DIAGRAM}}}BPMNEdge")]
    assert drawn == ids(model(process, "sequenceFlow"))


def overlap(one, other):
    (x, y, w, h), (a, b, c, d) = one, other
    return x < a + c and a < x + w and y < b + d and b < y + h


@every
def test_arrows_begin_and_end_at_the_edge_of_their_nodes(one):
    _root, process, plane = read(one)
    ends = {
        flow.get("id"): (flow.get("sourceRef"), flow.get("targetRef"))
        for flow in model(process, "sequenceFlow")
    }
    shapes = {
        each.get("bpmnElement"): each.find(f"{{{SHAPES}}}Bounds")
        for each in plane.findall(f"{{{DIAGRAM}}}BPMNShape")
    }
    for edge in plane.findall(f"{{{DIAGRAM}}}BPMNEdge"):
        points = [(float(p.get("x")), float(p.get("y"))) for p in edge.findall(f"{{{EDGES}}}waypoint")]
        for point, key in zip((points[0], points[-1]), ends[edge.get("bpmnElement")], strict=True):
            x, y, w, h = (float(shapes[key].get(side)) for side in ("x", "y", "width", "height"))
            assert x <= point[0] <= x + w and y <= point[1] <= y + h
