"""Public notices on the pages: everybody reads, who signs in objects, the office answers."""

import pytest
from django.urls import reverse
from django.utils import timezone

from wutong.kernel.module import REGISTRY
from wutong.kernel.process.models import Case, Objection
from wutong.kernel.process.objections import decide_objection
from wutong.kernel.process.tests.award import AWARD, begin, on_notice
from wutong.kernel.process.tests.leave import house

pytestmark = pytest.mark.django_db(databases="__all__")
WORDS = "该班上学期有违纪记录。"


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house(AWARD))
    return small_town


@pytest.fixture
def case(town):
    return on_notice(town, at=timezone.now())


def page(case):
    return reverse("process:announced", args=[case.number])


def over(case):
    Case._base_manager.filter(pk=case.pk).update(notice_until=timezone.now())


def test_everybody_reads_what_is_announced_and_no_more(town, client, case):
    listed = client.get(reverse("process:notices")).content.decode()
    shown = client.get(page(case)).content.decode()
    for text in (listed, shown):
        assert (case.number in text, str(town.place("gaoan")) in text) == (True, True)
        assert [
            word
            for word in (case.title, *(town.person(w).name for w in ("clerk", "head", "officer")))
            if word in text
        ] == []
    assert "<textarea" not in shown


def test_what_is_not_on_notice_is_not_there(town, client, case):
    draft = begin(town)
    assert client.get(page(draft)).status_code == 404
    over(case)
    assert client.get(page(case)).status_code == 404
    assert case.number not in client.get(reverse("process:notices")).content.decode()


def test_who_is_not_signed_in_is_asked_to_and_files_nothing(client, case):
    response = client.post(page(case), {"text": WORDS})
    assert (response.status_code, response.url) == (302, f"/accounts/login/?next={page(case)}")
    assert Objection._base_manager.count() == 0


def test_somebody_objects_and_reads_the_answer_when_the_notice_is_over(town, client, case):
    client.force_login(town.account("guardian"))
    assert client.post(page(case), {"text": WORDS}).status_code == 200
    assert client.post(page(case), {"text": WORDS}).status_code == 422
    objection = Objection._base_manager.get()
    assert (objection.person, objection.text) == (town.person("guardian"), WORDS)
    decide_objection(town.actor("officer"), objection, outcome="dismissed", answer="经核实无此记录。")
    over(case)
    text = client.get(page(case)).content.decode()
    assert (WORDS in text, "经核实无此记录。" in text) == (True, True)
    client.force_login(town.account("stranger"))
    assert client.get(page(case)).status_code == 404


def test_the_office_answers_on_the_page_of_the_case(town, client, case):
    client.force_login(town.account("guardian"))
    client.post(page(case), {"text": WORDS})
    objection = Objection._base_manager.get()
    decide = reverse("process:decide", args=[case.number, objection.pk])
    client.force_login(town.account("officer"))
    shown = client.get(reverse("process:case", args=[case.number])).content.decode()
    assert (WORDS in shown, decide in shown) == (True, True)
    assert client.post(decide, {"outcome": "", "answer": ""}).status_code == 422
    assert client.post(decide, {"outcome": "dismissed", "answer": "不属实。"}).status_code == 302
    assert client.get(decide).status_code == 200
    assert client.post(decide, {"outcome": "upheld", "answer": "属实。"}).status_code == 409


@pytest.mark.parametrize("who", ["clerk", "head", "guardian", "other_officer", "stranger"])
def test_others_neither_see_objections_nor_answer(town, client, case, who):
    client.force_login(town.account("classmate"))
    client.post(page(case), {"text": WORDS})
    objection = Objection._base_manager.get()
    client.force_login(town.account(who))
    decide = reverse("process:decide", args=[case.number, objection.pk])
    assert (
        client.get(decide).status_code,
        client.post(decide, {"outcome": "upheld", "answer": "属"}).status_code,
    ) == (404, 404)
    shown = client.get(reverse("process:case", args=[case.number])).content.decode()
    assert (WORDS in shown, town.person("classmate").name in shown) == (False, False)
