"""The result by the slip: for who has number and code, the same from what was prepared and made anew, and no more."""

import re

import pytest
from django.test import Client

from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.jobs.queue import run_due
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.enrolment import results
from wutong.platforms.governance.enrolment.actions import arrival, choosing, placement, verification
from wutong.platforms.governance.enrolment.models import Application, Result
from wutong.platforms.governance.enrolment.tests import scene
from wutong.platforms.governance.enrolment.tests.test_family_pages import signed_in

pytestmark = pytest.mark.django_db(databases="__all__")
WHY = "looked at by a test"


def address(row: Application) -> str:
    return f"/enrolment/r/{row.number}/{results.code_of(row.number)}/"


def look(row: Application, **headers: str) -> str:
    """As a stranger's phone shows it."""
    answer = Client().get(address(row), headers=headers)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (
        200,
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    return answer.content.decode()


@pytest.fixture
def told(small_town: Town) -> tuple[scene.Scene, list[scene.Family], list[Application]]:
    """Three families, two seats; the results are told."""
    here = scene.opened(small_town)
    families = [scene.family(n) for n in (1, 2, 3)]
    rows = [scene.applied(here, family) for family in families]
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    run = placement.place(here.officer, here.window, kind="first", at=scene.PLACING)
    placement.carry_out(run.pk, at=scene.PLACING)
    arrival.tell(here.officer, here.window, at=scene.PLACING)
    return here, families, [scene.fresh(row) for row in rows]


def test_prepared_and_made_anew_are_the_same_page(told):
    here, _families, rows = told
    anew = {(row.pk, tongue): look(row, accept_language=tongue) for row in rows for tongue in ("zh", "en")}
    results.prepare_results(window=here.window.pk)
    assert Result.objects.unscoped(WHY).count() == 3
    again = {(row.pk, tongue): look(row, accept_language=tongue) for row in rows for tongue in ("zh", "en")}
    assert again == anew
    assert [row.state for row in rows] == ["notified", "notified", "overflow"]
    seated, left = text_of(anew[rows[0].pk, "zh"]), text_of(anew[rows[2].pk, "zh"])
    assert "高安路第一小学" in seated
    assert "排在第 3 位，学位 2 个" in left
    assert "孩*1" in seated
    assert "孩子1" not in seated
    assert rows[0].child.name not in anew[rows[0].pk, "zh"]


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_what_was_prepared_gives_way_to_what_happened_since(told):
    here, families, rows = told
    results.prepare_results(window=here.window.pk)
    choosing.give_up(families[0].actor, rows[0], reason="搬到外地", at=scene.SECOND)
    assert "已放弃" in look(rows[0])
    assert "高安路第一小学" in look(rows[1])


def test_telling_asks_for_the_pages(told):
    here, _families, rows = told
    deliver_waiting()
    while run_due():
        pass
    assert set(Result.objects.unscoped(WHY).values_list("application", flat=True)) == {row.pk for row in rows}


def test_the_slip_opens_the_page_and_is_the_familys_alone(told, client):
    here, families, rows = told
    signed_in(client, families[0])
    slip = client.get(f"/enrolment/a/{rows[0].number}/slip/").content.decode()
    assert address(rows[0]) in slip
    assert "<svg" in slip
    assert (
        f"/enrolment/a/{rows[0].number}/slip/"
        in client.get(f"/enrolment/a/{rows[0].number}/").content.decode()
    )
    for path in (rows[1].number, "202710000000", "x"):
        assert client.get(f"/enrolment/a/{path}/slip/").status_code == 404
    client.force_login(here.town.account("officer"))
    assert client.get(f"/enrolment/a/{rows[0].number}/slip/").status_code == 404


@pytest.mark.parametrize("code", ["A" * 16, "another's", "x", "A" * 200])
def test_a_wrong_code_says_nothing(told, code, django_assert_num_queries):
    _here, _families, rows = told
    code = results.code_of(rows[1].number) if code == "another's" else code
    with django_assert_num_queries(0):
        wrong = Client().get(f"/enrolment/r/{rows[0].number}/{code}/")
        nobody = Client().get(f"/enrolment/r/202719999999/{code}/")
    assert (wrong.status_code, nobody.status_code) == (404, 404)


def test_a_look_costs_one_question_once_it_is_prepared(told, django_assert_num_queries):
    here, _families, rows = told
    results.prepare_results(window=here.window.pk)
    look(rows[0])
    with django_assert_num_queries(1):
        look(rows[0])
