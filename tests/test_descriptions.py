"""What programs ask of the identity centre and of the learning record store is answered as their descriptions say."""

import base64

import pytest

from wutong.centres.identity.openid import throttle
from wutong.centres.identity.openid.tests.relying import register
from wutong.kernel.testing.described import faults
from wutong.platforms.learning.records.tests.lrs import key

pytestmark = pytest.mark.django_db(databases="__all__")
STORE = "/xapi/openapi.json"
DESCRIBED = ["/oauth/openapi.json", "/cas/openapi.json", STORE]


@pytest.fixture
def app(small_town, monkeypatch):
    for limit in (throttle.CLIENTS, throttle.FAILURES):
        limit.clear()
        monkeypatch.setattr(limit, "most", 10**6)
    return register(small_town)


def proof(app):
    pair = base64.b64encode(f"{app.client_id}:{app.secret}".encode()).decode()
    return {"headers": {"Authorization": f"Basic {pair}"}}


@pytest.mark.parametrize("address", DESCRIBED)
def test_a_stranger(app, address):
    assert faults(address, {}, 15) == {}


def test_a_client(app):
    assert faults("/oauth/openapi.json", proof(app), 20) == {}


def test_learning_software(small_town):
    lrs = key(small_town.place("city"))
    assert faults(STORE, {"headers": {"Authorization": lrs.authorization}}, 15) == {}
    assert lrs.found() != []
