"""Batches: NDJSON in, a result for each line out, as a sheet would be taken."""

import json

import pytest

from wutong.config.api import bulk
from wutong.kernel.people.models import Person

pytestmark = pytest.mark.django_db(databases="__all__")
BULK = "/api/v1/registers/persons/bulk"
PLACE = "高安路第一小学/三年级1班"


def child(number, **values):
    return {
        "name": f"批量{number:03}",
        "born": "2017-04-01",
        "organisation": PLACE,
        "role": "pupil",
        **values,
    }


def send(client, lines, query=""):
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    response = client.generic("POST", BULK + query, body, content_type="application/x-ndjson")
    if response.status_code != 200:
        return response.json()
    assert response["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.getvalue().splitlines()]


@pytest.fixture
def clerk(client, small_town):
    client.force_login(small_town.account("clerk"))
    return client


def counts(**given):
    return {**dict.fromkeys(("rows", "created", "updated", "unchanged", "rejected"), 0), **given}


def test_each_line_gets_its_result(clerk):
    *told, last = send(
        clerk, [child(1), child(2, sex="9"), "{", child(3, sex="x"), "", child(1, phone="13800000000")]
    )
    assert [(each["line"], each["outcome"]) for each in told] == [
        (1, "created"), (2, "created"), (3, "rejected"), (4, "rejected"), (6, "rejected"),
    ]  # fmt: skip
    assert [each["problems"][0]["rule"] for each in told[2:]] == ["malformed", "invalid", "repeated"]
    assert told[3]["problems"][0]["column"] == "sex"
    assert last == counts(rows=5, created=2, rejected=3)


def test_sending_the_same_again_changes_nothing(clerk):
    lines = [child(number) for number in range(3)]
    first = send(clerk, lines)
    again = send(clerk, lines)
    assert [each["id"] for each in again[:-1]] == [each["id"] for each in first[:-1]]
    assert again[-1] == counts(rows=3, unchanged=3)


def test_a_rehearsal_keeps_nothing(clerk):
    assert send(clerk, [child(1)], "?dry_run=true")[-1] == counts(rows=1, created=1)
    assert not Person.objects.unscoped("test").filter(name__startswith="批量").exists()


def test_another_schools_children_are_not_for_this_clerk(clerk, small_town):
    told = send(clerk, [child(1, organisation="向阳小学")])
    assert told[0]["outcome"] == "rejected"


def test_who_may_not_edit_loads_nothing(client, small_town):
    client.force_login(small_town.account("head"))
    assert send(client, [child(1)])["code"] == "not_allowed"


def test_too_many_lines_are_refused_before_anything_is_read(clerk):
    assert send(clerk, ["{}"] * (bulk.LINES + 2))["code"] == "too_large"


def test_one_batch_at_a_time(clerk):
    """And the turn is given back when a batch was not read to its end."""
    response = clerk.generic("POST", BULK, json.dumps(child(1)), content_type="application/x-ndjson")
    assert send(clerk, [child(2)])["code"] == "busy"
    response.close()
    assert send(clerk, [child(2)])[-1] == counts(rows=1, created=1)
