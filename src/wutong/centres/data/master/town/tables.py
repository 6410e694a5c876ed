"""Reads the facts that the package carries (see SOURCES.md beside them)."""

import csv
from functools import cache
from importlib.resources import files


@cache
def rows(name: str, scale: str = "town") -> tuple[dict[str, str], ...]:
    text = (
        files(__package__.rpartition(".")[0])
        .joinpath(scale, "facts", f"{name}.csv")
        .read_text(encoding="utf-8")
    )
    return tuple(csv.DictReader(text.splitlines()))
