import shutil
from pathlib import Path

import pytest
from django.conf import settings

from wutong.kernel.action import RowsChanged
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.module import REGISTRY, Module, Receiver
from wutong.kernel.people.models import Membership, Organisation, Person
from wutong.kernel.search import Document, SearchSource
from wutong.kernel.search.feed import feed, on_rows_changed
from wutong.kernel.search.tests.places import Places, alone, build


def of_person(row: Person) -> Document | None:
    if row.merged_into_id:
        return None
    held = Membership._base_manager.filter(person=row).values_list("organisation__path", flat=True)
    return Document(
        title=row.name, url=f"/people/{row.pk}/", person=True, paths=tuple(held), owners=(row.pk,)
    )


def of_organisation(row: Organisation) -> Document:
    return Document(title=row.name, url=f"/places/{row.pk}/", paths=(row.path,), belonging=(row.path,))


SOURCES = (
    SearchSource(
        "person", "人员", Person, of_person,
        lambda: Person.objects.unscoped("the index is one for all"),
        feeds={"people.membership": "person_id"},
    ),
    SearchSource(
        "organisation", "机构", Organisation, of_organisation,
        lambda: Organisation.objects.unscoped("the index is one for all"),
    ),
)  # fmt: skip


@pytest.fixture(autouse=True)
def searched(monkeypatch, db):
    shutil.rmtree(Path(settings.DATA_DIR) / "search", ignore_errors=True)
    module = Module(
        "found", "检索", "found", searches=SOURCES, receivers=(Receiver(RowsChanged, on_rows_changed),)
    )
    monkeypatch.setattr(REGISTRY, "_modules", alone(module))


@pytest.fixture
def places() -> Places:
    return build()


@pytest.fixture
def settle():
    """Does what the worker does within a second or two."""

    def run() -> None:
        deliver_waiting()
        feed()

    return run
