"""Requests of the same moment. SQLite lets one writer in, so it cannot show this."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections, transaction
from django.test import Client

from wutong.config.api.models import Answer
from wutong.kernel.people.models import Person
from wutong.kernel.testing.factories import prepared_town

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, databases="__all__")]
PERSONS = "/api/v1/registers/persons/"
CHILD = {"name": "周晓雨", "organisation": "高安路第一小学/三年级1班", "role": "pupil"}
MANY = 6


@pytest.fixture
def clerk():
    town = prepared_town()
    client = Client()
    client.force_login(town.account("clerk"))
    return client.cookies


def send(cookies, method, url, body, **headers):
    client = Client()
    client.cookies = cookies
    return client.generic(method, url, json.dumps(body), content_type="application/json", headers=headers)


def at_once(deed):
    barrier = Barrier(MANY)

    def run(turn):
        try:
            barrier.wait(timeout=30)
            return deed(turn)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(MANY) as threads:
        return list(threads.map(run, range(MANY)))


def test_the_same_key_at_once_makes_one_row(clerk):
    """Each is answered with the row, or told that it is being made."""
    answers = at_once(lambda turn: send(clerk, "POST", PERSONS, CHILD, **{"Idempotency-Key": "k"}))
    told = [(each.status_code, each.json().get("rule")) for each in answers]
    assert set(told) <= {(201, None), (409, "in_flight")}
    assert (201, None) in told
    assert Person._base_manager.filter(name=CHILD["name"]).count() == 1
    assert Answer.objects.count() == 1


def test_while_a_request_is_under_way_the_same_key_waits_outside(clerk):
    send(clerk, "POST", PERSONS, CHILD, **{"Idempotency-Key": "k"})
    with transaction.atomic():
        Answer.objects.select_for_update().get()
        with ThreadPoolExecutor(1) as thread:
            answer = thread.submit(in_a_thread, clerk).result(30)
    assert answer == (409, "in_flight")


def in_a_thread(cookies):
    try:
        response = send(cookies, "POST", PERSONS, CHILD, **{"Idempotency-Key": "k"})
        return response.status_code, response.json()["rule"]
    finally:
        connections.close_all()


def test_what_a_killed_process_left_is_done_by_the_next(clerk):
    """Its row is there, its lock is gone, its work was undone with it."""
    send(clerk, "POST", PERSONS, CHILD, **{"Idempotency-Key": "k"})
    Answer.objects.update(status=None, body=b"")
    Person._base_manager.filter(name=CHILD["name"]).update(name="别人")
    assert send(clerk, "POST", PERSONS, CHILD, **{"Idempotency-Key": "k"}).status_code == 201


def test_of_changes_that_read_the_same_one_is_kept(clerk):
    made = send(clerk, "POST", PERSONS, CHILD)
    tag, url = made["ETag"], made["Location"]
    answers = at_once(
        lambda turn: send(clerk, "PATCH", url, {"phone": f"1380000000{turn}"}, **{"If-Match": tag})
    )
    assert sorted(each.status_code for each in answers) == [200] + [412] * (MANY - 1)
    kept = next(each.json()["phone"] for each in answers if each.status_code == 200)
    assert Person._base_manager.get(pk=made.json()["id"]).phone == kept
