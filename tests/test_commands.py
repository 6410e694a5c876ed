"""The commands that people and other software rely on."""

import json
import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from tools.town import serving, wutong

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = {"serve", "demo", "import", "export", "check", "audit", "options", "backup", "restore", "match"}


def test_make_lists_its_targets():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = re.findall(r"^make (\w+)", listed, re.MULTILINE)
    assert targets == ["help", "run", "test", "lint", "bench", "assets", "messages"]


def test_the_makefile_is_read_at_a_glance():
    assert len((ROOT / "Makefile").read_text(encoding="utf-8").splitlines()) <= 45


def test_ci_runs_lint_and_test():
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert {"make lint", "make test"} <= set(re.findall(r"^make \w+", script.read_text(), re.MULTILINE))


def test_help_names_every_command(tmp_path: Path):
    named = set(re.findall(r"[a-z-]+", wutong("--help", data=tmp_path).stdout))
    assert COMMANDS - named == set()


def test_options_say_what_each_is_for(tmp_path: Path):
    said = wutong("options", data=tmp_path).stdout
    from wutong.config.options import OPTIONS  # noqa: PLC0415  the list the command must follow

    assert [
        option.name for option in OPTIONS if option.variable not in said or option.sentence not in said
    ] == []


def test_an_unknown_command_is_refused_in_a_sentence(tmp_path: Path):
    refused = wutong("sevre", data=tmp_path, check=False)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_help_and_options_write_nothing(tmp_path: Path):
    data = tmp_path / "never"
    wutong("--help", data=data)
    wutong("options", data=data)
    assert not data.exists()


def test_a_fresh_folder_is_served_and_ends_when_told(tmp_path: Path):
    data = tmp_path / "data"
    with serving(data) as served:
        with urlopen(f"{served.address}/healthz", timeout=10) as answer:
            assert answer.status == 200
        with urlopen(f"{served.address}/readyz", timeout=10) as answer:
            assert answer.status == 200
        os.kill(served.pid, signal.SIGTERM)
        assert ended(served.pid)
    assert (data / "serve.log").read_text().count(served.address) == 1


def ended(pid: int, seconds: float = 20) -> bool:
    """A child of ours that ended waits as a zombie until it is read."""
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def test_secrets_are_made_at_first_start_for_the_owner_alone(tmp_path: Path):
    data = tmp_path / "data"
    with serving(data):
        pass
    keys = sorted((data / "keys").iterdir())
    assert keys
    assert {stat.S_IMODE(key.stat().st_mode) for key in keys} == {0o600}


@pytest.mark.slow
def test_the_demo_is_the_same_town_every_time(tmp_path: Path):
    towns = [tmp_path / "one", tmp_path / "two"]
    for data in towns:
        wutong("demo", "--scale", "town", "--seed", "7", "--password", "wutong-demo-2026", data=data)
        wutong("export", "persons", str(data / "persons.csv"), data=data)
    first, second = ((data / "persons.csv").read_bytes() for data in towns)
    assert first == second
    assert first.count(b"\n") > 1_000


@pytest.mark.slow
def test_an_import_counts_in_its_last_line_and_can_be_repeated(tmp_path: Path):
    data, sheet = tmp_path / "data", tmp_path / "organisations.csv"
    wutong("demo", "--scale", "town", "--seed", "7", "--password", "wutong-demo-2026", data=data)
    wutong("export", "organisations", str(sheet), data=data)
    counts = json.loads(wutong("import", "organisations", str(sheet), data=data).stdout.splitlines()[-1])
    assert counts == {
        "rows": counts["rows"],
        "created": 0,
        "updated": 0,
        "unchanged": counts["rows"],
        "rejected": 0,
    }
    assert counts["rows"] > 10


def test_an_application_is_made_and_its_secret_printed_once(tmp_path: Path):
    made = wutong(
        "client", "create", "--name", "Roster", "--grant", "client_credentials", "--scope", "x", data=tmp_path
    )
    printed = json.loads(made.stdout)
    assert set(printed) == {"client_id", "client_secret"}
    assert len(printed["client_secret"]) == 43
    assert printed["client_secret"].encode() not in b"".join(
        path.read_bytes() for path in tmp_path.glob("*.sqlite3*")
    )
    library = ("client", "create", "--name", "Library", "--grant", "cas", "--redirect-uri")
    assert json.loads(wutong(*library, "https://a.example/app", data=tmp_path).stdout)["client_secret"] == ""
    for wrong in ("javascript:alert(1)", "http://a.example/app", "https://a.example/app"):
        refused = wutong(*library, wrong, data=tmp_path, check=False)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert refused.stderr.startswith("wutong: ")
