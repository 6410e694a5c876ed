"""What other modules may ask of the learning record store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Invalid
from wutong.kernel.people.models import Organisation
from wutong.kernel.people.queries import root
from wutong.kernel.policy import SYSTEM
from wutong.platforms.learning.records import actions
from wutong.platforms.learning.records.persons import (
    Page,
    erase_record,
    open_record,
    reads_record,
    whole_record,
)
from wutong.platforms.learning.records.store.people import agent_of

__all__ = [
    "MadeKey",
    "Page",
    "agent_of",
    "create_key_by_command",
    "erase_record",
    "open_record",
    "reads_record",
    "statements_of",
    "whole_record",
    "write_history",
]

# The name under which other modules ask for a person's record.
statements_of = open_record


def write_history(folder: Path, *, now: datetime) -> Iterator[tuple[str, Any, bool]]:
    """Closed days as Parquet (`records.history`); the engine of columns is loaded for this alone."""
    return import_module("wutong.platforms.learning.records.history").write_history(folder, now=now)


@dataclass(frozen=True)
class MadeKey:
    """The password is here and nowhere else."""

    username: str
    password: str


def create_key_by_command(*, name: str, scopes: list[str], organisation: str = "") -> MadeKey:
    """`organisation` is a code or a name; empty for the city. Raises Invalid with what is wrong."""
    secret = actions.new_secret()
    key = actions.create_key(SYSTEM, _organisation(organisation), name=name, scopes=scopes, secret=secret)
    return MadeKey(key.username, secret)


def _organisation(code: str) -> Organisation:
    if not code:
        return root()
    rows = Organisation.objects.unscoped("the command runs for the house")
    named = Q(name=code) | Q(identifiers__value=code, identifiers__valid_to__isnull=True)
    found = rows.filter(named).distinct()[:2]
    if len(found) != 1:
        raise Invalid(_("没有找到这个代码或名称的机构，或者不止一个。"))
    return found[0]
