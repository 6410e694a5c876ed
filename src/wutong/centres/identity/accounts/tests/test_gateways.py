"""Codes on their way: a gateway for SMS and a mail server, both real ones of this test's own."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings

from wutong.centres.identity.accounts import outbox

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def gateway(monkeypatch):
    """Takes messages over; `answer` is the status it gives."""

    class Gateway(BaseHTTPRequestHandler):
        taken, answer = [], 200

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.taken.append((self.headers.get("Authorization"), body))
            self.send_response(self.answer)
            self.end_headers()

        def log_message(self, *args):
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setitem(settings.OPTION, "sms", f"http://127.0.0.1:{server.server_port}/send")
    yield Gateway
    server.shutdown()
    server.server_close()


def test_a_text_message_goes_to_the_gateway(gateway):
    outbox.send("13812345678", "验证码 123456")
    assert gateway.taken == [(None, {"to": "13812345678", "text": "验证码 123456"})]


def test_the_gateway_knows_us_by_a_token(gateway):
    path = settings.DATA_DIR / "keys" / "sms.key"
    path.parent.mkdir(exist_ok=True)
    path.write_text("a-token\n")
    try:
        outbox.send("13812345678", "x")
    finally:
        path.unlink()
    assert [header for header, _body in gateway.taken] == ["Bearer a-token"]


def test_a_gateway_that_fails_is_told_to_the_job(gateway):
    gateway.answer = 503
    with pytest.raises(OSError, match="503"):
        outbox.send("13812345678", "x")


@pytest.fixture
def mail_server(monkeypatch):
    """As much of RFC 5321 as one letter needs."""
    letters = []

    class Session(socketserver.StreamRequestHandler):
        def handle(self):
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                word = line[:4].upper()
                if word == "DATA":
                    self.say("354 go on")
                    text = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        text += part
                    letters.append(text.decode())
                self.say("221 bye" if word == "QUIT" else "250 ok")
                if word == "QUIT":
                    return

        def say(self, words):
            self.wfile.write(f"{words}\r\n".encode())

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    monkeypatch.setitem(settings.OPTION, "mail", f"smtp://127.0.0.1:{port}#wutong@example.org")
    yield letters
    server.shutdown()
    server.server_close()


def test_a_code_by_mail(mail_server):
    outbox.send("wu@example.org", "123456")
    (letter,) = mail_server
    assert ("To: wu@example.org" in letter, "From: wutong@example.org" in letter, "123456" in letter) == (
        True,
    ) * 3


def test_nothing_is_sent_where_no_gateway_is_named(gateway):
    outbox.send("wu@example.org", "123456")
    assert (gateway.taken, outbox.kept()) == ([], [])
