"""What `wutong check` finds, each with how to mend it."""

from collections import namedtuple
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from wutong.config import checks
from wutong.kernel.audit.api import journal
from wutong.kernel.policy import SYSTEM

pytestmark = pytest.mark.django_db(databases="__all__")
Usage = namedtuple("Usage", "total used free")


def test_a_clock_behind_the_journal():
    journal(SYSTEM, "test.now", "x", at=timezone.now())
    assert checks.clock() == []
    journal(SYSTEM, "test.later", "x", at=timezone.now() + timedelta(hours=1))
    assert [sentence.partition(",")[0] for sentence in checks.clock()] == ["the clock is behind the journal"]


def test_a_disk_that_is_nearly_full(monkeypatch):
    assert checks.disk_space() == []
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda folder: Usage(10**9, 10**9, 2**20))
    assert "only 1 MB are free" in checks.disk_space()[0]


def test_engines_of_today_are_new_enough():
    assert checks.versions() == []


@pytest.mark.postgres
def test_a_postgresql_as_it_is_installed_is_told_of_ssds():
    told = []
    for cost in (4, 1.1):
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL random_page_cost = {cost}")
        told += [sentence.partition(":")[0] for sentence in checks.planner()]
    assert told == ["PostgreSQL takes its disk for one that turns (random_page_cost = 4)"]


def test_a_short_token(settings):
    settings.OPTION = {**settings.OPTION, "metrics_token": "short"}
    assert checks.settings_for_metrics() != []
