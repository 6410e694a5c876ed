"""`make test`: the suite on SQLite, then on a real PostgreSQL what only that can show.

With WUTONG_TEST_ALL the whole suite runs on PostgreSQL as well, but for the browser's journeys.
`--database postgres` runs all of it there alone. Where PostgreSQL is absent its tests skip and say so.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack

from tools import postgres

ALL = bool(os.environ.get("WUTONG_TEST_ALL"))


def run(marks: list[str], arguments: list[str], database: str | None = None) -> int:
    """One pass in a data folder of its own, so that a developer's ./var is never touched."""
    marks = [*marks, *([] if ALL else ["not slow"])]
    pytest = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadgroup", *arguments]
    with tempfile.TemporaryDirectory(prefix="wutong-test-") as data:
        environment = os.environ | {"WUTONG_DATA": data} | ({"WUTONG_DATABASE": database} if database else {})
        chosen = " and ".join(marks)
        print(f"# pytest on {'PostgreSQL' if database else 'SQLite'}: {chosen or 'everything'}", flush=True)
        code = subprocess.run([*pytest, "-m", chosen], env=environment, check=False).returncode
    return 0 if code == 5 else code  # 5: nothing selected, as in a pass for one file without such tests


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    chosen, arguments = parser.parse_known_args()
    with ExitStack() as stack:
        if postgres.programs() is None and chosen.database == "sqlite":
            return run([], arguments)
        # A test undoes its rows: who counted them meanwhile would tell the planner that its tables are empty,
        # and a sheet read into them within one transaction would take hours.
        address = stack.enter_context(postgres.server(autovacuum="off"))
        if chosen.database == "postgres":
            return run(["not browser"], arguments, address)
        # Both, whatever the first says: who mends one thing wants to know of the other.
        on_postgres = ["not browser"] if ALL else ["postgres"]
        return max(run(["not postgres"], arguments), run(on_postgres, arguments, address))


if __name__ == "__main__":
    raise SystemExit(main())
