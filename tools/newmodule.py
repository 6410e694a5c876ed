"""`python -m tools.newmodule platforms.governance.clubs --title 社团`: the directory and the line of a new module."""

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src/wutong"
LIST = SOURCE / "config/modules.py"
DEPTH = {"platforms": 3, "centres": 3, "network": 2}
MODULE = """from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import Module

MODULE = Module(
    name="{name}",
    title=_("{title}"),
    package="wutong.{package}",
)
"""


def refusal(package: str) -> str:
    """Why no module can stand there; empty if one can."""
    parts = package.split(".")
    if len(parts) != DEPTH.get(parts[0]) or not all(re.fullmatch(r"[a-z][a-z_]*", part) for part in parts):
        return "write platforms.PLATFORM.NAME, centres.CENTRE.NAME or network.NAME in lower-case letters."
    if not SOURCE.joinpath(*parts[:-1]).is_dir():
        return f"there is no {'.'.join(parts[:-1])} in the house."
    if SOURCE.joinpath(*parts).exists():
        return f"{package} exists already."
    return ""


def make(package: str, title: str) -> Path:
    folder = SOURCE.joinpath(*package.split("."))
    files = {
        "__init__.py": f'"""{title}."""\n',
        "module.py": MODULE.format(name=folder.name, title=title, package=package),
        "migrations/__init__.py": "",
        "tests/__init__.py": "",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def enlist(package: str) -> None:
    """The line goes last: what a module requires stands above it."""
    text = LIST.read_text(encoding="utf-8")
    head, bracket, tail = text.rpartition("]")
    LIST.write_text(f'{head}    "wutong.{package}",\n{bracket}{tail}', encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.newmodule", description=__doc__)
    parser.add_argument("package", help="for example platforms.governance.clubs")
    parser.add_argument("--title", required=True, help="what people call it, in Chinese")
    given = parser.parse_args()
    if sentence := refusal(given.package):
        print(f"newmodule: {sentence}", file=sys.stderr)
        return 1
    folder = make(given.package, given.title)
    enlist(given.package)
    print(f"{folder.relative_to(ROOT)} and its line in {LIST.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
