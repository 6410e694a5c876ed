"""A house that stays easy to see: small functions, small files, a small kernel."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src/wutong"
KERNEL = SOURCE / "kernel"
KERNEL_PIECES = sorted(path for path in KERNEL.iterdir() if path.is_dir() and any(path.rglob("*.py")))


def product(folder: Path, suffix: str = ".py") -> list[Path]:
    """Files that people own: without tests, migrations and what others made."""
    away = {"tests", "migrations", "vendor"}
    return [path for path in sorted(folder.rglob(f"*{suffix}")) if not away & set(path.parts)]


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def total(folder: Path, suffix: str = ".py") -> int:
    return sum(lines(path) for path in product(folder, suffix))


def functions(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield length, f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}"


ALL_FUNCTIONS = [each for path in product(SOURCE) for each in functions(path)]


def test_half_of_the_functions_fit_in_eight_lines():
    assert median(length for length, _where in ALL_FUNCTIONS) <= 8


def test_nine_functions_of_ten_fit_in_thirty_lines():
    assert quantiles((length for length, _where in ALL_FUNCTIONS), n=10)[-1] <= 30


def test_no_function_is_longer_than_fifty_lines():
    assert [each for each in ALL_FUNCTIONS if each[0] > 50] == []


def test_no_file_is_longer_than_six_hundred_lines():
    files = [
        *SOURCE.rglob("*.py"),
        *product(SOURCE, ".html"),
        *product(SOURCE, ".css"),
        *product(SOURCE, ".js"),
    ]
    assert [str(path.relative_to(SOURCE)) for path in files if lines(path) > 600] == []


def test_the_kernel_stays_small():
    assert total(KERNEL) <= 14_000


@pytest.mark.parametrize("piece", KERNEL_PIECES, ids=lambda path: path.name)
def test_each_piece_of_the_kernel_stays_small(piece: Path):
    assert total(piece) <= 1_800


@pytest.mark.parametrize(("suffix", "most"), [(".js", 1_500), (".css", 900)])
def test_our_own_front_end_stays_small(suffix: str, most: int):
    assert total(SOURCE, suffix) <= most
