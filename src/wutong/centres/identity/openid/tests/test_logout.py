"""Signing out: one session, ended in all applications that took part."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest
from django.test import Client as Browser
from django.utils import timezone

from wutong.centres.identity.accounts import api as accounts
from wutong.centres.identity.openid import logout
from wutong.centres.identity.openid.tests.relying import GONE, ISSUER, register, signed_in
from wutong.centres.identity.openid.tests.test_sign_in import claims_of
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.jobs.models import JobRun
from wutong.kernel.jobs.queue import run_due

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def door():
    """Where an application is told of sign-outs; `answers` are the statuses it gives, the last one again and again."""

    class Door(BaseHTTPRequestHandler):
        told, answers, paths = [], [200], []

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.told.append(parse_qs(body)["logout_token"][0])
            self.paths.append(self.path)
            self.send_response(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *args):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Door.address = f"http://127.0.0.1:{server.server_port}/logout"
    yield Door
    server.shutdown()
    server.server_close()


def inside(browser):
    return browser.get("/").status_code == 200


def let_work():
    deliver_waiting()
    run_due()


def jobs():
    return JobRun.objects.filter(name=logout.JOB)


# Asked for by an application.


def test_an_application_signs_out(app, teacher):
    token = app.tokens(teacher)["id_token"]
    given = {"id_token_hint": token, "post_logout_redirect_uri": GONE, "state": "s & t"}
    page = teacher.get("/oauth/logout", given)
    assert (page.status_code, inside(teacher)) == (200, True)
    assert "data-wt-submit" in page.content.decode()
    answer = teacher.post("/oauth/leave", {"resume": page.context["resume"]})
    assert (answer.url, inside(teacher)) == (GONE + "?state=s+%26+t", False)


def test_it_may_be_posted(app, teacher):
    answer = teacher.post("/oauth/logout", {"client_id": app.client_id, "post_logout_redirect_uri": GONE})
    page = teacher.get(answer.url)
    assert teacher.post("/oauth/leave", {"resume": page.context["resume"]}).url == GONE


def test_without_a_token_of_this_session_the_person_is_asked(app, teacher):
    token = app.tokens(signed_in("clerk"))["id_token"]
    for given in ({}, {"client_id": app.client_id}, {"id_token_hint": token}):
        assert "data-wt-submit" not in teacher.get("/oauth/logout", given).content.decode()


def test_who_is_out_already_goes_on(app):
    given = {"client_id": app.client_id, "post_logout_redirect_uri": GONE}
    assert Browser().get("/oauth/logout", given).url == GONE


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", GONE + "?x=1", GONE + "/", "javascript:alert(1)", "//evil.example/", "/"],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(app, teacher, address):
    answer = teacher.get("/oauth/logout", {"client_id": app.client_id, "post_logout_redirect_uri": address})
    assert (answer.status_code, "Location" in answer.headers, inside(teacher)) == (400, False, True)


@pytest.mark.parametrize(
    "change",
    [{"id_token_hint": "nothing"}, {"client_id": "nobody"}, {"client_id": None}, {"state": "a\nb"}],
)
def test_what_is_not_believed(app, teacher, change):
    given = {"client_id": app.client_id, "post_logout_redirect_uri": GONE, **change}
    given = {name: value for name, value in given.items() if value is not None}
    assert teacher.get("/oauth/logout", given).status_code == 400


def test_a_token_of_another_application_is_no_hint(app, teacher, small_town):
    other = register(small_town, name="别的")
    given = {"id_token_hint": app.tokens(teacher)["id_token"], "client_id": other.client_id}
    assert teacher.get("/oauth/logout", given).status_code == 400


def test_a_logout_token_is_no_id_token(app, teacher):
    """Tokens of one kind are not taken for another: they say what they are."""
    app.tokens(teacher)
    from wutong.centres.identity.applications import api as applications  # noqa: PLC0415
    from wutong.centres.identity.openid.models import Grant  # noqa: PLC0415

    grant = Grant.objects.unscoped("the test's own").get()
    token = logout.logout_token(grant, applications.client(app.client_id), timezone.now())
    assert teacher.get("/oauth/logout", {"id_token_hint": token}).status_code == 400


# Told to applications.


def test_applications_are_told(small_town, teacher, door):
    app = register(small_town, backchannel_logout_uri=door.address)
    mine = claims_of(app.tokens(teacher)["id_token"]).claims
    app.tokens(teacher)
    teacher.post("/accounts/logout/")
    let_work()
    (token,) = door.told
    found = claims_of(token)
    assert (found.header["typ"], found.claims["iss"], found.claims["aud"]) == (
        "logout+jwt",
        ISSUER,
        app.client_id,
    )
    assert (found.claims["sub"], found.claims["sid"]) == (mine["sub"], mine["sid"])
    assert found.claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert set(found.claims) == {"iss", "sub", "aud", "iat", "exp", "jti", "sid", "events"}


def test_an_administrator_who_ends_sessions_ends_them_everywhere(small_town, door):
    app = register(small_town, backchannel_logout_uri=door.address)
    for _device in range(2):
        app.tokens(signed_in("pupil"))
    accounts.end_sessions(small_town.actor("class_teacher"), small_town.person("pupil"))
    let_work()
    assert len(set(door.told)) == 2


def test_two_applications_do_not_learn_that_they_have_the_same_child(small_town, door):
    browser = signed_in("pupil")
    one = register(small_town, backchannel_logout_uri=door.address)
    other = register(small_town, name="别的", backchannel_logout_uri=door.address)
    found = [claims_of(each.tokens(browser)["id_token"]).claims for each in (one, other)]
    assert found[0]["sub"] != found[1]["sub"]
    assert found[0]["sid"] != found[1]["sid"]
    browser.post("/accounts/logout/")
    let_work()
    assert {claims_of(token).claims["sid"] for token in door.told} == {each["sid"] for each in found}


def test_who_cannot_be_reached_is_told_later(small_town, teacher, door, caplog):
    door.answers = [503, 200]
    register(small_town, backchannel_logout_uri=door.address).tokens(teacher)
    teacher.post("/accounts/logout/")
    let_work()
    assert jobs().get().state == "waiting"
    jobs().update(run_at=timezone.now())
    run_due()
    assert (jobs().get().state, len(door.told)) == ("done", 2)
    assert door.told[0] != door.told[1]


@pytest.mark.parametrize("status", [400, 302])
def test_what_an_application_refuses_is_not_sent_twice_nor_elsewhere(small_town, teacher, door, status):
    door.answers = [status]
    register(small_town, backchannel_logout_uri=door.address).tokens(teacher)
    teacher.post("/accounts/logout/")
    let_work()
    assert (jobs().get().state, door.paths) == ("done", ["/logout"])


def test_who_did_not_ask_to_be_told_is_not(app, teacher):
    app.tokens(teacher)
    teacher.post("/accounts/logout/")
    let_work()
    assert jobs().get().state == "done"
