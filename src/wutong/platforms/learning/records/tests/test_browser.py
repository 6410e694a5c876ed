"""The statement browser: for those who keep a store, with a purpose, and nobody's name in an address."""

from typing import Any

import pytest
from django.test import Client

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.testing.factories import Town
from wutong.platforms.learning.records.models import Key
from wutong.platforms.learning.records.store import people
from wutong.platforms.learning.records.tests.lrs import PASSED, agent, key, new_id, statement
from wutong.platforms.learning.records.tests.test_keys import kept, signed_in
from wutong.platforms.learning.records.tests.test_mine import path

pytestmark = pytest.mark.django_db(databases="__all__")

VIEWED = "http://id.tincanapi.com/verb/viewed"


@pytest.fixture
def school(small_town: Town) -> Any:
    return small_town.place("gaoan")


def searched(client: Client, place: Any, /, **given: str) -> str:
    answer = client.post(path("store", place.pk), {"purpose": "核对接入"} | given, follow=True)
    assert answer.status_code == 200 and answer.redirect_chain == [(path("store", place.pk), 302)]
    return answer.content.decode()


def shown(page: str, place: Any, ids: list[str]) -> list[str]:
    """Those of the statements that the page leads to, in the order of the page."""
    found = {page.find(path("statement", place.pk, id)): id for id in ids}
    return [found[at] for at in sorted(found) if at >= 0]


def test_each_filter_of_the_standard_narrows(school: Any):
    lrs, registration = key(school), new_id()
    (old,) = lrs.post(statement("li") | {"actor": {"mbox": "mailto:li@school.example", "name": "小李"}})
    (viewed,) = lrs.post(statement("zhao", VIEWED, "https://a.example/film"))
    (inside,) = lrs.post(statement("zhao", context={"registration": registration}))
    ids, clerk = [old, viewed, inside], signed_in("clerk")
    for given, expected in (
        ({}, [inside, viewed, old]),
        ({"agent": "li@school.example"}, [old]),
        ({"agent": "https://school.example zhao"}, [inside, viewed]),
        ({"agent": '{"account": {"homePage": "https://school.example", "name": "zhao"}}', "verb": VIEWED}, [viewed]),
        ({"agent": "person-77"}, []),
        ({"verb": PASSED}, [inside, old]),
        ({"activity": "https://a.example/film"}, [viewed]),
        ({"registration": registration}, [inside]),
        ({"since": "2999-01-01T00:00"}, []),
        ({"until": "2999-01-01T00:00"}, [inside, viewed, old]),
    ):  # fmt: skip
        page = searched(clerk, school, **given)
        assert (given, shown(page, school, ids)) == (given, expected)
    assert "小李" in searched(clerk, school)
    for wrong in (
        {"agent": "nobody"},
        {"agent": "{"},
        {"verb": "passed"},
        {"registration": "1"},
        {"purpose": ""},
    ):
        assert clerk.post(path("store", school.pk), {"purpose": "核对"} | wrong).status_code == 422


def test_a_search_is_journalled_and_opens_for_whoever_said_why(school: Any):
    lrs = key(school)
    ids = [id for number in range(30) for id in lrs.post(statement(thing=f"https://a.example/{number}"))]
    clerk, address = signed_in("clerk"), path("statement", school.pk, ids[0])
    assert shown(clerk.get(path("store", school.pk)).content.decode(), school, ids) == []
    assert clerk.get(address).status_code == 404
    first = searched(clerk, school, verb=PASSED)
    second = clerk.get(f"{path('store', school.pk)}?after={first.split('?after=')[1].split(chr(34))[0]}")
    both = shown(first, school, ids) + shown(second.content.decode(), school, ids)
    assert both == ids[::-1] and 'hx-trigger="every 10s"' in first
    refreshed = clerk.get(path("store", school.pk), headers={"HX-Request": "true"}).content.decode()
    assert shown(refreshed, school, ids) == ids[:4:-1] and "<html" not in refreshed
    raw = clerk.get(address).content.decode()
    assert ids[0] in raw and "&quot;stored&quot;" in raw
    assert clerk.get(path("statement", school.pk, new_id())).status_code == 404
    searched(clerk, school, agent="https://school.example li")
    entries = AuditEntry.objects.unscoped("what was journalled").filter(action="records.search")
    said, named = entries.order_by("sequence")
    assert (said.changes, said.subject_name) == ({"purpose": "核对接入", "verb": PASSED}, str(school))
    assert named.changes == {"purpose": "核对接入", "agent": people.find(school.pk, agent("li"))}


def test_a_store_is_for_those_who_keep_it_and_no_other_stores_statements_are_there(
    small_town: Town, school: Any
):
    theirs = key(small_town.place("xiangyang"))
    (foreign,) = theirs.post(statement())
    (own,) = key(school).post(statement("zhao"))
    for name in ("head", "class_teacher", "pupil", "operator", "other_clerk", "island_clerk"):
        client = signed_in(name)
        assert client.get(path("store", school.pk)).status_code == 404
        assert client.post(path("store", school.pk), {"purpose": "好奇"}).status_code == 404
        assert client.post(path("store_test", school.pk)).status_code == 404
    officer = signed_in("officer")
    assert shown(searched(officer, school), school, [foreign, own]) == [own]
    assert officer.get(path("statement", school.pk, foreign)).status_code == 404
    listed = officer.get(path("stores")).content.decode()
    assert [path("store", small_town.place(name).pk) in listed for name in ("gaoan", "xiangyang", "island")] == [
        True, True, False,
    ]  # fmt: skip
    assert signed_in("clerk").get(path("stores")).headers["Location"] == path("store", school.pk)
    assert signed_in("pupil").get(path("stores")).status_code == 403


def test_a_test_statement_goes_in_with_a_key_of_this_store(small_town: Town, school: Any):
    lrs, _reads, _foreign = key(school), key(school, "all/read"), key(small_town.place("xiangyang"))
    clerk = signed_in("clerk")
    page = clerk.get(path("store", school.pk)).content.decode()
    assert "http://testserver/xapi/1.0.3/" in page and "X-Experience-API-Version: 1.0.3" in page
    writes, reads, foreign = kept()
    answer = clerk.post(path("store_test", school.pk), {"key": writes.pk}).content.decode()
    (id,) = lrs.ids()
    assert id in answer and "/xapi/activities/test" in answer
    for wrong in (reads.pk, foreign.pk, "x"):
        assert clerk.post(path("store_test", school.pk), {"key": wrong}).status_code == 404
    Key.objects.unscoped("as if revoked").filter(pk=writes.pk).update(revoked="2026-01-01T00:00:00Z")
    assert clerk.post(path("store_test", school.pk), {"key": writes.pk}).status_code == 404
