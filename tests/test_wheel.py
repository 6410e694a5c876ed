"""Who installs the wheel needs no Node and no network: pages, styles and English come with it."""

import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import pytest

from tools.town import serving

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that no earlier build shines through."""
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy / name)
    shutil.copytree(ROOT / "src", copy / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, copy]
    subprocess.run(build, check=True, capture_output=True, text=True)
    return next(out.glob("wutong-*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it; its dependencies are lent by ours through a path file."""
    folder = tmp_path_factory.mktemp("fresh")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin/python"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, str(wheel)], check=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def get(address: str, language: str = "zh-hans") -> str:
    with urlopen(Request(address, headers={"Accept-Language": language}), timeout=30) as answer:
        return answer.read().decode()


def test_the_wheel_holds_what_is_shipped_and_nothing_else(wheel: Path):
    names = zipfile.ZipFile(wheel).namelist()
    vendor = "wutong/kernel/ui/static/ui/vendor/"
    assert {f"{vendor}bootstrap.min.css", f"{vendor}htmx.min.js", f"{vendor}manifest.json"} <= set(names)
    assert "wutong/locale/en/LC_MESSAGES/django.mo" in names
    assert [
        name for name in names if "/tests/" in name or name.endswith(".po") or "node_modules" in name
    ] == []


def test_every_file_of_the_product_is_in_the_wheel(wheel: Path):
    """A template or fact that stays behind is missed only on someone else's machine."""
    names = set(zipfile.ZipFile(wheel).namelist())
    source = ROOT / "src"
    files = [path for path in (source / "wutong").rglob("*") if path.is_file()]
    shipped = [
        p
        for p in files
        if not {"tests", "__pycache__"} & set(p.parts) and p.suffix not in (".po", ".pot", ".md")
    ]
    assert [name for p in shipped if (name := p.relative_to(source).as_posix()) not in names] == []


def test_the_sign_in_page_comes_with_its_styles_in_both_languages(python: Path, tmp_path: Path):
    with serving(tmp_path / "data", python=python, PATH=str(python.parent), PYTHONPATH="") as served:
        where = subprocess.run(
            [python, "-c", "import wutong; print(wutong.__file__)"], capture_output=True, text=True
        )
        assert Path(where.stdout.strip()).is_relative_to(python.parent.parent)
        address = f"{served.address}/accounts/login/"
        chinese, english = get(address), get(address, "en")
        styles = re.findall(r'<link[^>]+href="([^"]+\.css)"', chinese)
        assert styles
        assert all(get(urljoin(address, style)).strip() for style in styles)
        assert 'lang="zh' in chinese
        assert 'lang="en"' in english
        assert "登录" in chinese
        assert not re.search(r"[\u4e00-\u9fff]", re.sub(r"中文|梧桐", "", english))
