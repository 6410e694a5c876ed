"""What can be wrong with a house, each with a sentence that says how to mend it."""

import os
import shutil
import stat
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, Error, connections
from django.utils import timezone

from wutong.config.prepare import waiting_migrations
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import WutongError
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.keyring import keyring
from wutong.kernel.people.models import Identifier
from wutong.kernel.process.calendar import unknown_years

LEAST_FREE = 500 * 2**20


def problems() -> list[str]:
    found: list[str] = []
    for check in CHECKS:
        found += check()
    return found


def databases() -> list[str]:
    found = []
    for alias in connections:
        try:
            waiting = waiting_migrations(alias)
        except DatabaseError as error:
            found.append(
                f"database {alias!r} does not answer ({type(error).__name__}): is it running, is WUTONG_DATABASE right?"
            )
            continue
        if waiting:
            found.append(f"database {alias!r} waits for {waiting} migrations: run `wutong setup`.")
    return found


def keys() -> list[str]:
    folder = settings.DATA_DIR / "keys"
    if not folder.exists():
        return [f"{folder} is missing: run `wutong setup`, or restore it from your backup."]
    open_to_others = [path for path in folder.glob("*.key") if stat.S_IMODE(path.stat().st_mode) & 0o077]
    return [f"{path} can be read by others: chmod 600 it." for path in open_to_others]


def sealed_numbers() -> list[str]:
    """The keys must open what the database holds: a lost key file looks like a new one."""
    try:
        row = Identifier.objects.unscoped("a probe of the keys").order_by("pk").first()
        if row is not None:
            row.opened()
    except DatabaseError:
        return []
    except WutongError:
        return [f"{keyring.__module__}: the keys do not open the stored numbers: restore keys/people.key."]
    return []


def settings_for_the_open() -> list[str]:
    if settings.OPTION["host"] not in ("127.0.0.1", "localhost", "::1") and not settings.OPTION["https"]:
        return [
            "the server listens beyond this machine without WUTONG_HTTPS=yes: cookies would travel in the clear."
        ]
    return ["WUTONG_DEBUG is on: switch it off where others can reach the server."] if settings.DEBUG else []


def settings_for_metrics() -> list[str]:
    token = settings.OPTION["metrics_token"]
    return ["WUTONG_METRICS_TOKEN is short: take 32 characters or more."] if 0 < len(token) < 32 else []


def versions() -> list[str]:
    """Engines as old as these were never tried with it."""
    connection = connections["default"]
    try:
        connection.ensure_connection()
    except Error:
        return []
    if connection.vendor == "postgresql":
        number = connection.pg_version // 10_000
        return [f"PostgreSQL {number} is too old: 14 or newer."] if number < 14 else []
    number = connection.Database.sqlite_version
    return (
        [f"SQLite {number} is too old: 3.35 or newer."]
        if connection.Database.sqlite_version_info < (3, 35)
        else []
    )


def clock() -> list[str]:
    """Behind the journal it was put back: deadlines and sessions would be wrong."""
    try:
        last = AuditEntry.objects.unscoped("the time of the last entry").order_by("-sequence").first()
    except DatabaseError:
        return []
    if last is None or last.at <= timezone.now() + timedelta(minutes=5):
        return []
    return [
        f"the clock is behind the journal, whose last entry is of {last.at:%F %T} UTC: set the clock (NTP)."
    ]


def disk_space() -> list[str]:
    free = shutil.disk_usage(settings.DATA_DIR).free if settings.DATA_DIR.exists() else LEAST_FREE
    return [f"only {free // 2**20} MB are free under {settings.DATA_DIR}."] if free < LEAST_FREE else []


def search_index() -> list[str]:
    folder = settings.DATA_DIR / "search"
    if folder.exists() and not os.access(folder, os.W_OK):
        return [f"{folder} cannot be written: give it to the user who runs the service."]
    return []


CHECKS: tuple[Callable[[], list[str]], ...] = (
    databases,
    keys,
    sealed_numbers,
    settings_for_the_open,
    settings_for_metrics,
    versions,
    clock,
    disk_space,
    search_index,
)


def warnings() -> list[str]:
    """What is no fault yet: it is said, and `wutong check` still succeeds."""
    return holidays() + planner()


def holidays() -> list[str]:
    return [
        f"the public holidays of {year} are not known: deadlines count weekends only. Update Wutong, or put a "
        f"holidays.csv (first,last,kind,name,source) into {settings.DATA_DIR} and restart."
        for year in unknown_years(timezone.localdate())
    ]


def planner() -> list[str]:
    """As PostgreSQL is installed it takes an index for slow, and reads a city's schools whole to list a district's."""
    connection = connections["default"]
    if connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW random_page_cost")
            cost = float(cursor.fetchone()[0])
    except Error:
        return []
    told = f"PostgreSQL takes its disk for one that turns (random_page_cost = {cost:g}): on SSD set 1.1"
    return [f"{told}, see docs/operations.md."] if cost > 2 else []


def explain(name: str) -> int:
    """Prints what a module adds: what can be printed can be understood."""
    try:
        module = REGISTRY.module(name)
    except StopIteration:
        print(f"wutong: there is no module {name!r}; there are: {', '.join(m.name for m in REGISTRY)}")
        return 1
    print(f"{module.name}  {module.title}  ({module.package})")
    for part in (
        "nav",
        "registers",
        "processes",
        "indicators",
        "emits",
        "receivers",
        "jobs",
        "home",
        "searches",
    ):
        for item in getattr(module, part):
            print(f"  {part:11} {summary(item)}")
    return 0


def summary(item: object) -> str:
    for attribute in ("url", "name", "event"):
        value = getattr(item, attribute, None)
        if value is not None:
            return f"{value() if callable(value) and attribute == 'name' else value}"
    return repr(item)
