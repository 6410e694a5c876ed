import pytest
from django.core.cache import cache

from wutong.centres.identity.openid import keys, registry, throttle
from wutong.centres.identity.openid.tests.relying import register, signed_in


@pytest.fixture(autouse=True)
def nothing_from_before(request):
    """What processes remember of other tests: tries that were counted, and keys of a town that is gone."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        cache.clear()
    keys.RING.forget()
    registry.forget()
    for each in (
        throttle.CLIENTS,
        throttle.FAILURES,
        throttle.USER_CODES,
        throttle.JOURNAL,
        throttle.JOURNAL_PLACES,
    ):
        each.clear()


@pytest.fixture
def app(small_town):
    return register(small_town)


@pytest.fixture
def teacher(small_town):
    return signed_in("teacher")
