"""Several at the same moment: one wins, and what was used twice is worth nothing. SQLite cannot show it."""

import threading

import pytest
from django.core.cache import cache
from django.db import connections

from wutong.centres.identity.openid.tests.relying import DEVICE, back, new_key, proof, register, signed_in
from wutong.centres.identity.openid.tests.test_sign_in import userinfo
from wutong.kernel.testing.factories import prepared_town

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, databases="__all__")]
AT_ONCE, ROUNDS = 8, 4


@pytest.fixture
def town():
    return prepared_town()


def together(work, times=AT_ONCE):
    """The results of `work(number)`, all begun at the same moment, each over a connection of its own."""
    start, found = threading.Barrier(times), [None] * times

    def run(number):
        start.wait()
        try:
            found[number] = work(number)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return found


def statuses(answers):
    return sorted(each.status_code for each in answers)


ONE = [200, *[400] * (AT_ONCE - 1)]


def dead(answers):
    """The one who won holds nothing either: two showed the same, and nobody knows who is the thief."""
    (tokens,) = (each.json() for each in answers if each.status_code == 200)
    return userinfo(tokens["access_token"]).status_code == 401


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_code(town, turn):
    app, teacher = register(town), signed_in("teacher")
    code = app.code(teacher)
    answers = together(lambda _number: app.exchange(code))
    assert (statuses(answers), dead(answers)) == (ONE, True)


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_refresh_token(town, turn):
    app, teacher = register(town), signed_in("teacher")
    token = app.tokens(teacher)["refresh_token"]
    answers = together(lambda _number: app.refresh(token))
    assert (statuses(answers), dead(answers)) == (ONE, True)


def test_a_device_code(town):
    app, teacher = register(town), signed_in("teacher")
    given = app.post("/oauth/device_authorization", scope="openid").json()
    teacher.post("/oauth/device", {"user_code": given["user_code"], "answer": "allow"})
    answers = together(lambda _number: app.post(grant_type=DEVICE, device_code=given["device_code"]))
    assert (statuses(answers), dead(answers)) == (ONE, True)


def test_an_answer_for_a_device(town):
    """Of a yes and a no at the same moment the first counts, and the device hears that one."""
    app, browsers = register(town), [signed_in("teacher"), signed_in("clerk")]
    given = app.post("/oauth/device_authorization", scope="openid").json()
    words = ["allow", "deny"]
    values = [{"user_code": given["user_code"], "answer": word} for word in words]
    together(lambda number: browsers[number].post("/oauth/device", values[number]), 2)
    answer = app.post(grant_type=DEVICE, device_code=given["device_code"])
    assert (answer.status_code, answer.json().get("error")) in ((200, None), (400, "access_denied"))


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_a_pushed_request(town, turn):
    app = register(town, trusted=True)
    browsers = [signed_in("teacher") for _each in range(AT_ONCE)]
    address = app.post("/oauth/par", **app.given()).json()["request_uri"]
    asked = {"client_id": app.client_id, "request_uri": address}
    answers = together(lambda number: browsers[number].get("/oauth/authorize", asked))
    assert statuses(answers) == [302, *[400] * (AT_ONCE - 1)]
    (won,) = (each for each in answers if each.status_code == 302)
    assert "code" in back(won)


def test_a_proof(town):
    app, token = register(town), proof(new_key())
    answers = together(lambda _number: app.post(grant_type="client_credentials", headers={"DPoP": token}))
    assert statuses(answers) == ONE


def test_an_assertion(town):
    app = register(town, key=new_key())
    values = {
        "grant_type": "client_credentials", "client_assertion": app.signed(sub=app.client_id),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }  # fmt: skip
    answers = together(lambda _number: app.post(**values))
    assert statuses(answers) == [200, *[401] * (AT_ONCE - 1)]


def test_two_people_do_not_disturb_each_other(town):
    app = register(town)
    tokens = [app.tokens(signed_in(name))["refresh_token"] for name in ("teacher", "clerk", "head", "pupil")]
    cache.clear()
    answers = together(lambda number: app.refresh(tokens[number]), 4)
    assert statuses(answers) == [200] * 4
