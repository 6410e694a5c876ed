"""Where records lie: five SQLite files so that writers do not wait for each other, or one PostgreSQL."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings

PRAGMAS = (
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-32000;"
)
# Whose name was erased there must not be found in the free pages of the file. Statements come by the thousand, each
# with a few entries in pages met at random, which small pages make cheaper to write; and a page that many of them touch
# is carried over from the log (64 MB at most, as a rule) once.
WIPED = f"PRAGMA page_size=2048; {PRAGMAS} PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=32000;"
# What sessions and progress bars say may be lost with the power, not with the process.
LIGHT = PRAGMAS.replace("FULL", "NORMAL")
# `records.store` and `records.usage` are no apps: tables of plain SQL that a migration makes with this hint.
APART = {
    "jobs": "jobs", "sessions": "sessions", "django_cache": "sessions", "records.store": "records",
    "records.usage": "usage",
}  # fmt: skip


def databases(url: str, data: Path) -> dict[str, dict[str, Any]]:
    if url != "sqlite":
        return {"default": postgresql(url)}
    return {
        "default": sqlite(data / "wutong.sqlite3", PRAGMAS),
        "jobs": sqlite(data / "jobs.sqlite3", LIGHT),
        "sessions": sqlite(data / "sessions.sqlite3", LIGHT),
        "records": sqlite(data / "records.sqlite3", WIPED),
        "usage": sqlite(data / "usage.sqlite3", PRAGMAS),
    }


def sqlite(path: Path, pragmas: str) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {"init_command": pragmas, "transaction_mode": "IMMEDIATE", "timeout": 30},
        "CONN_MAX_AGE": None,  # opening a file anew for each request costs more than most requests
        "TEST": {"NAME": None},
    }


def postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise SystemExit("WUTONG_DATABASE: write `sqlite` or postgresql://user:password@host:port/name.")
    return {
        "ENGINE": "wutong.config.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": dict(parse_qsl(parts.query)),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


class Router:
    """Sends jobs and sessions to their own files where there are any, and tables without a model where they say."""

    def _home(self, app_label: str) -> str:
        home = APART.get(app_label, "default")
        return home if home in settings.DATABASES else "default"

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return self._home(model._meta.app_label)

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == self._home(hints.get("home", app_label))
