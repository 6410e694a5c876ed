"""On PostgreSQL plain statements go to the store in one piece: what is kept is the same as step by step."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from wutong.kernel.people.models import Organisation
from wutong.platforms.learning.records import api
from wutong.platforms.learning.records.store import database, known, plain, writing
from wutong.platforms.learning.records.store.preparing import Batch, prepare
from wutong.platforms.learning.records.store.schema import DAY
from wutong.platforms.learning.records.tests.lrs import Lrs, about, agent, key, new_id, statement
from wutong.platforms.learning.records.tests.together import WRITERS, all_at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, databases="__all__")]
REGISTRATION = "0f3a1b62-5a0e-4f6e-9d0e-6f0d1b0c7a11"
COUNTED = ("statement", "id", "related", "moment", "definition", "reference", "echo", "voided", "attachment")


@pytest.fixture
def city(shared: Lrs) -> Organisation:
    """Whose store has its partition of the day."""
    shared.post(statement("first"))
    return Organisation.objects.unscoped("the test's own").get()


def batch(place: Organisation, *said: dict[str, Any]) -> Batch:
    return prepare(place.pk, agent("wang"), list(said), major=1, defines=True)


def counts() -> dict[str, int]:
    return {name: database.rows(f"SELECT count(*) FROM records_{name}")[0][0] for name in COUNTED}


def gained(work: Callable[[], Any]) -> dict[str, int]:
    before = counts()
    work()
    return {name: number - before[name] for name, number in counts().items() if number > before[name]}


def lesson(number: int) -> dict[str, Any]:
    return {
        "id": f"https://a.example/lesson/{number}",
        "definition": {"name": {"zh-CN": f"第 {number} 课 \\ \" {{}} ' %s 梧桐", "en-US": "x"}},
    }


def of_everything(school: Lrs) -> list[dict[str, Any]]:
    """Each kind of row that a plain statement brings, and texts that somebody could take for more than texts."""
    person = api.agent_of(7)
    return [
        statement("li", thing="https://a.example/1", id=new_id()),
        statement("zhao") | {"object": lesson(1), "context": {"registration": REGISTRATION}},
        statement("li") | {"object": lesson(2), "context": {"contextActivities": {"parent": [lesson(1)]}}},
        statement("li") | {"actor": person, "timestamp": "2020-02-29T08:00:00Z"},
        statement("li") | {"object": agent("sun"), "context": {"instructor": agent("qian")}},
        statement("li") | {"actor": {"objectType": "Group", "member": [agent("a"), agent("b")]}},
    ]


def told(lrs: Lrs, **filters: Any) -> list[dict[str, Any]]:
    """What the store says, without what differs from one store to another."""
    return [
        {**each, "id": "", "stored": "", "timestamp": "", "authority": ""} for each in lrs.found(**filters)
    ]


def test_all_that_is_asked_finds_the_same_as_step_by_step(city: Organisation, shared: Lrs):
    other = Organisation.objects.create(kind="school", name="梧桐小学", parent=city)
    at_once, by_steps = key(city, name="一"), key(other, name="二")
    ways = (lambda: at_once.post(*of_everything(at_once)), lambda: _in_a_transaction(by_steps))
    kept = [gained(way) for way in ways]
    assert kept[0] == kept[1] == {"statement": 6, "id": 6, "related": 5, "moment": 1, "definition": 2}
    for filters in (
        {}, {"agent": agent("li")}, {"agent": agent("sun"), "related_agents": "true"},
        {"agent": agent("a"), "related_agents": "true"}, {"agent": api.agent_of(7)},
        {"activity": "https://a.example/lesson/1", "related_activities": "true"},
        {"verb": statement()["verb"]["id"], "ascending": "true"},
    ):  # fmt: skip
        assert [one for one in told(at_once, **filters) if one["actor"] != agent("first")] == told(
            by_steps, **filters
        )
    asked = [
        lrs.send("GET", "activities", activityId="https://a.example/lesson/1").json()
        for lrs in (at_once, by_steps)
    ]
    assert asked[0] == asked[1] == lesson(1) | {"objectType": "Activity"}


def _in_a_transaction(lrs: Lrs) -> None:
    with transaction.atomic():
        lrs.post(*of_everything(lrs))


def test_what_is_plain_goes_in_one_piece_and_the_stamps_follow_each_other(city: Organisation):
    several = [batch(city, statement("li"), statement("li")), batch(city, statement("zhao"))]
    assert plain.written(several)
    found = database.rows("SELECT stored, id FROM records_statement ORDER BY stored")[1:]
    first = found[0][0]
    assert [(stored, bytes(id)) for stored, id in found] == [
        (first + place, each.id)
        for place, each in enumerate(one for every in several for one in every.statements)
    ]
    assert database.rows("SELECT last FROM records_clock") == [(first + 2,)]


@pytest.mark.parametrize("reason", ["here", "awaited", "reference", "voids", "erased", "twice", "no day"])
def test_what_is_not_plain_leaves_nothing_and_goes_step_by_step(city: Organisation, shared: Lrs, reason: str):
    id = new_id()
    said = [[statement("li"), statement("li", id=id)]]
    match reason:
        case "here":
            shared.post(statement("li", id=id))
        case "awaited":
            shared.post(about(id))
        case "reference":
            said = [[statement("li"), about(id)]]
        case "voids":
            said = [[about(id, verb="http://adlnet.gov/expapi/verbs/voided")]]
        case "twice":
            said = [said[0], [statement("zhao", id=id)]]
        case "no day":
            database.write("UPDATE records_clock SET last = last + %s", DAY)
    batches = [batch(city, *each) for each in said]
    if reason == "erased":
        database.write("UPDATE records_clock SET epoch = epoch + 1")
    assert gained(lambda: plain.written(batches)) == {}
    assert not plain.written(batches)
    assert shared.post(statement("sun", id=new_id()))  # the connection is as before


def test_processes_that_write_at_once_stand_in_line_at_the_sequencer(city: Organisation, shared: Lrs):
    ids = [[new_id() for _turn in range(10)] for _writer in range(WRITERS)]

    def work(number: int) -> None:
        for id in ids[number]:
            assert plain.written([batch(city, statement(f"p{number}", id=id), statement(f"p{number}"))])

    all_at_once(work)
    found = database.rows("SELECT stored, id FROM records_statement ORDER BY stored")[1:]
    order = [bytes(id).hex() for _stored, id in found]
    assert len({stored for stored, _id in found}) == len(found) == 2 * 10 * WRITERS
    for own in ids:
        places = [order.index(id.replace("-", "")) for id in own]
        assert places == sorted(places)
    assert database.rows("SELECT last FROM records_clock") == [(found[-1][0],)]


def test_of_processes_that_bring_one_id_one_keeps_it(city: Organisation):
    id, kept = new_id(), []
    all_at_once(lambda number: kept.append(plain.written([batch(city, statement(f"p{number}", id=id))])))
    assert sorted(kept) == [False] * (WRITERS - 1) + [True]
    assert database.rows(
        "SELECT count(*) FROM records_id WHERE id = %s", bytes.fromhex(id.replace("-", ""))
    ) == [(1,)]


def test_a_new_statement_that_another_waited_for_is_found_with_it(city: Organisation, shared: Lrs):
    (comment,) = shared.post(about(id := new_id()))
    shared.post(statement("li", id=id))
    assert set(shared.ids(agent=agent("li"))) == {comment, id}


def test_wordings_are_not_written_again(city: Organisation):
    def told() -> None:
        assert plain.written([batch(city, statement("li") | {"object": lesson(3)})])

    assert gained(told) == {"statement": 1, "id": 1, "definition": 1}
    assert gained(told) == {"statement": 1, "id": 1}
    known.WORDINGS.clear()  # as in another process
    assert gained(told) == {"statement": 1, "id": 1}


def test_a_store_that_fails_says_so_and_keeps_nothing(city: Organisation, shared: Lrs):
    prepared = batch(city, statement("li"))
    database.write("ALTER TABLE records_id RENAME TO records_id_away")
    try:
        with pytest.raises(writing.Unavailable):
            writing.append(lambda: prepared)
    finally:
        database.write("ALTER TABLE records_id_away RENAME TO records_id")
    assert shared.ids() == shared.ids(agent=agent("first"))
    assert plain.written([batch(city, statement("li"))])
