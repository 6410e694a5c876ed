"""The pages of district, city and school: a whole year by pressing what is on them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from wutong.kernel.jobs.queue import run_due
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.enrolment.actions import choosing
from wutong.platforms.governance.enrolment.models import Application, Document, Draw, Plan, Window
from wutong.platforms.governance.enrolment.tests import scene
from wutong.platforms.governance.enrolment.tests.test_family_pages import at_phase, registered, text

pytestmark = pytest.mark.django_db(databases="__all__")
DAY = timedelta(days=1)


@pytest.fixture
def officer(client: Client, small_town: Town) -> Client:
    client.force_login(small_town.account("officer"))
    return client


def as_form(response: Any) -> dict[str, Any]:
    """What the form on a page would send back unchanged."""
    form = response.context["form"]
    sent = {}
    for bound in form:
        value = bound.value()
        if value is not None and value != "" and value is not False:
            sent[bound.html_name] = value.strftime("%Y-%m-%dT%H:%M") if hasattr(value, "hour") else value
    return sent


def chosen(here: scene.Scene, number: int, **options: Any) -> list[Application]:
    made = []
    for n in range(1, number + 1):
        family = scene.family(n, **options)
        row = registered(here, family)
        at = here.window.rules.calendar.apply_opens + DAY
        made.append(choosing.choose_public(family.actor, row, at=at))
    return made


def test_a_district_prepares_and_publishes(officer: Client, small_town: Town):
    response = officer.post("/enrolment/prepare/", {"year": 2031, "stage": "primary"})
    window = Window.objects.unscoped("test").get()
    base = f"/enrolment/w/{window.pk}/"
    assert response.url == f"{base}rules/"
    page = officer.get(f"{base}rules/")
    assert "还没有公办招生计划，公办报名无处可去。" in text(page)
    sent = {
        **as_form(page),
        "insurance_months": 12,
        "by_lineal": 1,
        "by_household_since": 2,
        "by_property_since": "",
    }
    assert officer.post(f"{base}rules/", sent).status_code == 302
    assert Window.objects.unscoped("test").get().rules.insurance_months == 12
    assert Window.objects.unscoped("test").get().rules.comparators == ("lineal", "household_since")

    assert officer.post(f"{base}publish/").status_code == 422
    line = {
        "year": 2031,
        "stage": "primary",
        "school": "高安路第一小学",
        "side": "public",
        "category": "统筹",
        "classes": 2,
        "seats": 80,
    }
    assert officer.post("/registers/plans/new/", line).status_code == 302
    road = {
        "year": 2031,
        "stage": "primary",
        "school": "高安路第一小学",
        "road": "高安路",
        "first": 1,
        "last": 9,
    }
    assert officer.post("/registers/catchments/new/", road).status_code == 302
    assert officer.post("/registers/catchments/new/", {**road, "first": 21, "last": 29}).status_code == 302
    assert "空缺" in text(officer.get(f"{base}catchments/"))
    assert officer.post(f"{base}publish/").url == base
    assert "规则已经公布并冻结" in text(officer.get(f"{base}rules/"))
    assert officer.post(f"{base}rules/", sent).status_code == 422


def test_a_line_that_cannot_be_read_is_named(officer: Client, small_town: Town):
    officer.post("/enrolment/prepare/", {"year": 2031, "stage": "junior"})
    window = Window.objects.unscoped("test").get()
    page = officer.get(f"/enrolment/w/{window.pk}/rules/")
    sent = {**as_form(page), "feeders": "高安路第一小学 → 没有的中学"}
    response = officer.post(f"/enrolment/w/{window.pk}/rules/", sent)
    assert (response.status_code, "看不懂这一行：高安路第一小学 → 没有的中学" in text(response)) == (
        422,
        True,
    )
    sent = {
        **as_form(page),
        "feeders": "高安路第一小学 → 向阳小学",
        "pools": "东片：向阳小学 → 高安路第一小学、向阳小学",
    }
    assert officer.post(f"/enrolment/w/{window.pk}/rules/", sent).status_code == 302
    rules = Window.objects.unscoped("test").get().rules
    gaoan, xiangyang = (small_town.place(name).pk for name in ("gaoan", "xiangyang"))
    assert (rules.feeders, rules.pools[0].juniors) == ({gaoan: xiangyang}, (gaoan, xiangyang))
    assert "高安路第一小学 → 向阳小学" in officer.get(f"/enrolment/w/{window.pk}/rules/").content.decode()


def test_the_year_by_pressing_buttons(officer: Client, client: Client, small_town: Town):
    here = at_phase(small_town, 45)
    rows = chosen(here, 2)
    bad = chosen_one(here, 7, papers=False)
    base = f"/enrolment/w/{here.window.pk}/"
    assert "2 人通过，1 人需现场核验" in text(officer.post(f"{base}check/", follow=True))

    desk = f"/enrolment/desk/{bad.number}/"
    assert "待现场核验" in text(officer.get(desk))
    assert officer.post(f"{desk}pass_check/").status_code == 409
    for kind in Document.objects.unscoped("test").filter(application=bad).values_list("kind", flat=True):
        assert officer.post(f"{desk}document/{kind}/", {"good": "no"}).status_code == 422
        assert officer.post(f"{desk}document/{kind}/", {"good": "yes"}).url == desk
    assert officer.post(f"{desk}pass_check/").url == desk

    run = officer.post(f"{base}place/", {"kind": "first"}).url
    run_due()
    assert "2 人" in text(officer.get(run))
    assert "1 人" in text(officer.get(run, headers={"hx-request": "true"}))
    assert officer.post(f"{base}place/", {"kind": "first"}).status_code == 422
    assert "孩子7" in text(officer.get(f"{base}without-seat/"))
    officer.post(f"{desk}coordinate/", {"plan": here.plans["xiangyang"].pk})
    assert "都有着落了" in text(officer.get(f"{base}without-seat/"))
    assert "已告知 3 个家庭" in text(officer.post(f"{base}tell/", follow=True))

    client.force_login(small_town.account("clerk"))
    assert "区里转来 2 人，已报到 0 人。" in text(client.get("/enrolment/school/"))
    assert client.post(f"/enrolment/school/{rows[0].number}/").status_code == 302
    assert client.post(f"/enrolment/school/{rows[1].number}/", {"absent": "1"}).status_code == 302
    assert "区里转来 2 人，已报到 1 人。" in text(client.get("/enrolment/school/"))
    assert client.post(f"/enrolment/school/{bad.number}/").status_code == 404
    exported = client.post("/registers/newcomers/export.csv")
    lines = b"".join(exported.streaming_content).decode("utf-8-sig")
    exported.close()
    assert ("孩子1" in lines, "孩子7" in lines) == (True, False)

    client.force_login(small_town.account("officer"))
    assert client.post(f"{base}close/").url == base


def chosen_one(here: scene.Scene, n: int, **options: Any) -> Application:
    family = scene.family(n, **options)
    row = registered(here, family)
    return choosing.choose_public(family.actor, row, at=here.window.rules.calendar.apply_opens + DAY)


def test_the_lottery_by_pressing_buttons(officer: Client, small_town: Town):
    here = at_phase(small_town, 31)
    for n in (1, 2):
        family = scene.family(n)
        row = registered(here, family)
        at = here.window.rules.calendar.apply_opens + DAY
        choosing.choose_private(family.actor, row, first=here.plans["aiju"], at=at)
    base = f"/enrolment/w/{here.window.pk}/draws/"
    rehearsal = officer.post(base, {"round": "first", "rehearsal": "on"}).url
    assert "演练" in text(officer.get(rehearsal))
    page = officer.post(base, {"round": "first"}).url
    Draw.objects.unscoped("an evening passes").update(frozen=timezone.now() - timedelta(hours=6))
    assert officer.post(base, {"round": "first"}).status_code == 422
    assert officer.post(f"{page}turn/", {"public_seed": "7"}).status_code == 422
    assert officer.post(f"{page}turn/", {"public_seed": "7", "public_source": "双色球"}).url == page
    assert officer.post(f"{page}publish/").status_code == 409
    for name in ("王公证", "李监督"):
        assert officer.post(f"{page}sign/", {"name": name, "office": "公证处"}).url == page
    assert officer.post(f"{page}publish/").url == page
    assert Draw.objects.unscoped("test").get(rehearsal=False).state == "published"
    assert Plan.objects.unscoped("test").get(pk=here.plans["aiju"].pk).taken == 1
    assert "递补录取 0 人" in text(officer.post(f"{page}fill/", follow=True))


def pages(here: scene.Scene, row: Application, held: Draw, run: int) -> list[str]:
    window = f"/enrolment/w/{here.window.pk}/"
    parts = ("", "rules/", "catchments/", "applications/", "draws/", "place/", "without-seat/")
    desk = f"/enrolment/desk/{row.number}/"
    return [
        *(window + part for part in parts), desk, f"{desk}document/household/", f"{desk}cancel/",
        f"/enrolment/draws/{held.pk}/", f"/enrolment/runs/{run}/",
    ]  # fmt: skip


@pytest.fixture
def year(small_town: Town) -> tuple[scene.Scene, list[str]]:
    from wutong.platforms.governance.enrolment.actions import draw, placement, verification  # noqa: PLC0415

    here = at_phase(small_town, 45)
    rows = chosen(here, 2)
    family = scene.family(8)
    private = registered(here, family)
    at = here.window.rules.calendar.apply_opens + DAY
    choosing.choose_private(family.actor, private, first=here.plans["aiju"], at=at)
    verification.check_all(here.officer, here.window)
    run = placement.place(here.officer, here.window, kind="first", at=timezone.now())
    placement.carry_out(run.pk)
    held = draw.freeze(here.officer, here.window, round="first", rehearsal=True)
    return here, pages(here, rows[0], held, run.pk)


@pytest.mark.parametrize("who", ["other_officer", "island_clerk", "clerk", "teacher", "guardian", "stranger"])
def test_another_district_finds_nothing_there(client: Client, small_town: Town, year: Any, who: str):
    client.force_login(small_town.account(who))
    codes = {url: client.get(url).status_code for url in year[1]}
    assert codes == dict.fromkeys(year[1], 404)


def test_the_auditor_looks_and_does_nothing(client: Client, small_town: Town, year: Any):
    client.force_login(small_town.account("auditor"))
    window = year[0].window
    assert client.get(f"/enrolment/w/{window.pk}/").status_code == 200
    for path in ("check/", "tell/", "close/"):
        assert client.post(f"/enrolment/w/{window.pk}/{path}").status_code == 404
    assert client.get(f"/enrolment/w/{window.pk}/rules/").status_code == 404


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("who", ["officer", "city_officer"])
def test_every_page_stands_in_both_languages(
    client: Client, small_town: Town, year: Any, language: str, who: str
):
    client.force_login(small_town.account(who))
    urls = [*year[1], "/enrolment/board/", f"/enrolment/public/{year[0].window.pk}/"]
    for url in urls:
        response = client.get(url, headers={"accept-language": language})
        assert (url, response.status_code) == (url, 200)
        assert f'lang="{language}' in response.content.decode().lower()


def test_the_board_has_the_numbers_of_this_minute(officer: Client, small_town: Town, year: Any):
    whole = officer.get("/enrolment/board/")
    piece = officer.get("/enrolment/board/", headers={"hx-request": "true"})
    assert ("<html" in whole.content.decode(), "<html" in piece.content.decode()) == (True, False)
    assert "已登记 3 人" in text(piece)
    assert "已有学位 2 人" in text(piece)


def test_draft_rules_are_nobody_elses(client: Client, small_town: Town):
    here = scene.district(small_town)
    assert client.get(f"/enrolment/public/{here.window.pk}/").status_code == 404
    client.force_login(small_town.account("guardian"))
    assert here.window.pk not in [window.pk for window in client.get("/enrolment/").context["windows"]]
