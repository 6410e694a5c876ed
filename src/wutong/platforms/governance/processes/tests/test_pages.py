"""What officers see of how matters go, what they settle, what they take away."""

import csv
import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.urls import reverse
from django.utils import timezone

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.module import REGISTRY
from wutong.kernel.process.engine import process_of, take
from wutong.kernel.process.models import Variant
from wutong.kernel.process.tests.leave import LEAVE, begin, house
from wutong.platforms.governance.processes.queries import measures

pytestmark = pytest.mark.django_db(databases="__all__")
MONDAY = timezone.make_aware(datetime(timezone.localdate().year, 3, 2, 9, 30))
YEAR = MONDAY.year
INSIDE = "家长电话已核"


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house())
    return small_town


def run(town, *steps, clerk="clerk", place="gaoan"):
    """A case of which each step is taken a day after the one before."""
    case, at = begin(town.actor(clerk), town.place(place), title="李小梅调课", at=MONDAY), MONDAY
    for who, step in steps:
        at += timedelta(days=1)
        case = take(town.actor(who), case, step=step, comment=INSIDE, at=at)
    return case


@pytest.fixture
def cases(town):
    way = (("clerk", "submit"), ("officer", "agree"), ("city_officer", "grant"))
    back = (("clerk", "submit"), ("officer", "return"), *way)
    island = run(town, ("island_clerk", "submit"), clerk="island_clerk", place="island")
    return [run(town, *way), run(town, *way), run(town, *back), run(town), island]


def signed_in(client, town, who):
    client.force_login(town.account(who))
    return client


def url(page, *more):
    return reverse(f"processes:{page}", args=["leave", *more])


def pages(town):
    settle = url("settle", YEAR, town.place("xuhui").pk)
    return [reverse("processes:index"), url("ways"), url("rules"), url("bpmn"), settle]


@pytest.mark.parametrize("who", ["clerk", "head", "teacher", "guardian", "pupil", "stranger", "operator"])
def test_pages_are_not_there_for_others(town, client, cases, who):
    signed_in(client, town, who)
    assert {client.get(page).status_code for page in pages(town)} == {404}
    assert client.post(url("log", "csv")).status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_open_for_officers_in_both_languages(town, client, cases, language):
    signed_in(client, town, "officer")
    for page in pages(town):
        response = client.get(page, headers={"accept-language": language})
        assert (page, response.status_code) == (page, 200)


def test_each_sees_what_is_in_their_sight(town, cases):
    seen = {
        who: measures(town.actor(who), LEAVE, YEAR).cases
        for who in ("officer", "other_officer", "city_officer")
    }
    assert seen == {"officer": 4, "other_officer": 1, "city_officer": 5}
    assert measures(town.actor("officer"), LEAVE, YEAR - 1).cases == 0


def test_of_very_many_the_newest_are_measured_and_the_page_says_so(town, client, cases, monkeypatch):
    monkeypatch.setattr("wutong.platforms.governance.processes.queries.MOST", 2)
    page = signed_in(client, town, "officer").get(url("ways"))
    assert (page.context["found"].cases, page.context["found"].ended) == (2, 1)
    assert "只统计最近发起的 2 件" in page.content.decode()
    text = b"".join(client.post(url("log", "csv")).streaming_content).decode("utf-8-sig")
    assert {row["case"] for row in csv.DictReader(StringIO(text))} == {case.number for case in cases[:4]}


def test_ways_waits_and_rework_are_those_of_the_cases(town, client, cases):
    context = signed_in(client, town, "officer").get(url("ways")).context
    assert [(way["steps"], way["cases"], way["days"]) for way in context["ways"]] == [
        (["发起", "提交", "同意", "批准"], 2, 3.0),
        (["发起", "提交", "退回", "提交", "同意", "批准"], 1, 5.0),
    ]
    assert [(each["state"], each["wait"].number) for each in context["waits"]] == [
        ("学校填报", 4), ("区级审核", 4), ("市级备案", 3)
    ]  # fmt: skip
    assert {(each["state"], each["step"], each["rework"].times) for each in context["rework"]} == {
        ("学校填报", "退回", 1), ("区级审核", "提交", 1)
    }  # fmt: skip
    units = {(each["wait"].unit, each["state"]) for each in context["units"]}
    assert (str(town.place("xuhui")), "区级审核") in units


