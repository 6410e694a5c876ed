"""Registers as JSON: the same rows as the pages, and no more."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import closing
from urllib.parse import parse_qs

import pytest

from wutong.kernel.module import REGISTRY
from wutong.kernel.people.models import Guardianship
from wutong.kernel.policy import SYSTEM

pytestmark = pytest.mark.django_db(databases="__all__")


def test_an_officer_reads_own_people_only(client, small_town):
    client.force_login(small_town.account("officer"))
    register = REGISTRY.register("persons")
    mine = register.rows(small_town.actor("officer")).values_list("pk", flat=True)
    body = client.get("/api/v1/registers/persons/").json()
    assert {item["id"] for item in body["items"]} == set(mine)
    assert len(mine) < register.rows(SYSTEM).count()


def test_who_sees_a_school_is_told_how_many_there_are(client, small_town):
    client.force_login(small_town.account("clerk"))
    mine = REGISTRY.register("persons").rows(small_town.actor("clerk"))
    body = client.get("/api/v1/registers/persons/?limit=2").json()
    assert (body["total"], body["total_is_capped"]) == (mine.count(), False)
    client.force_login(small_town.account("officer"))
    assert "total" not in client.get("/api/v1/registers/persons/?limit=2").json()


def test_numbers_leave_masked(client, small_town):
    client.force_login(small_town.account("officer"))
    pupil = small_town.person("pupil")
    body = client.get(f"/api/v1/registers/persons/{pupil.pk}/").json()
    assert body["name"] == pupil.name
    assert body["identity"] == "" or "*" in body["identity"]


def test_what_is_not_mine_does_not_exist(client, small_town):
    client.force_login(small_town.account("other_officer"))
    response = client.get(f"/api/v1/registers/persons/{small_town.person('pupil').pk}/")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")
    assert response.json()["code"] == "not_found"
    assert client.get("/api/v1/registers/nothing/").status_code == 404


@pytest.mark.parametrize(
    ("login", "name", "order"),
    [
        ("clerk", "persons", ["pk"]),
        ("city_officer", "persons", ["name", "pk"]),
        ("city_officer", "guardianships", ["child__name", "child_id", "pk"]),
        ("city_officer", "memberships", ["organisation__path", "role", "pk"]),
    ],
)
def test_pages_follow_each_other_without_gap_or_repetition(client, small_town, login, name, order):
    for child, guardian in (("island_pupil", "stranger"), ("pupil", "former"), ("island_pupil", "guardian")):
        people = {"child": small_town.person(child), "guardian": small_town.person(guardian)}
        Guardianship.objects.create(**people, relation="57")
    client.force_login(small_town.account(login))
    seen = list(listed(client, f"/api/v1/registers/{name}/?limit=2"))
    visible = REGISTRY.register(name).rows(small_town.actor(login))
    assert [item["id"] for item in seen] == list(visible.order_by(*order).values_list("pk", flat=True))
    assert len(seen) > 2


def listed(client, following):
    while following:
        body = client.get(following).json()
        yield from body["items"]
        following = body["next"]


def test_where_a_page_begins_names_nobody_and_holds_for_its_own_list(client, small_town):
    client.force_login(small_town.account("city_officer"))
    first = client.get("/api/v1/registers/persons/?limit=1").json()
    query = first["next"].partition("?")[2]
    place = parse_qs(query)["cursor"][0]
    assert first["items"][0]["name"].encode() not in urlsafe_b64decode(place + "==")
    forged = urlsafe_b64encode(json.dumps([1, None, ["李"]]).encode()).decode().rstrip("=")
    changed = place[:-6] + ("A" if place[-6] != "A" else "B") + place[-5:]
    for address in (
        f"/api/v1/registers/persons/?cursor={forged}",
        f"/api/v1/registers/persons/?cursor={changed}",
        f"/api/v1/registers/guardianships/?{query}",
    ):
        refusal = client.get(address)
        assert (refusal.status_code, set(refusal.json()["fields"])) == (422, {"cursor"})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sexx=1", "sexx"),
        ("page=2", "page"),
        ("sex=7", "sex"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("cursor=abc", "cursor"),
        ("fields=name,secret", "fields"),
        ("q=%00", "q"),
    ],
)
def test_a_query_that_cannot_be_meant_is_refused_and_named(client, small_town, query, field):
    client.force_login(small_town.account("officer"))
    response = client.get(f"/api/v1/registers/persons/?{query}")
    assert (response.status_code, set(response.json()["fields"])) == (422, {field})


@pytest.mark.parametrize("year", ["abc", "-1", "20260", "9" * 30])
def test_a_year_that_is_none_finds_nothing_on_the_page_and_is_refused_here(client, small_town, year):
    client.force_login(small_town.account("city_officer"))
    page = client.get(f"/registers/classes/?school_year={year}")
    assert (page.status_code, page.context["page"].total) == (200, 0)
    response = client.get(f"/api/v1/registers/classes/?school_year={year}")
    assert (response.status_code, set(response.json()["fields"])) == (422, {"school_year"})


def test_only_the_columns_that_were_asked_for(client, small_town):
    client.force_login(small_town.account("officer"))
    items = client.get("/api/v1/registers/persons/?fields=sex,name").json()["items"]
    assert {tuple(item) for item in items} == {("id", "name", "sex")}


def test_filters_find_what_the_page_finds(client, small_town):
    client.force_login(small_town.account("officer"))
    body = client.get("/api/v1/registers/persons/?q=梅").json()
    assert [item["name"] for item in body["items"]] == ["李小梅"]
    assert ("total" in body, body["next"]) == (False, None)
    client.force_login(small_town.account("clerk"))
    body = client.get("/api/v1/registers/persons/?q=梅").json()
    assert (body["total"], body["total_is_capped"], body["next"]) == (1, False, None)


def test_what_has_not_changed_is_not_sent_again(client, small_town):
    client.force_login(small_town.account("officer"))
    url = f"/api/v1/registers/persons/{small_town.person('pupil').pk}/"
    tag = client.get(url)["ETag"]
    again = client.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)


def test_a_stranger_is_told_to_sign_in_and_reads_code_sets(client, small_town):
    refusal = client.get("/api/v1/registers/persons/")
    assert (refusal.status_code, refusal.json()["code"]) == (401, "not_signed_in")
    assert refusal["WWW-Authenticate"].startswith("Bearer")
    assert client.get("/api/v1/codes/sex/").json()["codes"][1]["name"] == "男性"
    with closing(client.get("/api/v1/codes/sex.csv")) as sheet:
        assert sheet.getvalue().decode("utf-8-sig").splitlines()[2] == "1,男性,Male,,"
    assert client.get("/api/v1/codes/nothing/").status_code == 404


def test_a_method_that_is_not_there_is_refused_as_a_problem(client, small_town):
    client.force_login(small_town.account("officer"))
    response = client.put("/api/v1/me/")
    assert (response.status_code, response["Allow"], response.json()["code"]) == (
        405,
        "GET",
        "method_not_allowed",
    )


def test_who_i_am(client, small_town):
    client.force_login(small_town.account("clerk"))
    body = client.get("/api/v1/me/").json()
    place = small_town.place("gaoan")
    assert body["roles"] == [{"name": "clerk", "organisation_id": place.pk, "organisation": place.name}]
    assert (body["person_id"], body["client"]) == (small_town.person("clerk").pk, None)
    assert "numbers:read" not in body["scopes"]
