"""docs/add-a-module.md, followed to the letter in a copy of the source."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/add-a-module.md"
FILE = re.compile(r"^`(src/[\w./]+)`\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("src", "tools"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml", ".importlinter"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run(command: str, copy: Path) -> str:
    """A command as the page writes it, in the copy and with its source; its output, or a failed test."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("WUTONG_", "PYTEST_"))}
    environment = ours | {"PYTHONPATH": str(copy / "src")}
    program, *arguments = command.split()
    arguments = [str(Path(sys.executable).with_name(Path(program).name)), *arguments]
    done = subprocess.run(arguments, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}{done.stderr[-3000:]}"
    return done.stdout


def write_files(page: str, copy: Path) -> None:
    files = FILE.findall(page)
    assert page.count("```python") == len(files)
    for name, text in files:
        (copy / name).write_text(text, encoding="utf-8")


def test_the_page_makes_a_module_whose_tests_pass(copy: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    (begin,), (migrate, test, explain) = (block.splitlines() for block in COMMANDS.findall(page))
    run(begin, copy)
    write_files(page, copy)
    run(migrate, copy)
    passed = re.search(r"^(\d+) passed", run(test, copy), re.MULTILINE)
    assert passed is not None
    assert int(passed[1]) > 20
    assert re.findall(r"registers +(\w+)", run(explain, copy)) == ["clubs"]


def test_the_new_module_keeps_the_style_and_the_architecture(copy: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    run(COMMANDS.findall(page)[0].strip(), copy)
    write_files(page, copy)
    folder = "src/wutong/platforms/governance/clubs"
    run(f"ruff check {folder}", copy)
    run(f"ruff format --check {folder}", copy)
    run("lint-imports --no-logo --no-cache --contract layers --contract doors --contract circles", copy)


@pytest.mark.parametrize(
    ("package", "why"),
    [
        ("kernel.clubs", "write platforms"),
        ("platforms.governance.Clubs", "write platforms"),
        ("platforms.nowhere.clubs", "there is no platforms.nowhere"),
        ("centres.data.master", "exists already"),
    ],
)
def test_a_place_that_cannot_be_is_refused_in_a_sentence(package: str, why: str) -> None:
    before = (ROOT / "src/wutong/config/modules.py").read_bytes()
    command = [sys.executable, "-m", "tools.newmodule", package, "--title", "社团"]
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (refused.returncode, why in refused.stderr) == (1, True)
    assert (ROOT / "src/wutong/config/modules.py").read_bytes() == before
