"""Every declared process is walked by its module's tests: no state, step, right or receipt is left untried."""

import ast
from pathlib import Path

import pytest

from wutong.kernel.module import REGISTRY

SOURCE = Path(__file__).resolve().parent.parent / "src/wutong"


def walked() -> set[str]:
    """Names of the processes for which a test class inherits the conformance cases."""
    found = set()
    for path in SOURCE.rglob("tests/test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
                bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
                found |= set(named(node)) if "ProcessConformance" in bases else set()
    return found


def named(node: ast.ClassDef) -> list[str]:
    assigned = [line for line in node.body if isinstance(line, ast.Assign)]
    return [
        line.value.value
        for line in assigned
        if isinstance(line.value, ast.Constant)
        and [getattr(t, "id", "") for t in line.targets] == ["process_name"]
    ]


@pytest.mark.parametrize("name", [process.name for process in REGISTRY.all("processes")])
def test_every_process_of_the_house_is_walked(name: str):
    assert name in walked(), f"a test class for {name!r} inherits kernel.testing.processes.ProcessConformance"
