"""A service that may act for people gets tickets for other services, as long as they are signed in."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client

from tools.certificates import authority
from wutong.centres.identity.cas.models import GrantingTicket
from wutong.centres.identity.cas.tests.test_protocol import (
    NS,
    OTHER,
    alter,
    ask,
    code_in,
    register,
    sign_in,
    ticket_in,
    user_in,
    wish,
    xml,
)
from wutong.kernel.event.delivery import deliver_waiting

pytestmark = pytest.mark.django_db(databases="__all__")


class Portal(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.heard.append(self.path)
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_words):
        pass


@pytest.fixture
def portal(tmp_path, monkeypatch) -> Iterator[HTTPServer]:
    """A portal that acts for people: with TLS, as the protocol demands of a callback."""
    files = authority(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server = HTTPServer(("127.0.0.1", 0), Portal)
    server.heard, server.status = [], 200
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(files.authority))
    server.url = f"https://127.0.0.1:{server.server_port}/portal"
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clerk(small_town, portal) -> Client:
    cache.clear()
    portal.application = register(small_town, portal.url, name="门户", grants=["cas", "cas_proxy"])
    portal.other = register(small_town, OTHER, name="食堂")
    browser = Client()
    sign_in(browser, "clerk")
    return browser


def granted(clerk, portal) -> str:
    """The granting ticket that reached the portal; the answer names it only."""
    ticket = ticket_in(wish(clerk, portal.url))
    answer = ask("serviceValidate", portal.url, ticket=ticket, pgtUrl=f"{portal.url}/callback")
    pgtiou = xml(answer).findtext("cas:authenticationSuccess/cas:proxyGrantingTicket", namespaces=NS)
    path, _, query = portal.heard[-1].partition("?")
    told = {name: values[0] for name, values in parse_qs(query).items()}
    assert (path, told["pgtIou"]) == ("/portal/callback", pgtiou)
    assert told["pgtId"] not in answer.content.decode()
    assert pgtiou.startswith("PGTIOU-")
    assert told["pgtId"].startswith("PGT-")
    return told["pgtId"]


def proxy_ticket(pgt, target=OTHER):
    answer = Client().get("/cas/proxy", {"pgt": pgt, "targetService": target})
    return xml(answer).findtext("cas:proxySuccess/cas:proxyTicket", namespaces=NS)


def proxy_code(pgt, target=OTHER):
    answer = Client().get("/cas/proxy", {"pgt": pgt, "targetService": target})
    return xml(answer).find("cas:proxyFailure", NS).get("code")


def test_a_proxy_ticket_opens_another_service_and_says_through_whom(clerk, portal):
    ticket = proxy_ticket(granted(clerk, portal))
    assert ticket.startswith("PT-")
    success = xml(ask("proxyValidate", OTHER, ticket=ticket)).find("cas:authenticationSuccess", NS)
    own = user_in(ask("serviceValidate", OTHER, ticket=ticket_in(wish(clerk, OTHER))))
    assert success.findtext("cas:user", namespaces=NS) == own
    assert [each.text for each in success.findall("cas:proxies/cas:proxy", NS)] == [f"{portal.url}/callback"]


def test_a_service_that_wants_no_proxies_gets_none(clerk, portal):
    ticket = proxy_ticket(granted(clerk, portal))
    assert code_in(ask("serviceValidate", OTHER, ticket=ticket)) == "INVALID_TICKET"
    assert code_in(ask("proxyValidate", OTHER, ticket=ticket)) == "INVALID_TICKET"


def test_a_ticket_of_a_browser_is_validated_here_too_and_names_no_proxy(clerk, portal):
    answer = ask("proxyValidate", OTHER, ticket=ticket_in(wish(clerk, OTHER)))
    assert user_in(answer) is not None
    assert b"proxies" not in answer.content


def test_who_was_not_approved_to_act_for_people_does_not(clerk, portal):
    alter(portal.application, grants=["cas"])
    ticket = ticket_in(wish(clerk, portal.url))
    answer = ask("serviceValidate", portal.url, ticket=ticket, pgtUrl=f"{portal.url}/callback")
    assert code_in(answer) == "INVALID_PROXY_CALLBACK"
    assert portal.heard == []


@pytest.mark.parametrize(
    "callback",
    [
        "https://evil.example/callback",
        "http://127.0.0.1/portal",
        "https://169.254.169.254/latest",
        OTHER,
        "file:///etc/passwd",
    ],
)
def test_a_callback_elsewhere_is_not_called(clerk, portal, callback):
    ticket = ticket_in(wish(clerk, portal.url))
    answer = ask("serviceValidate", portal.url, ticket=ticket, pgtUrl=callback)
    assert code_in(answer) == "INVALID_PROXY_CALLBACK"
    assert GrantingTicket.objects.count() == 0


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_callback_that_does_not_take_it_gets_no_granting_ticket(clerk, portal, status):
    portal.status = status
    ticket = ticket_in(wish(clerk, portal.url))
    answer = ask("serviceValidate", portal.url, ticket=ticket, pgtUrl=f"{portal.url}/callback")
    assert code_in(answer) == "INVALID_PROXY_CALLBACK"
    assert GrantingTicket.objects.count() == 0


def test_a_target_must_be_registered_and_for_this_person(clerk, portal, small_town):
    pgt = granted(clerk, portal)
    assert proxy_code(pgt, "https://evil.example/") == "UNAUTHORIZED_SERVICE"
    alter(portal.other, audience=["pupil"])
    assert proxy_code(pgt) == "UNAUTHORIZED_SERVICE"


def test_what_is_missing_or_unknown_is_the_protocols_own_error(clerk, portal):
    assert proxy_code("", OTHER) == "INVALID_REQUEST"
    assert proxy_code("PGT-1", "") == "INVALID_REQUEST"
    assert proxy_code("PGT-" + "0" * 48) == "INVALID_TICKET"
    assert proxy_code("x" * 100_000) == "INVALID_TICKET"


def test_signing_out_ends_what_others_may_do_for_one(clerk, portal):
    pgt = granted(clerk, portal)
    clerk.get("/cas/logout")
    deliver_waiting()
    assert proxy_code(pgt) == "INVALID_TICKET"


def test_a_service_behind_a_service_names_the_whole_way(clerk, portal, small_town):
    """The second may act for people, too: its own callback comes first."""
    second = f"{portal.url}/second"
    register(small_town, second, name="二级门户", grants=["cas", "cas_proxy"])
    ticket = proxy_ticket(granted(clerk, portal), second)
    ask("proxyValidate", second, ticket=ticket, pgtUrl=f"{second}/callback")
    told = parse_qs(urlsplit(portal.heard[-1]).query)
    answer = ask("p3/proxyValidate", OTHER, ticket=proxy_ticket(told["pgtId"][0]))
    success = xml(answer).find("cas:authenticationSuccess", NS)
    way = [each.text for each in success.findall("cas:proxies/cas:proxy", NS)]
    assert way == [f"{second}/callback", f"{portal.url}/callback"]
