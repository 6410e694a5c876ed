"""Making a data folder ready: tables, cache, static files, code sets, the city and its districts."""

import gc
import time
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from wutong.centres.identity.accounts import api as accounts
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.jobs.queue import run_due
from wutong.kernel.migration import Executor, migrate
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Organisation
from wutong.kernel.search import index as on_disk
from wutong.kernel.search.feed import rebuild

DEMO_LOGINS = (
    "city", "district", "school", "teacher", "pupil", "guardian", "citizen", "provider", "auditor", "operator",
)  # fmt: skip


def waiting_migrations(alias: str) -> int:
    return len(Executor(connections[alias]).waiting())


def ready(*, mark: bool = True) -> None:
    """Idempotent; a folder that is ready costs some milliseconds. Without the mark, something may be half done here."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    begun = not _mark().exists()
    fresh = [alias for alias in connections if begun or waiting_migrations(alias)]
    for alias in fresh:
        migrate(alias)
    if fresh:
        cache_alias = "sessions" if "sessions" in settings.DATABASES else "default"
        call_command("createcachetable", database=cache_alias, verbosity=0)
        for module in REGISTRY:
            if module.prepare:
                module.prepare()
    if mark:
        finished()


def finished() -> None:
    _mark().touch()


def counted() -> None:
    """PostgreSQL plans by counts that it takes once a minute at best: until then a house just filled would be slow."""
    for connection in connections.all():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")


def _mark() -> Path:
    return settings.DATA_DIR / "ready"


def collect_static() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


def holds_real_data() -> str:
    """Why no demo may be made here; empty where nothing real is found."""
    if (settings.DATA_DIR / "unfinished").exists():
        return "a demo was begun here and not finished; delete this data folder (and its database) and begin again"
    if not (settings.DATA_DIR / "wutong.sqlite3").exists() and settings.OPTION["database"] == "sqlite":
        return ""
    if waiting_migrations("default"):
        return ""
    schools = Organisation.objects.unscoped("is anything here?").filter(kind="school").exists()
    if accounts.other_than_demo() or (schools and not accounts.any_demo()):
        return "this data folder holds real data; choose an empty one with --data"
    return ""


def index(say: Callable[[str], None] = print) -> None:
    """Lets all announcements arrive, and makes the search index, so that search finds the demo at once."""
    deliver_waiting()
    told = [0.0]

    def step(done: int, total: int, message: str = "") -> None:
        if time.monotonic() > told[0] + 20:
            told[0] = time.monotonic()
            say(f"{message} {done:,} / {total:,} …")

    gc.disable()  # millions of small things that hold each other by no circle
    with on_disk.sole_writer() as mine:
        if mine:
            rebuild(step)
    gc.enable()
    run_due()
