"""Who listens hears every statement once, in order, and goes on where the last stream ended."""

import json
from typing import Any

import pytest

from wutong.platforms.learning.records.door import stream
from wutong.platforms.learning.records.store.database import USAGE, rows
from wutong.platforms.learning.records.store.usage import looks
from wutong.platforms.learning.records.tests.lrs import Lrs, key, statement, text

pytestmark = pytest.mark.django_db(databases="__all__")
LESSON, SEEN = "https://school.example/lesson/1", "https://school.example/verbs/seen"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LIFE", 0.2)
    monkeypatch.setattr(stream, "PAUSE", 0.01)


def heard(answer: Any) -> list[tuple[str, str]]:
    """Number of the event and id of the statement."""
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")
    events = [event.split("\n") for event in text(answer).decode().split("\n\n") if event.startswith("id: ")]
    answer.close()
    return [(first[4:], json.loads(second[6:])["id"]) for first, second in events]


def listen(lrs: Lrs, since: str = "0", **asked: Any) -> Any:
    return lrs.send("GET", "stream", headers={"Last-Event-ID": since}, **asked)


def test_what_comes_is_heard_once_and_the_next_stream_goes_on(lrs: Lrs):
    before = lrs.post(statement(), statement("wang"))
    first = heard(listen(lrs))
    assert [id for _number, id in first] == before
    assert heard(listen(lrs, first[-1][0])) == []
    (after,) = lrs.post(statement("zhao"))
    assert [id for _number, id in heard(listen(lrs, first[-1][0]))] == [after]


def test_without_a_number_it_begins_now(lrs: Lrs):
    lrs.post(statement())
    assert heard(lrs.send("GET", "stream")) == []


def test_more_than_one_look(lrs: Lrs, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream, "MOST", 2)
    ids = lrs.post(*(statement(thing=f"https://school.example/{n}") for n in range(5)))
    assert [id for _number, id in heard(listen(lrs))] == ids


def test_only_what_was_asked_for(lrs: Lrs):
    ids = lrs.post(statement(), statement(verb=SEEN), statement(verb=SEEN, thing=LESSON + "/2"))
    assert [id for _number, id in heard(listen(lrs, verb=SEEN, activity=LESSON))] == [ids[1]]


def test_every_look_is_noted(lrs: Lrs, small_town: Any):
    lrs.post(statement())
    other = key(small_town.place("city"), "statements/read", name="看板")
    heard(listen(other))
    ((agent, reader),) = rows("SELECT agent, reader FROM records_read", home=USAGE)
    assert [look.reader for look in looks([agent])] == [reader]


def test_another_stores_statements_are_not_heard(lrs: Lrs, small_town: Any):
    lrs.post(statement())
    assert heard(listen(key(small_town.place("gaoan")))) == []


def test_who_may_not_read_all_does_not_listen(small_town: Any):
    for scope in ("statements/write", "statements/read/mine", "state"):
        assert listen(key(small_town.place("city"), scope)).status_code == 403


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "１"])
def test_a_number_of_another_kind_is_refused(lrs: Lrs, number: str):
    assert (
        lrs.send("GET", "stream", headers={"Last-Event-ID": number.encode().decode("latin-1")}).status_code
        == 400
    )


def test_there_are_few_places_and_each_comes_back(lrs: Lrs):
    taken = [listen(lrs) for _place in range(stream.AT_ONCE)]
    refused = listen(lrs)
    assert (refused.status_code, "try again" in refused.json()["detail"]) == (503, True)
    for each in taken:
        each.close()
        each.close()
    assert heard(listen(lrs)) == []
    assert lrs.send("HEAD", "stream").status_code == 200
    assert [heard(listen(lrs)) for _turn in range(stream.AT_ONCE + 1)] == [[]] * (stream.AT_ONCE + 1)
