from collections.abc import Iterator
from typing import Any

import pytest

from wutong.kernel.people.models import Organisation
from wutong.platforms.learning.records.door import credentials
from wutong.platforms.learning.records.store import database, known, people, usage
from wutong.platforms.learning.records.store.schema import NAMES
from wutong.platforms.learning.records.tests.lrs import Lrs, key


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    """Each test undoes its rows; what the process remembers of them goes with them."""
    people.MEMORY.forget(-1)
    for memory in (known.DAYS, known.WORDINGS, usage._touched, usage._saw, credentials._known):
        memory.clear()
    yield


@pytest.fixture
def lrs(small_town: Any) -> Lrs:
    """A key with all rights in the city's store."""
    return key(small_town.place("city"))


@pytest.fixture
def shared() -> Iterator[Lrs]:
    """A key that other connections see; the store is emptied afterwards, for these tests are not undone."""
    city = Organisation.objects.create(kind="city", name="上海市教育委员会")
    yield key(city)
    with database.writing() as cursor:
        for name in (*NAMES, "use", "read"):
            if name != "clock":
                cursor.execute(f"TRUNCATE records_{name}")
        cursor.execute("UPDATE records_clock SET last = 0")
