"""Many cases and one step: each by itself, what fails for one leaves the others as they were."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.casework import batch
from wutong.kernel.casework.batch import groups
from wutong.kernel.errors import Conflict
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.queries import actor_of
from wutong.kernel.process.engine import delegate, last_move, take
from wutong.kernel.process.models import Case, CaseEvent
from wutong.kernel.process.spec import Step
from wutong.kernel.process.tests.award import AWARD, in_review
from wutong.kernel.process.tests.leave import STEPS, again, at_district, begin, house, process
from wutong.kernel.testing.factories import person

pytestmark = pytest.mark.django_db(databases="__all__")
URL = reverse("process:batch", args=["leave", "district"])


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house())
    return small_town


@pytest.fixture
def cases(town):
    return [at_district(town, title=f"第{n}件") for n in range(4)]


@pytest.fixture
def officer(town, client):
    client.force_login(town.account("officer"))
    return client


def mark(case):
    return batch.mark(case.number, last_move(case))


def send(client, cases, step="agree", comment="", url=URL):
    return client.post(url, {"case": [mark(case) for case in cases], "step": step, "comment": comment})


def results(response):
    return {each.title: each.done for each in response.context["results"]}


def test_the_chosen_are_decided_and_the_others_stay(town, officer, cases):
    response = send(officer, cases[:3])
    assert results(response) == {"第0件": True, "第1件": True, "第2件": True}
    assert [again(case).state for case in cases] == ["city", "city", "city", "district"]
    entries = AuditEntry._base_manager.filter(action="process.take", subject_kind="process.case")
    assert {int(e.subject_id) for e in entries.filter(actor_id=town.person("officer").pk)} == {
        c.pk for c in cases[:3]
    }


def test_what_fails_for_one_leaves_the_others_done(town, officer, cases):
    marks = [mark(case) for case in cases]
    take(town.actor("officer"), cases[1], step="return", comment="请补充")
    response = officer.post(URL, {"case": marks, "step": "agree", "comment": ""})
    assert results(response) == {"第0件": True, "第1件": False, "第2件": True, "第3件": True}
    assert again(cases[1]).state == "draft"
    assert CaseEvent._base_manager.filter(case=cases[1]).latest("pk").step == "return"


def test_what_came_back_changed_is_not_decided_unread(town, officer, cases):
    old = [mark(case) for case in cases]
    take(town.actor("officer"), cases[0], step="return", comment="请补充")
    take(town.actor("clerk"), cases[0], step="submit")
    response = officer.post(URL, {"case": old, "step": "agree", "comment": ""})
    assert results(response) == {"第0件": False, "第1件": True, "第2件": True, "第3件": True}
    assert again(cases[0]).state == "district"


def test_effects_that_fail_undo_their_own_case_only(town, officer, monkeypatch):
    def effect(actor, subject, *, at):
        Case._base_manager.filter(pk=subject.pk).update(title="改了一半")
        if subject.pk == cases[1].pk:
            raise Conflict("学校信息已被修改。")

    agree = Step("agree", "同意", ("district",), "city", by=STEPS[1].by, do=effect)
    one = process(steps=(STEPS[0], agree, *STEPS[2:]))
    monkeypatch.setattr(REGISTRY, "_modules", house(one))
    cases = [at_district(town, title=f"第{n}件") for n in range(3)]
    assert list(results(send(officer, cases)).values()) == [True, False, True]
    assert [(again(case).title, again(case).state) for case in cases] == [
        ("改了一半", "city"), ("第1件", "district"), ("改了一半", "city")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sent",
    [{"case": [], "step": "agree"}, {"step": "fly"}, {"step": ""}, {"step": "return", "comment": "  "}, {"case": ["x"], "step": "agree"}],
)  # fmt: skip
def test_a_form_that_is_not_whole_changes_nothing(officer, cases, sent):
    response = officer.post(URL, {"case": [mark(case) for case in cases], "comment": "", **sent})
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert {again(case).state for case in cases} == {"district"}


def test_cases_of_others_are_neither_shown_nor_spoken_of(town, client, cases):
    client.force_login(town.account("other_officer"))
    assert client.get(URL).status_code == 404
    assert send(client, cases).status_code == 422
    client.force_login(town.account("auditor"))
    assert send(client, cases).status_code == 422
    assert {again(case).state for case in cases} == {"district"}


def test_a_delegate_decides_what_was_handed_over_and_the_office_the_rest(town, client, cases):
    colleague = person("严区员", town.place("xuhui"), "officer")
    for case in cases[:2]:
        delegate(town.actor("officer"), case, person=colleague)
    client.force_login(town.account("officer"))
    response = send(client, cases)
    assert list(results(response).values()) == [False, False, True, True]
    assert [group["number"] for group in groups(actor_of(colleague))] == [2]


def test_the_inbox_offers_it_where_several_wait(town, officer, cases):
    begin(town.actor("clerk"), town.place("gaoan"), title="草稿")
    response = officer.get(reverse("process:inbox"))
    assert [(group["number"], group["href"]) for group in response.context["groups"]] == [(4, URL)]
    page = officer.get(URL, {"all": 1})
    assert page.content.decode().count(" checked>") == 4
    assert groups(town.actor("clerk")) == []


def test_many_sign_at_once_and_each_waits_for_the_others(town, client, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house(AWARD))
    cases = [in_review(town) for _n in range(3)]
    url = reverse("process:batch", args=["award", "review"])
    client.force_login(town.account("head"))
    response = send(client, cases, url=url)
    assert [str(each.said) for each in response.context["results"]] == ["已会签，还需其他人签"] * 3
    client.force_login(town.account("officer"))
    assert {each.done for each in send(client, cases, url=url).context["results"]} == {True}
    assert {again(case).state for case in cases} == {"notice"}


def test_a_long_list_asks_no_more_questions_than_a_short_one(town, officer, cases):
    officer.get(URL)
    with CaptureQueriesContext(connection) as few:
        officer.get(URL)
    for n in range(20):
        at_district(town, title=f"又{n}件")
    with CaptureQueriesContext(connection) as many:
        officer.get(URL)
    assert len(many) == len(few)
