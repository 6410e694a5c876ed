"""Registers as JSON: the same rows as the pages, and no more."""

import pytest

from wutong.kernel.module import REGISTRY
from wutong.kernel.policy import SYSTEM

pytestmark = pytest.mark.django_db(databases="__all__")


def test_an_officer_reads_own_people_only(client, small_town):
    client.force_login(small_town.account("officer"))
    register = REGISTRY.register("persons")
    mine = register.rows(small_town.actor("officer")).values_list("pk", flat=True)
    body = client.get("/api/v1/registers/persons/").json()
    assert {item["id"] for item in body["items"]} == set(mine)
    assert body["total"] == len(mine) < register.rows(SYSTEM).count()


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
