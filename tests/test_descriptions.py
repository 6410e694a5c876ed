"""What programs ask the centre of identity is answered as its descriptions say, with a client's proof and without."""

import base64

import pytest

from wutong.centres.identity.openid import throttle
from wutong.centres.identity.openid.tests.relying import register
from wutong.kernel.testing.described import faults

pytestmark = pytest.mark.django_db(databases="__all__")
DESCRIBED = ["/oauth/openapi.json", "/cas/openapi.json"]


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
    assert faults(address, {}, 40) == {}


def test_a_client(app):
    assert faults("/oauth/openapi.json", proof(app), 40) == {}
