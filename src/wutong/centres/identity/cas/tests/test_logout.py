"""Signing out here signs out everywhere: services are told when the session ends, however it ends."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs
from xml.etree import ElementTree

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from wutong.centres.identity.accounts import api as accounts
from wutong.centres.identity.cas.models import GrantingTicket, ServiceSession, Ticket
from wutong.centres.identity.cas.tests.test_protocol import ask, register, sign_in, ticket_in, wish
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.jobs.models import JobRun
from wutong.kernel.jobs.queue import claim, known_jobs, work

pytestmark = pytest.mark.django_db(databases="__all__")
SAML = "{urn:oasis:names:tc:SAML:2.0:protocol}"


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.heard.append((self.path, parse_qs(body)["logoutRequest"][0]))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_words):
        pass


@pytest.fixture
def service() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Service)
    server.heard, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(service, small_town) -> str:
    cache.clear()
    url = f"http://127.0.0.1:{service.server_port}/app"
    register(small_town, url)
    return url


def enter(address, browser=None, username="clerk"):
    """Signed in to the service with a ticket that it knows the session by."""
    browser = browser or Client()
    sign_in(browser, username)
    ticket = ticket_in(wish(browser, address))
    assert b"authenticationSuccess" in ask("serviceValidate", address, ticket=ticket).content
    return browser, ticket


def settle():
    deliver_waiting()
    do_what_was_asked()


def do_what_was_asked():
    """Without the work that recurs, which is no matter of these tests."""
    while run := claim(timezone.now()):
        work(run, known_jobs()[run.name].run)


def try_again():
    """The pause between two tries is over."""
    JobRun.objects.filter(name="cas.tell_service", state="waiting").update(run_at=timezone.now())
    do_what_was_asked()


def ended(service):
    """Path, session and shape of each request the service heard."""
    found = []
    for path, text in service.heard:
        root = ElementTree.fromstring(text)
        assert (root.tag, root.get("Version")) == (f"{SAML}LogoutRequest", "2.0")
        assert root.get("ID") and root.get("IssueInstant").endswith("Z")
        found.append((path, root.findtext(f"{SAML}SessionIndex")))
    return found


def test_signing_out_of_cas_tells_each_service_by_its_ticket(address, service):
    browser, ticket = enter(address)
    second = ticket_in(wish(browser, f"{address}/other"))
    ask("serviceValidate", f"{address}/other", ticket=second)
    answer = browser.get("/cas/logout")
    assert "已退出" in answer.content.decode()
    assert browser.get("/").status_code == 302
    settle()
    assert sorted(ended(service)) == [("/app", ticket), ("/app/other", second)]
    assert ServiceSession.objects.count() == 0


def test_signing_out_of_the_portal_does_too(address, service):
    browser, ticket = enter(address)
    browser.post("/accounts/logout/")
    settle()
    assert ended(service) == [("/app", ticket)]


def test_an_administrator_ends_it_from_elsewhere(address, service, small_town):
    _browser, ticket = enter(address)
    accounts.end_sessions(small_town.actor("officer"), small_town.person("clerk"))
    settle()
    assert ended(service) == [("/app", ticket)]


def test_so_does_the_end_of_its_time(address, service):
    _browser, ticket = enter(address)
    known_jobs()["accounts.expire_sessions"].run(None, at=timezone.now() + timedelta(days=1))
    settle()
    assert ended(service) == [("/app", ticket)]


def test_nobody_elses_session_ends(address, service):
    browser, ticket = enter(address)
    enter(address, username="officer")
    browser.get("/cas/logout")
    settle()
    assert ended(service) == [("/app", ticket)]
    assert ServiceSession.objects.count() == 1


def test_tickets_not_yet_shown_die_with_the_session(address, service):
    browser, _ticket = enter(address)
    waiting = ticket_in(wish(browser, address))
    browser.get("/cas/logout")
    settle()
    assert b"INVALID_TICKET" in ask("serviceValidate", address, ticket=waiting).content
    assert (Ticket.objects.count(), GrantingTicket.objects.count()) == (0, 0)


def test_a_service_that_fails_is_told_again(address, service):
    browser, ticket = enter(address)
    service.status = 503
    browser.get("/cas/logout")
    settle()
    assert len(service.heard) == 1
    service.status = 200
    try_again()
    assert ended(service) == [("/app", ticket), ("/app", ticket)]
    assert JobRun.objects.get(name="cas.tell_service").state == "done"


def test_a_service_that_is_gone_holds_up_nobody(address, service, small_town):
    register(small_town, "http://127.0.0.1:9/gone", name="失联")
    browser, ticket = enter(address)
    gone = ticket_in(wish(browser, "http://127.0.0.1:9/gone"))
    ask("serviceValidate", "http://127.0.0.1:9/gone", ticket=gone)
    browser.get("/cas/logout")
    settle()
    assert ended(service) == [("/app", ticket)]
    for _turn in range(4):
        try_again()
    assert sorted(JobRun.objects.filter(name="cas.tell_service").values_list("state", flat=True)) == [
        "done",
        "failed",
    ]


def test_sign_out_goes_on_to_a_registered_service_only(address):
    browser, _ticket = enter(address)
    assert browser.get("/cas/logout", {"service": address})["Location"] == address
    for foreign in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        assert browser.get("/cas/logout", {"service": foreign}).status_code == 200
