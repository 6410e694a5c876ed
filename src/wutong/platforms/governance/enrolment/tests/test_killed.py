"""A process that writes seats is killed like a machine that loses power. The other one finishes what was decided."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tools.town import Town, wutong

pytestmark = pytest.mark.slow
BEGIN = """
import django; django.setup()
from django.utils import timezone
from wutong.kernel.people.models import Person
from wutong.kernel.people.queries import actor_of
from wutong.platforms.governance.enrolment.actions import placement
from wutong.platforms.governance.enrolment.models import PlacementRun, Window
"""
DECIDE = """
officer = actor_of(Person.objects.unscoped("test").get(accounts__username="district"))
window = Window.objects.unscoped("test").select_related("district").get(stage="junior")
placement.place(officer, window, kind="coordination", at=timezone.now())
"""
WRITE = """
import time
placement.CHUNK = 1
write = placement.write_lines
placement.write_lines = lambda *given, **named: (time.sleep(0.2), write(*given, **named))[1]
placement.carry_out(PlacementRun.objects.unscoped("test").latest("pk").pk)
"""
FINISH = 'placement.carry_out(PlacementRun.objects.unscoped("test").latest("pk").pk)'


def start(code: str, data: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ, "DJANGO_SETTINGS_MODULE": "wutong.config.settings", "WUTONG_DATA": str(data),
        "WUTONG_DATABASE": "sqlite",
    }  # fmt: skip
    return subprocess.Popen([sys.executable, "-c", BEGIN + code], env=environment)


def ask(data: Path, question: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "wutong.sqlite3", timeout=30)) as there:
        return there.execute(question).fetchall()


SEATS = "select application_id, plan_id, kind from enrolment_seat where released is null order by 1"
STATES = "select id, state from enrolment_application order by 1"


def test_kill_9_in_the_middle_and_the_result_is_the_same(town: Town, tmp_path: Path):
    decided = tmp_path / "decided"
    shutil.copytree(town.data, decided)
    assert start(DECIDE, decided).wait(120) == 0
    before = len(ask(decided, SEATS))
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    shutil.copytree(decided, whole)
    shutil.copytree(decided, killed)
    assert start(FINISH, whole).wait(120) == 0

    writing = start(WRITE, killed)
    while len(ask(killed, SEATS)) < before + 2:
        assert writing.poll() is None, "it ended before it could be killed"
        time.sleep(0.05)
    writing.send_signal(signal.SIGKILL)
    writing.wait()
    half = ask(killed, SEATS)
    assert before < len(half) < len(ask(whole, SEATS))

    assert start(FINISH, killed).wait(120) == 0
    assert ask(killed, SEATS) == ask(whole, SEATS)
    assert ask(killed, STATES) == ask(whole, STATES)
    assert wutong("audit", "verify", data=killed, check=False).returncode == 0
