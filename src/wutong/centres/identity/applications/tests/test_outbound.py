"""Where the centre calls an application, and where it does not."""

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings

from tools.certificates import authority
from wutong.centres.identity.applications.outbound import Unreachable, address_of, call, may_call


class Application(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, self.headers["Host"], body))
        redirect = self.path == "/elsewhere"
        self.send_response(302 if redirect else 200)
        self.send_header("Location", "https://127.0.0.1/")
        self.end_headers()
        self.wfile.write(b"x" * 200_000)

    def log_message(self, *_words):
        pass


@pytest.fixture
def application(tmp_path, monkeypatch) -> Iterator[HTTPServer]:
    """An application on this machine, with a certificate of a house's own authority."""
    files = authority(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    server = HTTPServer(("127.0.0.1", 0), Application)
    server.heard = []
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("SSL_CERT_FILE", str(files.authority))
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_application_is_called_once_and_little_is_read(application):
    url = f"https://127.0.0.1:{application.server_port}/out?x=1"
    status, answer = call("POST", url, body=b"logoutRequest=1")
    assert (status, len(answer)) == (200, 64 * 1024)
    assert application.heard == [("/out?x=1", f"127.0.0.1:{application.server_port}", b"logoutRequest=1")]


def test_a_redirect_is_not_followed(application):
    status, _answer = call("POST", f"https://127.0.0.1:{application.server_port}/elsewhere", body=b"1")
    assert status == 302
    assert len(application.heard) == 1


def test_who_cannot_prove_its_name_is_not_called(application, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(Unreachable):
        call("POST", f"https://127.0.0.1:{application.server_port}/out", body=b"1")
    assert application.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://app.school.edu.cn/out",
        "https://user@127.0.0.1/",
        "file:///etc/passwd",
        "https://a.invalid/",
        "javascript:1",
    ],
)
def test_an_unsound_address_is_not_called(url: str):
    with pytest.raises(Unreachable):
        call("GET", url)


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("203.0.113.5", False),
        ("8.8.8.8", True),
        ("10.1.2.3", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("127.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.1.2.3", False),
        ("::ffff:127.0.0.1", False),
        ("2001:4860:4860::8888", True),
    ],
)
def test_a_name_must_lead_to_the_public_network(address: str, allowed: bool):
    assert may_call(ipaddress.ip_address(address), "app.school.edu.cn") is allowed


def test_a_network_that_the_operator_named_may_be_called(monkeypatch):
    monkeypatch.setitem(settings.OPTION, "networks", [ipaddress.ip_network("10.0.0.0/8")])
    assert may_call(ipaddress.ip_address("10.1.2.3"), "app.school.edu.cn")
    assert not may_call(ipaddress.ip_address("192.168.1.1"), "app.school.edu.cn")
    assert not may_call(ipaddress.ip_address("127.0.0.1"), "app.school.edu.cn")


def test_the_machine_itself_is_called_by_number_only():
    assert str(address_of("127.0.0.1", 443)) == "127.0.0.1"
    with pytest.raises(Unreachable):
        address_of("localhost", 443)
