"""Many who write at once, on PostgreSQL: nobody waits in a circle, nothing is lost, the order holds."""

import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import connections, transaction

from wutong.kernel.people.models import Organisation, Person
from wutong.kernel.people.queries import actor_of
from wutong.platforms.learning.records import api
from wutong.platforms.learning.records.mine.actions import hide
from wutong.platforms.learning.records.mine.models import Hiding
from wutong.platforms.learning.records.store import database, writing
from wutong.platforms.learning.records.store.preparing import prepare
from wutong.platforms.learning.records.store.schema import DAY
from wutong.platforms.learning.records.tests.lrs import Lrs, about, agent, new_id, statement
from wutong.platforms.learning.records.tests.together import WRITERS, all_at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, databases="__all__")]


def test_eight_writers_on_one_activity_and_the_same_new_people_lose_nothing(shared: Lrs):
    def work(number: int) -> None:
        for turn in range(5):
            # In turning order, so that whoever locks people in the order of the batch would wait in a circle.
            people = [f"p{(place + number) % WRITERS}-{turn}" for place in range(WRITERS)]
            shared.post(*(statement(name, thing="https://a.example/popular") for name in people))

    all_at_once(work)
    found = shared.found(activity="https://a.example/popular", ascending="true")
    stamps = [each["stored"] for each in found]
    assert len(found) == WRITERS * 5 * WRITERS
    assert stamps == sorted(set(stamps))
    assert len(shared.ids(agent=agent("p3-4"))) == WRITERS
    assert database.row("SELECT count(*) FROM records_agent") == (WRITERS * 5 + 1,)


def test_a_reader_who_follows_since_misses_nothing(shared: Lrs):
    """What has a lower stamp is never seen later than what has a higher one."""
    seen: list[str] = []
    over = threading.Event()

    def follow() -> None:
        since = "2000-01-01T00:00:00Z"
        while True:
            last = over.is_set()
            for each in shared.found(since=since, ascending="true"):
                seen.append(each["id"])
                since = each["stored"]
            if last:
                break
        connections.close_all()

    reader = threading.Thread(target=follow)
    reader.start()
    all_at_once(lambda _number: [shared.post(statement()) for _turn in range(15)] and None)
    over.set()
    reader.join()
    assert seen == shared.ids(ascending="true") and len(seen) == WRITERS * 15


def test_of_two_statements_with_one_id_one_is_kept(shared: Lrs):
    id, answers = new_id(), []

    def work(number: int) -> None:
        answers.append(shared.send("POST", "statements", statement(f"p{number}", id=id)).status_code)

    all_at_once(work)
    assert sorted(answers) == [200] + [409] * (WRITERS - 1)
    assert shared.ids() == [id]


def test_of_many_who_create_a_document_one_does(shared: Lrs):
    where, answers = {"activityId": "https://a.example/1", "agent": agent("li"), "stateId": "s"}, []

    def work(number: int) -> None:
        new = {"If-None-Match": "*"}
        response = shared.send("PUT", "activities/state", {"n": number}, headers=new, **where)
        answers.append(response.status_code)

    all_at_once(work)
    assert sorted(answers) == [204] + [412] * (WRITERS - 1)


def test_references_both_ways_at_once_are_found(shared: Lrs):
    pairs = [(new_id(), new_id()) for _turn in range(10)]

    def work(number: int) -> None:
        for one, other in pairs:
            if number == 0:
                shared.post(statement(id=one))
            if number == 1:
                shared.post(about(one) | {"id": other})

    all_at_once(work)
    assert set(shared.ids(agent=agent("li"))) == {id for pair in pairs for id in pair}


def test_each_day_has_its_partition_and_each_row_lies_in_its_own(shared: Lrs):
    shared.post(statement())
    with database.writing() as cursor:
        cursor.execute("UPDATE records_clock SET last = last + %s", [DAY])
    shared.post(statement("zhao"), statement("sun"))
    found = database.rows("SELECT tableoid::regclass::text, stored FROM records_statement ORDER BY stored")
    assert [name for name, _stored in found] == [
        f"records_statement_{stored // DAY}" for _name, stored in found
    ]
    assert len({name for name, _stored in found}) == 2
    assert len(shared.ids()) == 3
    tomorrow = datetime.fromtimestamp(found[1][1] / 1e6, UTC)
    assert tomorrow > datetime.now(UTC)


def columns_of(table: str) -> Any:
    return database.rows(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
        " WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY a.attnum",
        table,
    )


def test_the_actor_stands_in_the_primary_key_for_spreading():
    assert columns_of("records_statement") == [("stored",), ("actor",)]


def test_who_hides_an_entry_eight_times_at_once_hides_it_once(shared: Lrs):
    pupil = Person.objects.create(name="李小梅")
    (id,) = shared.post(statement() | {"actor": api.agent_of(pupil.pk)})
    actor = actor_of(pupil)
    all_at_once(lambda _number: hide(actor, pupil, statement=UUID(id)))
    assert Hiding.objects.unscoped("all there are").count() == 1


def test_what_a_transaction_goes_back_on_takes_nobody_elses_statement_along(shared: Lrs):
    place = Organisation.objects.unscoped("the test's own").get()
    waiting = prepare(place.pk, agent("wang"), [statement()], major=1, defines=True)
    writing.COMMITTER._waiting.append(waiting)
    try:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            shared.post(statement())
            raise ZeroDivisionError
        assert (waiting.done, shared.ids()) == (False, [])
    finally:
        writing.COMMITTER._waiting.remove(waiting)
