"""Writes requirements/*.txt from pyproject.toml with `uv`: for every platform, with hashes, without addresses.

Only what changed moves: the present pins are kept unless `--upgrade` (or `--upgrade-package NAME`) is given.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = "uv pip compile --quiet --universal --python-version 3.11 --generate-hashes"
PLAIN = "--no-header --no-annotate --no-emit-index-url --no-config"
FILES = {
    "base": ["pyproject.toml"],
    "assets": ["--group", "assets", "-c", "requirements/base.txt"],
    "npm": ["--group", "npm"],
    "dev": ["--group", "dev", "-c", "requirements/base.txt", "-c", "requirements/assets.txt"],
}

if __name__ == "__main__":
    for name, sources in FILES.items():
        command = [
            *COMPILE.split(),
            *PLAIN.split(),
            *sources,
            "-o",
            f"requirements/{name}.txt",
            *sys.argv[1:],
        ]
        subprocess.run(command, cwd=ROOT, check=True)
