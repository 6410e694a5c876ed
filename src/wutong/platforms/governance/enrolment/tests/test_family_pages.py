"""A family with a phone, from the first press to the reason for the result."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from wutong.kernel.people.models import Guardianship
from wutong.kernel.testing import factories
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.enrolment.actions import choosing, registration
from wutong.platforms.governance.enrolment.models import Application
from wutong.platforms.governance.enrolment.ruleset import PoolRule
from wutong.platforms.governance.enrolment.sources.local import keep
from wutong.platforms.governance.enrolment.tests import scene

pytestmark = pytest.mark.django_db(databases="__all__")
DAY = timedelta(days=1)


def at_phase(town: Town, days: int, **options: Any) -> scene.Scene:
    """Registration began `days` ago."""
    return scene.opened(town, rules=scene.rules(timezone.now() - days * DAY), **options)


def signed_in(client: Client, family: scene.Family) -> Client:
    factories.account(family.mother, f"mother{family.mother.pk}")
    client.force_login(family.mother.accounts.get())
    return client


def text(response: Any) -> str:
    page = re.sub(r"<(script|style).*?</\1>", "", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def registered(here: scene.Scene, family: scene.Family, days: int = 2) -> Application:
    """Confirmed while registration was open."""
    at = here.window.rules.calendar.registration_opens + days * DAY
    made = registration.register(family.actor, family.child, window=here.window, at=at)
    registration.fill(family.actor, made, parts=scene.sheet(family), at=at)
    return registration.confirm(family.actor, made, at=at)


def test_a_family_registers_step_by_step(client: Client, small_town: Town):
    here = at_phase(small_town, 2)
    family = scene.family(3)
    signed_in(client, family)
    home = client.get("/enrolment/")
    assert f"/enrolment/child/{family.child.pk}/{here.window.pk}/" in home.content.decode()

    response = client.post(f"/enrolment/child/{family.child.pk}/{here.window.pk}/", follow=True)
    row = Application.objects.unscoped("test").get()
    base = f"/enrolment/a/{row.number}/"
    assert response.redirect_chain[-1][0] == f"{base}form/child/"
    assert "第 1 步，共 5 步" in text(response)
    assert "孩子3" in text(response)

    # An empty page is refused where it stands, and nothing is kept of it.
    assert client.post(f"{base}form/household/", {}).status_code == 422
    household = {"kind": "family", "address": family.home, "since": family.since, "head": "parent"}
    response = client.post(f"{base}form/household/", household, follow=True)
    assert "第 3 步，共 5 步" in text(response)

    # Gone for a day: the next visit goes on where something is missing.
    assert client.get(base, follow=True).redirect_chain[-1][0] == f"{base}form/home/"
    response = client.post(f"{base}form/home/", {"kind": "owned", "address": family.home}, follow=True)
    assert "第 4 步，共 5 步" in text(response)
    papers = {"certificate": family.certificate, "since": family.since, "owner": "parent"}
    response = client.post(f"{base}form/papers/", papers, follow=True)
    assert "不能再改" in text(response)

    response = client.post(f"{base}form/review/", follow=True)
    assert response.redirect_chain[-1][0] == base
    assert "信息登记已确认并锁定。" in text(response)
    assert scene.fresh(row).sheet["home"]["certificate"] == family.certificate
    # Locked: the page of the form leads back, a late post changes nothing.
    assert client.post(f"{base}form/household/", {**household, "address": "别处"}).status_code == 302
    assert scene.fresh(row).sheet["household"]["address"] == family.home


def test_a_family_chooses_once(client: Client, small_town: Town):
    here = at_phase(small_town, 22)
    family = scene.family(3)
    row = registered(here, family)
    signed_in(client, family)
    base = f"/enrolment/a/{row.number}/"
    assert 'href="choose"' in client.get(base).content.decode()
    assert "高安路第一小学" in text(client.get(f"{base}choose?side=public"))
    assert client.post(f"{base}choose", {"side": "public"}).status_code == 422
    assert client.post(f"{base}choose", {"side": "public", "sure": "on"}).url == base
    again = client.post(f"{base}choose", {"side": "private", "first": here.plans["aiju"].pk, "sure": "on"})
    assert again.status_code == 422
    assert "您已经报名，提交后不能改报。" in text(again)
    assert (scene.fresh(row).state, scene.fresh(row).side) == ("checking", "public")


def test_two_wishes_are_two_schools(client: Client, small_town: Town):
    here = at_phase(small_town, 22)
    family = scene.family(3)
    row = registered(here, family)
    signed_in(client, family)
    first, second = here.plans["aiju"].pk, here.plans["second"].pk
    same = {"side": "private", "first": first, "transfer": first, "sure": "on"}
    assert "调剂志愿要选另一所学校或另一类别。" in text(
        client.post(f"/enrolment/a/{row.number}/choose", same)
    )
    assert client.post(f"/enrolment/a/{row.number}/choose", {**same, "transfer": second}).status_code == 302
    assert sorted(row.wishes.unscoped("test").values_list("kind", "plan")) == [
        ("first", first),
        ("transfer", second),
    ]


def test_where_lots_are_drawn_for_several_schools_the_family_puts_them_in_order(
    client: Client, small_town: Town
):
    gaoan, xiangyang = (small_town.place(name).pk for name in ("gaoan", "xiangyang"))
    pool = PoolRule("东片", (gaoan,), (xiangyang, gaoan))
    here = scene.opened(small_town, rules=scene.rules(timezone.now() - 22 * DAY, pools=(pool,)))
    family = scene.family(3)
    factories.people.join(
        factories.SYSTEM,
        small_town.place("first"),
        person=family.child,
        role="pupil",
        valid_from=factories.SINCE,
    )
    row = registered(here, family)
    signed_in(client, family)
    base = f"/enrolment/a/{row.number}/"
    assert "可能去：向阳小学、高安路第一小学" in text(client.get(f"{base}choose?side=public"))
    wish = {"side": "public", "sure": "on", "wish_1": gaoan}
    twice = client.post(f"{base}choose", {**wish, "wish_2": gaoan})
    assert (twice.status_code, "每所只填一次。" in text(twice)) == (422, True)
    elsewhere = client.post(f"{base}choose", {**wish, "wish_2": here.plans["aiju"].school_id})
    assert elsewhere.status_code == 422
    assert client.post(f"{base}choose", {**wish, "wish_2": xiangyang}).url == base
    assert scene.fresh(row).sheet["wishes"] == [gaoan, xiangyang]
    assert "派位志愿 高安路第一小学 向阳小学" in text(client.get(base))


def test_a_wish_after_closing_is_one_clear_sentence(client: Client, small_town: Town):
    here = at_phase(small_town, 26)
    family = scene.family(3)
    row = registered(here, family)
    signed_in(client, family)
    response = client.post(f"/enrolment/a/{row.number}/choose", {"side": "public", "sure": "on"})
    assert response.status_code == 422
    assert re.search(r"报名已于 \S+ \S+ 截止，不能再提交或更改。", text(response))
    assert client.get(f"/enrolment/a/{row.number}/choose").status_code == 404
    assert scene.fresh(row).state == "confirmed"


def test_the_other_guardian_sees_and_does_not_act(client: Client, small_town: Town):
    here = at_phase(small_town, 2)
    family = scene.family(3)
    row = registered(here, family, days=1)
    father = factories.guardian("父亲3", family.child, "51")
    factories.account(father, "father")
    client.force_login(father.accounts.get())
    page = client.get(f"/enrolment/a/{row.number}/")
    assert (page.status_code, "今年由母亲3办理" in text(page)) == (200, True)
    assert client.post(f"/enrolment/a/{row.number}/form/household/", {}).status_code == 404
    second = client.post(f"/enrolment/child/{family.child.pk}/{here.window.pk}/")
    assert second.status_code == 409
    assert "母亲3已经为孩子登记，今年由母亲3办理，您可以随时查看。" in text(second)
    assert Application.objects.unscoped("test").count() == 1


@pytest.mark.parametrize("who", ["stranger", "guardian", "other_officer", "island_clerk", "teacher"])
def test_nobody_else_knows_of_a_child(client: Client, small_town: Town, who: str):
    row = registered(at_phase(small_town, 2), scene.family(3), days=1)
    client.force_login(small_town.account(who))
    for path in ("a/{}/", "a/{}/choose", "desk/{}/", "desk/{}/cancel/", "a/{}/form/child/"):
        assert client.get("/enrolment/" + path.format(row.number)).status_code == 404
    assert client.get("/enrolment/a/202710000000/").status_code == 404


def test_why_is_told_when_the_result_is(client: Client, small_town: Town):
    """Until the results are told a seat shows nowhere: all families hear on one day."""
    here = at_phase(small_town, 45, seats=(1, 1, 1))
    calendar = here.window.rules.calendar
    families = [scene.family(n, since=f"201{n}-05-01") for n in (3, 4)]
    rows = [registered(here, family) for family in families]
    for family, row in zip(families, rows, strict=True):
        choosing.choose_public(family.actor, row, at=calendar.apply_opens + DAY)
    from wutong.platforms.governance.enrolment.actions import arrival, placement, verification  # noqa: PLC0415

    verification.check_all(here.officer, here.window, at=calendar.first_results)
    run = placement.place(here.officer, here.window, kind="first", at=calendar.first_results)
    placement.carry_out(run.pk)
    signed_in(client, families[0])
    before = text(client.get(f"/enrolment/a/{rows[0].number}/"))
    assert ("已经录取" in before, "材料已经通过，等待录取。" in before) == (False, True)
    assert "已告知" not in before

    arrival.tell(here.officer, here.window)
    after = text(client.get(f"/enrolment/a/{rows[0].number}/"))
    assert "高安路第一小学" in after
    assert "排在第 1 位，学位 1 个" in after
    signed_in(client, families[1])
    late = text(client.get(f"/enrolment/a/{rows[1].number}/"))
    assert "排在第 2 位，学位 1 个" in late
    assert "最后一位录取的是 2013年5月，您是 2014年5月。" in late


def test_a_child_is_added_where_the_household_register_says_so(client: Client, small_town: Town):
    at_phase(small_town, 2)
    family = scene.family(3)
    signed_in(client, family)
    own = factories.identity(77, scene.BORN)
    factories.number(family.mother, "identity", factories.identity(12, scene.BORN.replace(year=1990)))
    said = {"name": "弟弟", "number": own, "relation": "52"}
    refused = client.post("/enrolment/child/", said)
    assert (refused.status_code, "与户籍登记的监护关系核对不上" in text(refused)) == (422, True)
    mother = family.mother.full["identity"]
    keep("kinship", [(f"{own}|{mother}", {"relation": "52"})])
    assert client.post("/enrolment/child/", said).status_code == 302
    rows = Guardianship.objects.unscoped("test").filter(guardian=family.mother)
    assert sorted(row.child.name for row in rows) == ["孩子3", "弟弟"]


def test_a_child_of_somebody_else_is_not_given_away(client: Client, small_town: Town):
    """Neither whether the number is known here, nor whose it is."""
    at_phase(small_town, 2)
    family, other = scene.family(3), scene.family(4)
    signed_in(client, family)
    factories.number(family.mother, "identity", factories.identity(12, scene.BORN.replace(year=1990)))
    known = client.post("/enrolment/child/", {"name": "孩子4", "number": other.number, "relation": "52"})
    unknown = client.post(
        "/enrolment/child/", {"name": "孩子4", "number": factories.identity(88, scene.BORN), "relation": "52"}
    )
    assert text(known).replace(other.number, "") == text(unknown).replace(
        factories.identity(88, scene.BORN), ""
    )
    assert known.status_code == unknown.status_code == 422
