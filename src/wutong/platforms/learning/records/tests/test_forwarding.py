"""What is stored goes on to another store: all of it, in order, however often that one fails."""

import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from wutong.kernel.audit.models import AuditEntry
from wutong.platforms.learning.records.forwarding import sending
from wutong.platforms.learning.records.forwarding.actions import create_forward, resume_forward, stop_forward
from wutong.platforms.learning.records.forwarding.models import Forward
from wutong.platforms.learning.records.tests.lrs import (
    VOIDED,
    Lrs,
    attachment,
    key,
    multipart,
    new_id,
    statement,
)

pytestmark = pytest.mark.django_db(databases="__all__")
WHY = "looked at by a test"
SECRET = "their-own-secret"
POISON = "https://school.example/poison"


class Store(BaseHTTPRequestHandler):
    """Another store at its edge: keeps what is brought, and answers as it is told to."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answers, got = self.server.answers, self.server.got  # type: ignore[attr-defined]  # put there by the fixture
        status = answers.pop(0) if answers else 400 if POISON.encode() in body else 200
        got.append((status, self.path, dict(self.headers), body))
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, *_given: Any) -> None:
        """Nobody reads it."""


class There:
    def __init__(self, server: HTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}/xapi/"
        self.answers: list[int] = []
        self.got: list[tuple[int, str, dict[str, str], bytes]] = []
        server.answers, server.got = self.answers, self.got  # type: ignore[attr-defined]  # see above

    def took(self) -> list[str]:
        """Ids of the statements that were taken, in order."""
        bodies = [json.loads(body) for status, _path, _headers, body in self.got if status == 200]
        return [each["id"] for body in bodies for each in body]


@pytest.fixture
def there() -> Iterator[There]:
    server = HTTPServer(("127.0.0.1", 0), Store)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield There(server)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def way(small_town: Any, there: There) -> Forward:
    return opened(small_town, there)


def opened(town: Any, there: There, **more: Any) -> Forward:
    values = {
        "name": "市教研室",
        "url": there.url,
        "username": "wutong",
        "secret": SECRET,
        "purpose": "学习分析",
    }
    return create_forward(
        town.actor("city_officer"), town.place("city"), **{**values, "earlier": True, **more}
    )


def later(forward: Forward) -> Forward:
    """When its next try is due."""
    Forward.objects.unscoped(WHY).filter(pk=forward.pk).update(next_try=timezone.now() - timedelta(seconds=1))
    sending.forward_all()
    return Forward.objects.unscoped(WHY).get(pk=forward.pk)


def test_all_goes_on_in_order_and_another_store_takes_it(
    lrs: Lrs, way: Forward, there: There, small_town: Any
):
    ids = [lrs.post(statement(thing=f"https://school.example/lesson/{n}"))[0] for n in range(5)]
    now = later(way)
    assert (there.took(), now.sent, now.refused, now.trouble) == (ids, 5, 0, "")
    ((status, path, headers, body),) = there.got
    assert (status, path, headers["X-Experience-API-Version"]) == (200, "/xapi/statements", "1.0.3")
    assert headers["Authorization"] == Lrs("wutong", SECRET).authorization
    other = key(small_town.place("gaoan"))
    assert other.send("POST", "statements", body).json() == ids
    sides = [
        [{**each, "stored": "", "authority": ""} for each in store.found(ascending=True)]
        for store in (lrs, other)
    ]
    assert sides[0] == sides[1]
    # Nothing new, nothing sent; one more, one sent.
    later(way)
    (last,) = lrs.post(statement("wang"))
    assert (later(way).sent, there.took()) == (6, [*ids, last])
    entries = AuditEntry.objects.unscoped(WHY).filter(action="records.forwarded")
    assert [entry.changes for entry in entries.order_by("pk")] == [
        {"number": 5, "purpose": "学习分析"},
        {"number": 1, "purpose": "学习分析"},
    ]


def test_more_than_a_batch(lrs: Lrs, way: Forward, there: There, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sending, "BATCH", 2)
    ids = lrs.post(*(statement(thing=f"https://school.example/{n}") for n in range(5)))
    assert (later(way).sent, there.took(), len(there.got)) == (5, ids, 3)


def test_what_the_other_refuses_holds_up_nothing(lrs: Lrs, way: Forward, there: There):
    things = ["https://school.example/1", POISON, "https://school.example/2", "https://school.example/3"]
    ids = lrs.post(*(statement(thing=thing) for thing in things))
    now = later(way)
    assert (there.took(), now.sent, now.refused, now.failures) == ([ids[0], *ids[2:]], 3, 1, 0)
    assert later(way).refused == 1


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503, 302])
def test_a_store_that_fails_gets_it_later(lrs: Lrs, way: Forward, there: There, status: int):
    (id,) = lrs.post(statement())
    there.answers += [status, status]
    for failures in (1, 2):
        now = later(way)
        assert (now.sent, now.cursor, now.failures, f"HTTP {status}" in now.trouble) == (0, 0, failures, True)
        wait = now.next_try - timezone.now()
        assert timedelta(minutes=2**failures) - timedelta(minutes=1) < wait <= timedelta(minutes=2**failures)
    now = later(way)
    assert (now.sent, now.failures, now.trouble, there.took()) == (1, 0, "", [id])


def test_a_failure_in_the_middle_loses_and_repeats_nothing_that_was_answered(
    lrs: Lrs, way: Forward, there: There, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sending, "BATCH", 1)
    ids = lrs.post(statement("li"), statement("wang"), statement("zhao"))
    there.answers += [200, 503]
    assert later(way).sent == 1
    assert (later(way).sent, there.took()) == (3, ids)


def test_an_address_within_the_house_is_not_called(small_town: Any, there: There, lrs: Lrs):
    lrs.post(statement())
    within = there.url.replace("http://127.0.0.1", "https://localhost")
    now = later(opened(small_town, there, url=within))
    assert (now.sent, now.failures, there.got) == (0, 1, [])
    assert "内部网络" in now.trouble


def test_only_what_was_asked_for(lrs: Lrs, small_town: Any, there: There):
    lesson, other = "https://school.example/lesson/1", "https://school.example/verbs/seen"
    before = lrs.post(statement())
    way = opened(small_town, there, earlier=False, verb=other, activity=lesson)
    lrs.post(statement(), statement(verb=other, thing="https://school.example/lesson/2"))
    (wanted,) = lrs.post(statement(verb=other, thing=lesson))
    assert (later(way).sent, there.took()) == (1, [wanted])
    assert before[0] not in there.took()


def test_what_was_voided_goes_as_its_voiding(lrs: Lrs, way: Forward, there: There):
    (wrong,) = lrs.post(statement())
    (voiding,) = lrs.post(statement(verb=VOIDED, object={"objectType": "StatementRef", "id": wrong}))
    later(way)
    assert there.took() == [voiding]


def test_files_go_with_what_speaks_of_them(lrs: Lrs, way: Forward, there: There, small_town: Any):
    painting, id = "我画的梧桐".encode(), new_id()
    sent = statement(id=id, attachments=[attachment(painting)])
    assert (
        lrs.send(
            "POST", "statements", multipart(sent, painting), type="multipart/mixed; boundary=oak"
        ).status_code
        == 200
    )
    assert later(way).sent == 1
    ((_status, _path, headers, body),) = there.got
    other = key(small_town.place("gaoan"))
    assert other.send("POST", "statements", body, type=headers["Content-Type"]).json() == [id]
    assert painting in body


def test_stopped_it_waits_and_goes_on_from_there(lrs: Lrs, way: Forward, there: There, small_town: Any):
    actor = small_town.actor("city_officer")
    first = lrs.post(statement())
    later(way)
    stop_forward(actor, way)
    second = lrs.post(statement("wang"))
    assert later(way).sent == 1
    resume_forward(actor, Forward.objects.unscoped(WHY).get(pk=way.pk))
    assert (later(way).sent, there.took()) == (2, first + second)


def sign_in(town: Any, who: str) -> Client:
    client = Client()
    client.force_login(town.account(who))
    return client


def given(town: Any, place: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "市教研室", "organisation": town.place(place).pk, "url": "https://lrs.example.edu.cn/xapi", "username": "wutong",
        "secret": SECRET, "purpose": "学习分析", **more,
    }  # fmt: skip


def test_by_the_page(small_town: Any):
    clerk = sign_in(small_town, "clerk")
    assert "还没有转发" in clerk.get("/records/forwards/").content.decode()
    made = clerk.post("/records/forwards/new/", given(small_town, "gaoan"))
    assert made.status_code == 302
    page = clerk.get(made.url).content.decode()
    assert ("正在转发" in page, "学习分析" in page, SECRET in page) == (True, True, False)
    row = Forward.objects.unscoped(WHY).get()
    assert (SECRET.encode() in bytes(row.sealed), row.cursor > 0) == (False, True)
    entry = AuditEntry.objects.unscoped(WHY).get(action="records.create_forward")
    assert SECRET not in str(entry.changes)
    clerk.post(f"{made.url}stop/")
    assert "已停用" in clerk.get(made.url).content.decode()
    clerk.post(f"{made.url}resume/")
    assert "正在转发" in clerk.get("/records/forwards/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"url": "http://lrs.example.edu.cn/xapi"}, "地址必须以 https:// 开头"),
        ({"url": "https://user:pw@lrs.example.edu.cn/"}, "地址里不能带用户名或密码"),
        ({"purpose": "  "}, "必填"),
        ({"verb": "seen"}, "网址"),
    ],
)
def test_bad_input_gets_a_sentence_and_nothing_is_opened(
    small_town: Any, wrong: dict[str, str], sentence: str
):
    answer = sign_in(small_town, "clerk").post("/records/forwards/new/", given(small_town, "gaoan", **wrong))
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    assert not Forward.objects.unscoped(WHY).exists()


def test_it_is_the_keepers_alone(small_town: Any, way: Forward):
    for who in ("teacher", "guardian", "pupil"):
        other = sign_in(small_town, who)
        assert other.get("/records/forwards/").status_code == 403
        assert other.post("/records/forwards/new/", given(small_town, "gaoan")).status_code == 403
        assert other.get(f"/records/forwards/{way.pk}/").status_code == 404
    clerk = sign_in(small_town, "clerk")
    for path in ("", "stop/", "resume/"):
        method = clerk.post if path else clerk.get
        assert method(f"/records/forwards/{way.pk}/{path}").status_code == 404
    assert clerk.post("/records/forwards/new/", given(small_town, "city")).status_code == 422
    assert Forward.objects.unscoped(WHY).get().stopped is None
