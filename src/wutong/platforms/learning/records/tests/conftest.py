from collections.abc import Iterator
from typing import Any

import pytest

from wutong.platforms.learning.records.door import credentials
from wutong.platforms.learning.records.store import known, people, usage
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
