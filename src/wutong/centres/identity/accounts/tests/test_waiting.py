"""Many sign-ins at once: few hash, the rest wait in the order they came, nobody is lost."""

import threading
import time

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from hypothesis import given
from hypothesis import strategies as some

from wutong.centres.identity.accounts import hashing
from wutong.centres.identity.accounts.hashing import Hasher, WaitingRoom
from wutong.kernel.testing.factories import PASSWORD as SECRET
from wutong.kernel.turns import Turns

WAIT = "/accounts/wait/"


@pytest.fixture(autouse=True)
def no_earlier_tries(db):
    cache.clear()


pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def taken(monkeypatch):
    """All places are taken until the test gives one back."""
    monkeypatch.setattr(hashing.TURNS, "free", 0)
    monkeypatch.setattr(hashing.ROOM, "_asked", {})

    def give_back(places=1):
        hashing.TURNS.free = places

    return give_back


def knock(username, password=SECRET, **more):
    client = Client()
    return client, client.post("/accounts/login/", {"login": username, "password": password, **more})


def inside(client):
    return client.get("/").status_code == 200


def test_no_more_at_once_than_there_are_places():
    turns, within, most, lock = Turns(3), [], [], threading.Lock()

    def work():
        with turns:
            with lock:
                within.append(1)
                most.append(len(within))
            time.sleep(0.002)
            with lock:
                within.pop()

    threads = [threading.Thread(target=work) for _each in range(40)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (max(most), len(most), turns.free) == (3, 40, 3)


def test_who_came_first_goes_first():
    turns, order, threads = Turns(1), [], []
    with turns:
        for number in range(10):
            thread = threading.Thread(target=lambda number=number: _take(turns, order, number))
            thread.start()
            while len(turns._waiting) <= number:
                time.sleep(0.001)
            threads.append(thread)
    for each in threads:
        each.join()
    assert order == list(range(10))


def _take(turns, order, number):
    with turns:
        order.append(number)


@given(some.permutations(range(8)))
def test_in_the_room_the_oldest_ticket_goes_first_in_whatever_order_they_ask(order):
    turns = Turns(0)
    room = WaitingRoom(turns, patience=5, at_the_door=1)
    assert [room.may_go(str(ticket), 0) for ticket in order] == [False] * 8
    turns.free, gone = 1, []
    while len(gone) < 8:
        gone += [ticket for ticket in order if ticket not in gone and room.may_go(str(ticket), 1)]
    assert gone[0] == 0
    assert sorted(gone) == list(range(8))


def test_who_left_holds_up_nobody():
    room = WaitingRoom(Turns(0), patience=5, at_the_door=1)
    assert [room.may_go("1", 0), room.may_go("2", 0), room.before("2")] == [False, False, 1]
    room.turns.free = 1
    assert (room.may_go("2", 4), room.may_go("2", 6)) == (False, True)


def test_a_sign_in_waits_in_the_browser_and_is_let_in(small_town, taken):
    client, answer = knock("clerk", next="/notices/")
    assert (answer.url, inside(client)) == (WAIT, False)
    assert client.post(WAIT).status_code == 200
    assert not inside(client)
    taken()
    answer = client.post(WAIT)
    assert (answer.url, inside(client)) == ("/notices/", True)
    assert client.get(WAIT).url == "/accounts/login/"


def test_a_page_that_asks_by_itself_is_led_on(small_town, taken):
    client, _answer = knock("clerk")
    taken()
    answer = client.post(WAIT, headers={"HX-Request": "true"})
    assert (answer.headers["HX-Redirect"], inside(client)) == ("/", True)


def test_a_wrong_password_is_said_after_the_wait(small_town, taken):
    client, _answer = knock("clerk", "not-the-password")
    taken()
    answer = client.post(WAIT)
    assert ("账号或密码不对" in answer.content.decode(), inside(client)) == (True, False)


def test_forty_at_once_all_get_in_and_the_door_is_for_the_first(small_town, taken):
    browsers = [knock("clerk")[0] for _each in range(40)]
    cache.clear()
    taken()
    entered = []
    while len(entered) < 40:
        cache.clear()
        for number in reversed(range(40)):
            if number not in entered and browsers[number].post(WAIT).status_code == 302:
                entered.append(number)
    assert max(entered[:8]) < hashing.ROOM.at_the_door
    assert all(inside(each) for each in browsers)


def test_what_was_typed_is_sealed_while_it_waits(small_town, taken):
    client, _answer = knock("clerk")
    assert SECRET not in str(dict(client.session))
    taken()
    client.post(WAIT)
    assert "sign_in_waiting" not in client.session


def test_the_hash_is_argon2id_as_documented(settings):
    settings.PASSWORD_HASHERS = [each for each in django_settings.PASSWORD_HASHERS if "MD5" not in each]
    hasher = Hasher()
    encoded = hasher.encode(SECRET, hasher.salt())
    assert encoded.startswith("argon2$argon2id$v=19$m=47104,t=2,p=1$")
    assert (hasher.verify(SECRET, encoded), hasher.verify("other", encoded)) == (True, False)
