"""Carrying the lists of `facts/` into the code sets. Loading again changes only what differs."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from importlib.resources import files

from django.db import transaction

from wutong.kernel.codes import queries
from wutong.kernel.codes.models import Code, CodeSet

FACTS = files("wutong.centres.data.standards") / "facts"
# A list whose standard names no year has always been in force.
BEGINNING = date(1949, 10, 1)


def read(name: str) -> Iterator[dict[str, str]]:
    with (FACTS / f"{name}.csv").open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def load_all() -> None:
    with transaction.atomic():
        for line in read("sets"):
            load(line)
    queries.forget()


def load(line: dict[str, str]) -> CodeSet:
    year = re.match(r"\d{4}", line["version_date"])
    found, _created = CodeSet.objects.update_or_create(
        name=line["name"],
        version=line["version_date"] or "1",
        defaults={
            "title": line["title_zh"],
            "title_en": line["title_en"],
            "standard": line["standard"],
            "valid_from": date(int(year[0]), 1, 1) if year else BEGINNING,
            "confidence": line["confidence"],
            "note": line["note"],
            "source": line["source"],
        },
    )
    codes = [
        Code(
            set=found,
            code=row["code"],
            name=row["name_zh"],
            name_en=row["name_en"],
            parent=row["parent"],
            note=row["note"],
            position=position,
        )
        for position, row in enumerate(read(line["name"]))
    ]
    Code.objects.bulk_create(
        codes,
        update_conflicts=True,
        unique_fields=["set", "code"],
        update_fields=["name", "name_en", "parent", "note", "position"],
        batch_size=200,
    )
    return found
