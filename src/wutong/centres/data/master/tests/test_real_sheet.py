"""The list of Shanghai's schools as it really is: every row is taken or refused with its reasons, again and again.

The list is not part of the repository; without it beside the repository these tests are left out.
"""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.utils import timezone

from tools.town import EMBEDDED, wutong
from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import SYSTEM
from wutong.kernel.register.export import exported
from wutong.kernel.register.importing import Importer
from wutong.kernel.sheet.writing import write_xlsx

SHEET = Path(__file__).resolve().parents[7] / "shared/realdata/organisations.csv"
COUNTS = ("rows", "created", "updated", "unchanged", "rejected")

pytestmark = [
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.skipif(not SHEET.is_file(), reason="the real list of schools is not beside the repository"),
]


def lines():
    return list(csv.reader(io.StringIO(SHEET.read_text("utf-8-sig"))))


def read(content: bytes, filename: str = "organisations.csv"):
    troubles = []
    register = REGISTRY.register("organisations")
    importer = Importer(
        SYSTEM, register, io.BytesIO(content), filename=filename, tell=troubles.append, at=timezone.now()
    )
    return importer.load().counts, troubles


def told(troubles):
    return [(t.row, t.column, t.value, t.rule, str(t.message), str(t.mend), t.refused) for t in troubles]


def everything() -> bytes:
    with exported(REGISTRY.register("organisations"), SYSTEM, "csv", {}) as file:
        return file.read()


@pytest.fixture
def loaded(small_town):
    return read(SHEET.read_bytes())


def test_the_first_rows_are_read_twice_with_one_effect(small_town):
    """A quick look at what the slow tests below take in full."""
    first = SHEET.read_bytes().splitlines(keepends=True)[:121]
    counts, troubles = read(b"".join(first))
    assert (counts["rows"], sum(counts[name] for name in COUNTS[1:])) == (120, 120)
    before = everything()
    again, _troubles = read(b"".join(first))
    assert (again["unchanged"], again["rejected"]) == (120 - counts["rejected"], counts["rejected"])
    assert everything() == before


@pytest.mark.slow
def test_every_row_is_accounted_for_and_read_again_unchanged(loaded):
    counts, troubles = loaded
    assert counts["rows"] == len(lines()) - 1
    assert counts["rows"] == sum(counts[name] for name in COUNTS[1:])
    assert counts["created"] > 1400
    refused = [t for t in troubles if t.refused]
    assert len({t.row for t in refused}) == counts["rejected"]
    assert [t for t in troubles if not (t.column and t.rule and str(t.message) and str(t.mend))] == []
    before = everything()
    again, troubles_again = read(SHEET.read_bytes())
    expected = {"rows": counts["rows"], "created": 0, "updated": 0, "rejected": counts["rejected"]}
    expected["unchanged"] = counts["rows"] - counts["rejected"]
    assert again == expected
    assert told(t for t in troubles_again if t.refused) == told(refused)
    assert everything() == before
    back, _troubles = read(before)
    assert (back["unchanged"], back["rejected"]) == (back["rows"], 0)


def as_xlsx() -> bytes:
    rows, file = lines(), io.BytesIO()
    write_xlsx(file, rows[0], rows[1:], title="学校", text_columns={"code"})
    return file.getvalue()


@pytest.mark.slow
def test_other_forms_of_the_list_say_the_same(loaded):
    """Read after the first form, each row is known: it is unchanged, or refused for the same reasons."""
    counts, troubles = loaded
    refused = told(t for t in troubles if t.refused)
    forms = {
        "gb18030.csv": SHEET.read_text("utf-8-sig").encode("gb18030"),
        "windows.csv": b"\xef\xbb\xbf" + SHEET.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        "list.xlsx": as_xlsx(),
    }
    for filename, content in forms.items():
        again, troubles_again = read(content, filename)
        kept = {"rows": counts["rows"], "created": 0, "updated": 0, "rejected": counts["rejected"]}
        assert again == {**kept, "unchanged": counts["rows"] - counts["rejected"]}
        assert told(t for t in troubles_again if t.refused) == refused


def killed_import(data: Path, seconds: float) -> int:
    command = [sys.executable, "-m", "wutong", "--data", str(data), "import", "organisations", str(SHEET)]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | EMBEDDED
    )
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    return process.wait(30)


def schools(data: Path) -> list[list[str]]:
    target = data / "out.csv"
    wutong("export", "organisations", str(target), data=data)
    return sorted(csv.reader(io.StringIO(target.read_text("utf-8-sig"))))


@pytest.mark.slow
def test_an_import_that_was_killed_is_finished_by_running_it_again(tmp_path):
    """The same schools stand in the database as after one undisturbed run, and the journal holds."""
    clean, broken = tmp_path / "clean", tmp_path / "broken"
    for data in (clean, broken):
        wutong("setup", data=data)
    began = time.monotonic()
    once = wutong("import", "organisations", str(SHEET), data=clean, check=False)
    lasted = time.monotonic() - began
    assert killed_import(broken, lasted / 2) == -signal.SIGKILL
    begun = len(schools(broken))
    rest = wutong("import", "organisations", str(SHEET), data=broken, check=False)
    assert 1 < begun < len(schools(clean))
    assert schools(broken) == schools(clean)
    first, second = (json.loads(result.stdout.splitlines()[-1]) for result in (once, rest))
    assert (first["rows"], first["rejected"]) == (second["rows"], second["rejected"])
    assert json.loads(wutong("audit", "verify", data=broken).stdout)["entries"] > 0
