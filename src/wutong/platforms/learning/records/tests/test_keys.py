"""Keys: handed out once, to one organisation, for what their scopes say."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tools.town import wutong
from wutong.centres.identity.applications.api import create_client_by_command
from wutong.centres.identity.openid.api import Bearer
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.factories import PASSWORD
from wutong.platforms.learning.records.actions import revoke_key
from wutong.platforms.learning.records.door.credentials import caller_of_bearer
from wutong.platforms.learning.records.models import Key
from wutong.platforms.learning.records.store import people
from wutong.platforms.learning.records.store.preparing import prepare
from wutong.platforms.learning.records.store.writing import append
from wutong.platforms.learning.records.tests.lrs import Lrs, agent, key, new_id, statement

pytestmark = pytest.mark.django_db(databases="__all__")


def signed_in(name: str) -> Client:
    client = Client()
    assert client.login(username=name, password=PASSWORD)
    return client


def kept() -> list[Key]:
    return list(Key.objects.unscoped("what was handed out").order_by("pk"))


def test_who_shows_no_key_or_a_wrong_one_is_asked_for_one(lrs: Lrs):
    for header in (
        None,
        "Basic",
        "Basic !!!",
        "Basic bm9ib2R5",
        lrs.authorization[:-4] + "AAA=",
        Lrs(lrs.username, "").authorization,
        Lrs("\x00", "x").authorization,
    ):
        response = lrs.send("GET", "statements", headers={"Authorization": header})
        assert (response.status_code, response["WWW-Authenticate"][:5]) == (401, "Basic")
    assert lrs.send("GET", "about", headers={"Authorization": None}).status_code == 200


@pytest.mark.parametrize(
    ("scope", "may"),
    [
        ("all", {"write", "read", "state", "profile", "activity"}),
        ("all/read", {"read", "activity", "read state"}),
        ("statements/write", {"write"}),
        ("statements/read", {"read", "activity"}),
        ("statements/read/mine", {"read"}),
        ("state", {"state", "activity", "read state"}),
        ("profile", {"profile", "activity"}),
    ],
)
def test_a_key_may_what_its_scopes_say(small_town: Any, scope: str, may: set[str]):
    lrs = key(small_town.place("city"), scope)
    state = {"activityId": "https://a.example/1", "agent": agent("li"), "stateId": "s"}
    profile = {"activityId": "https://a.example/1", "profileId": "s"}
    done = {
        "write": lrs.send("POST", "statements", statement()).status_code,
        "read": lrs.send("GET", "statements").status_code,
        "activity": lrs.send("GET", "activities", activityId="https://a.example/1").status_code,
        "state": lrs.send("PUT", "activities/state", b"x", **state).status_code,
        "profile": lrs.send("POST", "activities/profile", {}, **profile).status_code,
        "read state": lrs.send(
            "GET", "activities/state", activityId="https://a.example/1", agent=agent("li")
        ).status_code,
    }
    allowed = may | ({"read state"} if "state" in may else set())
    assert {name for name, status in done.items() if status != 403} == allowed


def test_who_reads_only_their_own_reads_only_their_own(lrs: Lrs, small_town: Any):
    mine = key(small_town.place("city"), "statements/write", "statements/read/mine")
    (theirs,), (own,) = lrs.post(statement()), mine.post(statement())
    assert (mine.ids(), mine.ids(agent=agent("li"))) == ([own], [own])
    assert mine.send("GET", "statements", statementId=theirs).status_code == 404
    assert set(lrs.ids()) == {theirs, own}


def test_a_key_without_the_right_defines_no_activity(small_town: Any):
    city = small_town.place("city")
    key(city, "statements/write").post(
        statement() | {"object": {"id": "https://a.example/1", "definition": {"name": {"en": "Fake"}}}}
    )
    found = key(city, "all/read").send("GET", "activities", activityId="https://a.example/1").json()
    assert "definition" not in found


def token(small_town: Any, *scopes: str) -> dict[str, str]:
    made = create_client_by_command(
        name="阅读应用", grant="client_credentials", scopes=list(scopes), addresses=[], organisation=""
    )
    given = {"client_id": made.application.client_id, "client_secret": made.secret}
    answer = Client().post("/oauth/token", {"grant_type": "client_credentials"} | given)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_an_application_comes_with_a_token_of_the_identity_centre(lrs: Lrs, small_town: Any):
    headers = token(small_town, "statements/write", "statements/read/mine")
    theirs = lrs.post(statement())
    (own,) = lrs.send("POST", "statements", statement(), headers=headers).json()
    found = lrs.send("GET", "statements", headers=headers).json()["statements"]
    assert [each["id"] for each in found] == [own] and set(lrs.ids()) == {own, *theirs}
    assert lrs.send("GET", "agents", agent=agent("li"), headers=headers).status_code == 403
    wrong = lrs.send("GET", "statements", headers={"Authorization": "Bearer x"})
    assert wrong.status_code == 401 and wrong["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


def test_an_application_for_a_person_reads_what_was_written_in_their_name(small_town: Any):
    city, pupil = small_town.place("city").pk, small_town.person("pupil").pk
    asked = frozenset({"openid", "all", "state"})
    caller = caller_of_bearer(Bearer("reader", pupil, asked, city, "password"))
    assert caller.scopes == {"statements/write", "statements/read/mine"}
    assert [each["account"]["name"] for each in caller.authority["member"]] == [f"person-{pupil}", "reader"]
    (batch,) = [append(lambda: prepare(city, caller.authority, [statement()], major=2, defines=False))]
    shown = key(small_town.place("city"), "all/read").one(batch.ids[0])
    assert shown["authority"] == caller.authority
    assert batch.authority == people.find(city, caller.own)
    nobody = caller_of_bearer(Bearer("reader", None, frozenset({"profile", "x"}), city, ""))
    assert nobody.scopes == {"profile"} and nobody.own == nobody.authority


def test_a_revoked_key_is_nobodys(lrs: Lrs):
    lrs.post(statement())
    revoke_key(SYSTEM, kept()[0])
    assert lrs.send("POST", "statements", statement()).status_code == 401


def test_the_secret_is_shown_once_and_works(small_town: Any):
    clerk, city = signed_in("clerk"), small_town.place("gaoan")
    page = clerk.post(
        reverse("records:key_new"), {"name": "口算软件", "organisation": city.pk, "scopes": ["all"]}
    ).content.decode()
    (made,) = kept()
    secret = re.search(r'data-wt-copy="([\w-]{43})"', page)[1]
    assert "no-store" in clerk.get(reverse("records:key_new"))["Cache-Control"]
    for name in ("records:keys", "records:key"):
        shown = clerk.get(reverse(name, args=[made.pk] if name == "records:key" else [])).content.decode()
        assert "口算软件" in shown and secret not in shown and "http://testserver/xapi/2.0.0/" in shown
    assert len(Lrs(made.username, secret).post(statement())) == 1
    assert secret not in str(made.__dict__) and made.organisation == city


def test_a_form_that_is_not_filled_in_makes_no_key(small_town: Any):
    island = small_town.place("island")
    for given in (
        {},
        {"name": "x", "organisation": island.pk, "scopes": ["all"]},
        {"name": "x", "scopes": ["root"]},
    ):
        assert signed_in("clerk").post(reverse("records:key_new"), given).status_code == 422
    assert kept() == []


@pytest.mark.parametrize(
    ("who", "status"),
    [("clerk", 200), ("officer", 200), ("operator", 200), ("other_clerk", 404), ("island_clerk", 404), ("teacher", 404), ("pupil", 404)],
)  # fmt: skip
def test_keys_are_seen_by_those_who_keep_the_organisation(small_town: Any, who: str, status: int):
    key(small_town.place("gaoan"))
    (made,) = kept()
    client = signed_in(who)
    assert client.get(reverse("records:key", args=[made.pk])).status_code == status
    assert client.post(reverse("records:key_test", args=[made.pk])).status_code == status
    client.post(reverse("records:key_revoke", args=[made.pk]))
    assert kept()[0].live == (status == 404)
    assert client.get(reverse("records:keys")).status_code == (403 if who in ("teacher", "pupil") else 200)


def test_the_test_button_writes_and_reads_back(small_town: Any):
    lrs = key(small_town.place("gaoan"))
    page = signed_in("clerk").post(reverse("records:key_test", args=[kept()[0].pk])).content.decode()
    (id,) = lrs.ids()
    assert id in page and "测试成功" in page
    reader = key(small_town.place("gaoan"), "all/read")
    refused = signed_in("clerk").post(reverse("records:key_test", args=[kept()[1].pk]))
    assert refused.status_code == 422 and reader.ids() == [id]


@pytest.mark.slow
def test_the_command_makes_a_key_of_the_city_or_says_what_is_wrong(tmp_path: Path):
    made = wutong("xapi-key", "create", "--name", "n", "--scope", "all", data=tmp_path)
    assert sorted(json.loads(made.stdout.splitlines()[-1])) == ["password", "username"]
    for wrong in (["--scope", "everything"], ["--scope", "all", "--organisation", "none"]):
        refused = wutong("xapi-key", "create", "--name", "n", *wrong, data=tmp_path, check=False)
        assert (refused.returncode, refused.stdout) == (1, "") and refused.stderr.startswith("wutong: ")


def test_no_address_of_the_store_is_a_fault(lrs: Lrs):
    for resource, status in (
        ("", 404), ("statement", 404), ("statements/", 200), ("activities/state/x", 404), ("agents", 400),
    ):  # fmt: skip
        assert lrs.send("GET", resource).status_code == status
    wrong = lrs.send("PATCH", "statements")
    assert (wrong.status_code, wrong["Allow"]) == (405, "GET, HEAD, OPTIONS, POST, PUT")
    assert lrs.send("POST", "statements", b"x" * (17 * 2**20)).status_code == 413
    assert lrs.send("GET", "statements", statementId=new_id()).status_code == 404
