"""Runs ADL's LRS conformance suite against `wutong serve` on a fresh store.

The suite (github.com/adlnet/lrs-conformance-test-suite) is no part of this repository: clone it, `npm install` in it,
and name its folder.

    python -m tools.xapi_conformance FOLDER [--version 1.0.3|2.0.0 …] [--database sqlite|postgresql]

Exit 0 only if every test of every run passed. The suite's own exit status is the number of failures cut to eight
bits, and tests that a failed preparation left out are in no count but the total: so its last line of counts is read.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from tools import postgres
from tools.town import serving, wutong

VERSIONS = ("1.0.3", "2.0.0")


@contextmanager
def fresh(database: str) -> Iterator[dict[str, str]]:
    """What the environment says of a database that nobody has used."""
    with postgres.server() if database == "postgresql" else nullcontext("sqlite") as address:
        yield {"WUTONG_DATABASE": address}


def run(suite: Path, version: str, database: str, pattern: str) -> dict[str, Any]:
    """The suite's last counts: `total`, `passed`, `failed`, and the names of what failed."""
    data = Path(tempfile.mkdtemp(prefix="wutong-xapi-"))
    try:
        with fresh(database) as environment:
            made = wutong(
                "xapi-key", "create", "--name", "suite", "--scope", "all",
                data=data, env=os.environ | environment,
            )  # fmt: skip
            key = json.loads(made.stdout.splitlines()[-1])
            with serving(data, **environment) as town:
                counts = tested(suite, version, f"{town.address}/xapi/{version}", key, pattern)
            log = (data / "serve.log").read_text(errors="replace").splitlines()
            return counts | {"faults": [line for line in log if "ERROR" in line]}
    finally:
        shutil.rmtree(data, ignore_errors=True)


def tested(suite: Path, version: str, endpoint: str, key: dict[str, str], pattern: str) -> dict[str, Any]:
    before = set(suite.glob("logs/*.log"))
    command = ["node", "bin/console_runner.js", "-e", endpoint, "-x", version, "-z", "-a"]
    command += ["-u", key["username"], "-p", key["password"], *(["-g", pattern] if pattern else [])]
    done = subprocess.run(
        command, cwd=suite, capture_output=True, text=True, check=False
    )  # node is where the reader has it
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"')]
    counts = [line for line in lines if "total" in line]
    if not counts:
        raise SystemExit(f"the suite said nothing:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    (log,) = set(suite.glob("logs/*.log")) - before
    failed = list(failures(json.loads(log.read_text(encoding="utf-8")).get("log") or {}, ""))
    return counts[-1] | {"failures": failed}


def failures(node: dict[str, Any], path: str) -> Iterator[str]:
    here = f"{path} > {node.get('title', '')}"
    if not node.get("tests") and node.get("status") == "failed":
        yield f"{here}: {node.get('error', '')}"
    for child in node.get("tests") or ():
        yield from failures(child, here)


def main() -> int:
    asked = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    asked.add_argument("suite", type=Path)
    asked.add_argument("--version", choices=VERSIONS, action="append")
    asked.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument("--only", default="", metavar="REGEX", help="only tests whose name matches")
    given = asked.parse_args()
    whole = True
    for version in given.version or VERSIONS:
        counts = run(given.suite.resolve(), version, given.database, given.only)
        for line in [*counts["failures"], *counts["faults"]]:
            print(f"× {line}")
        print(f"{version} on {given.database}: {counts['passed']} of {counts['total']} passed")
        whole = whole and counts["passed"] == counts["total"] and not counts["faults"]
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
