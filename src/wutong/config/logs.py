"""How the log is written. It says what happened and where, never what people wrote: no words of an exception."""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from wutong.kernel.audit.request import current_request_id

FACTS = ("method", "route", "status", "ms")


class RequestNumber(logging.Filter):
    """Each line carries the number of the request that caused it, also in the worker."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request = current_request_id() or "-"
        return True


class Line(logging.Formatter):
    """The words of an exception may quote a row, so only its type and the places it passed are written."""

    def formatException(self, ei: Any) -> str:
        return "\n".join(places(ei[1]))


def places(error: BaseException | None) -> list[str]:
    found: list[str] = []
    while error is not None:
        frames = traceback.extract_tb(error.__traceback__)
        found += [f"  {frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
        found.append(f"{type(error).__module__}.{type(error).__qualname__}")
        error = error.__cause__ or error.__context__
    return found


class Json(Line):
    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "request": getattr(record, "request", "-"),
            **{name: getattr(record, name) for name in FACTS if hasattr(record, name)},
        }
        if record.exc_info:
            told["error"] = places(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False)


def logging_of(kind: str) -> dict[str, Any]:
    """`line` for a terminal; `json` for a collector, with a line for each request."""
    formatters = {
        "line": {"()": Line, "format": "%(asctime)s %(levelname)s %(name)s [%(request)s] %(message)s"},
        "json": {"()": Json},
    }
    console = {"class": "logging.StreamHandler", "formatter": kind, "filters": ["number"]}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"number": {"()": RequestNumber}},
        "formatters": formatters,
        "handlers": {"console": console},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "wutong": {"level": "INFO"},
            "wutong.requests": {"level": "INFO" if kind == "json" else "WARNING"},
        },
    }