def test_the_log_says_case_activity_time_and_unit_and_nobodys_name(town, client, cases):
    response = signed_in(client, town, "officer").post(url("log", "csv"))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert list(rows[0]) == ["case", "activity", "time", "unit", "step", "state"]
    assert [row["activity"] for row in rows if row["case"] == cases[2].number] == [
        "发起", "提交", "退回", "提交", "同意", "批准"
    ]  # fmt: skip
    assert datetime.fromisoformat(rows[0]["time"]) == MONDAY
    assert {row["case"] for row in rows} == {case.number for case in cases[:4]}
    names = [town.person(who).name for who in ("clerk", "officer", "city_officer")]
    assert [word for word in (*names, INSIDE, "李小梅") if word in text] == []
    entry = AuditEntry._base_manager.get(action="processes.log_exported")
    assert (entry.actor_id, entry.changes["process"], entry.subject_name) == (
        town.person("officer").pk,
        "leave",
        "调课申请",
    )


def test_the_log_as_json_holds_the_same(town, client, cases):
    signed_in(client, town, "officer")
    as_json = json.loads(b"".join(client.post(url("log", "json")).streaming_content))
    text = b"".join(client.post(url("log", "csv")).streaming_content).decode("utf-8-sig")
    assert as_json == list(csv.DictReader(StringIO(text)))
    assert client.post(url("log", "xlsx")).status_code == 404
    assert client.get(url("log", "csv")).status_code == 405


def form_of(client, page):
    """What the page would send if nothing was changed."""
    form = client.get(page).context["form"]
    return {name: "" if form[name].value() is None else form[name].value() for name in form.fields}


def test_an_office_settles_its_rules_on_the_page(town, client, cases):
    page = url("settle", YEAR, town.place("xuhui").pk)
    signed_in(client, town, "officer")
    sent = form_of(client, page)
    assert client.post(page, sent).status_code == 302
    assert Variant._base_manager.get().terms == {}
    steps = [name for name in sent["steps"] if name != "withdraw"]
    client.post(
        page, {**sent, "within_district": 8, "within_city": "", "steps": steps, "holder_draft": "head@school"}
    )
    assert Variant._base_manager.get().terms == {
        "within": {"district": 8, "city": None}, "holder": {"draft": "head@school"}, "steps": {"withdraw": False}
    }  # fmt: skip
    shown = client.get(url("rules")).context["settled"]
    assert shown[0]["differences"] == [
        "取消环节“已撤回”",
        "学校填报 · 办理人：学校经办人 → 学校负责人",
        "区级审核 · 办理期限：5 个工作日 → 8 个工作日",
        "市级备案 · 办理期限：3 个工作日 → 不限",
        "取消步骤“撤回”",
    ]


def test_rules_under_which_nothing_ends_are_refused_on_the_page(town, client):
    page = url("settle", YEAR, town.place("xuhui").pk)
    signed_in(client, town, "officer")
    response = client.post(page, {**form_of(client, page), "steps": ["submit"]})
    assert (response.status_code, Variant._base_manager.count()) == (422, 0)
    assert "没有步骤可以办结" in response.content.decode()


def test_nobody_settles_for_another_office_or_another_time(town, client):
    signed_in(client, town, "officer")
    for year, where in ((YEAR, "chongming"), (YEAR, "city"), (YEAR - 1, "xuhui"), (YEAR + 2, "xuhui")):
        page = url("settle", year, town.place(where).pk)
        assert (client.get(page).status_code, client.post(page, {}).status_code) == (404, 404)
    signed_in(client, town, "auditor")
    assert client.get(url("settle", YEAR, town.place("city").pk)).status_code == 404


def test_versions_are_shown_with_their_cases_and_what_they_changed(town, client, cases):
    page = url("settle", YEAR, town.place("xuhui").pk)
    signed_in(client, town, "officer")
    client.post(page, {**form_of(client, page), "within_district": 8})
    case = begin(town.actor("clerk"), town.place("gaoan"), at=MONDAY + timedelta(days=9))
    assert process_of(case).state("district").within == 8
    shown = client.get(url("rules")).context["versions"]
    assert [(each["total"], each["open"], each["differences"]) for each in shown] == [
        (4, 1, []), (1, 1, ["区级审核 · 办理期限：5 个工作日 → 8 个工作日"])
    ]  # fmt: skip


def test_a_process_that_is_not_there(town, client):
    signed_in(client, town, "officer")
    assert client.get(reverse("processes:ways", args=["nothing"])).status_code == 404
