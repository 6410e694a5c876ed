"""What an application learns of whom."""

from datetime import date

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some

from wutong.centres.identity.applications.api import CLAIMS, age, fit_for_age
from wutong.centres.identity.openid.models import Consent
from wutong.centres.identity.openid.tests.relying import back, register, signed_in
from wutong.centres.identity.openid.tests.test_sign_in import claims_of, userinfo
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.people.models import Person

pytestmark = pytest.mark.django_db(databases="__all__")
EVERYTHING = "openid profile organisation phone numbers"


@pytest.fixture
def greedy(small_town):
    return register(small_town, scopes=EVERYTHING.split(), claims=list(CLAIMS))


def facts(app, browser, scope=EVERYTHING, **more):
    return userinfo(app.tokens(browser, scope=scope, **more)["access_token"]).json()


def born(town, name, years):
    today = timezone.localdate()
    Person.objects.unscoped("the test's own").filter(pk=town.person(name).pk).update(
        born=date(today.year - years, 1, 1), phone="13812345678", sex="2"
    )


def test_a_grown_up_is_told_of_as_approved(greedy, teacher, small_town):
    born(small_town, "teacher", 30)
    found = facts(greedy, teacher)
    assert {name: found[name] for name in ("name", "gender", "phone_number", "roles", "preferred_username")} == {
        "name": "陈语文", "gender": "female", "phone_number": "13812345678", "roles": ["teacher"], "preferred_username": "teacher",
    }  # fmt: skip


def test_what_is_sensitive_is_journalled_also_for_a_look(greedy, teacher, small_town):
    born(small_town, "teacher", 30)
    facts(greedy, teacher)
    (entry,) = AuditEntry.objects.unscoped("the test's own").filter(action="applications.released")
    assert (entry.changes["client"], entry.changes["claims"]) == (greedy.client_id, ["phone_number"])


def test_scopes_ask_for_less_than_is_approved(greedy, teacher):
    assert set(facts(greedy, teacher, "openid organisation")) == {"sub", "roles", "organisations"}


def test_the_claims_parameter_asks_for_one_thing(greedy, teacher):
    wanted = '{"userinfo": {"name": null}, "id_token": {"roles": null}}'
    tokens = greedy.tokens(teacher, scope="openid", claims=wanted)
    assert set(userinfo(tokens["access_token"]).json()) == {"sub", "name"}
    assert claims_of(tokens["id_token"]).claims["roles"] == ["teacher"]


def test_the_claims_parameter_asks_for_nothing_that_was_not_approved(app, teacher):
    wanted = '{"userinfo": {"phone_number": null, "sub": null}, "id_token": {"iss": {"value": "x"}, "birthdate": null}}'
    tokens = app.tokens(teacher, scope="openid", claims=wanted)
    assert set(userinfo(tokens["access_token"]).json()) == {"sub"}
    found = claims_of(tokens["id_token"]).claims
    assert ("birthdate" in found, found["iss"]) == (False, "http://testserver")


@pytest.mark.parametrize(
    ("years", "told"),
    [
        (17, {"sub", "name", "roles", "organisations"}),
        (14, {"sub", "name", "roles", "organisations"}),
        (13, {"sub", "roles"}),
        (9, {"sub", "roles"}),
    ],
)
def test_a_child_is_told_of_with_care(greedy, small_town, years, told):
    born(small_town, "pupil", years)
    browser = signed_in("pupil")
    page = greedy.ask(browser, scope=EVERYTHING)
    assert "手机" not in page.content.decode()
    assert set(facts(greedy, browser)) == told


def test_a_pupil_whose_birth_nobody_recorded_is_a_child(greedy, small_town):
    assert set(facts(greedy, signed_in("pupil"))) == {"sub", "roles"}


def test_an_application_in_trust_is_told_of_children_as_approved(small_town):
    app = register(small_town, trusted=True, scopes=EVERYTHING.split(), claims=["name", "birthdate"])
    born(small_town, "pupil", 9)
    assert set(facts(app, signed_in("pupil"))) == {"sub", "name", "birthdate"}


@given(years=some.integers(0, 120), names=some.lists(some.sampled_from(sorted(CLAIMS)), unique=True))
def test_younger_never_means_more(years, names):
    younger, older = (fit_for_age(names, each, trusted=False) for each in (years, years + 1))
    assert set(younger) <= set(older) <= set(names)
    assert set(fit_for_age(names, years, trusted=True)) == set(names)


def test_a_birthday_counts_from_the_day():
    person = Person(born=date(2010, 6, 2))
    assert [age(person, date(2024, 6, day)) for day in (1, 2)] == [13, 14]
    assert age(Person(born=date(2012, 2, 29)), date(2026, 2, 28)) == 13


def test_applications_of_one_sector_know_one_number(small_town, teacher):
    def number(**facts):
        return claims_of(register(small_town, **facts).tokens(teacher)["id_token"]).claims["sub"]

    alone, one, other = number(), number(sector_identifier="s"), number(sector_identifier="s")
    assert one == other != alone
    assert number(subject_type="public") == number(subject_type="public")


def test_what_was_allowed_is_seen_and_taken_back(app, teacher):
    tokens = app.tokens(teacher)
    assert "阅读" in teacher.get("/oauth/applications/").content.decode()
    assert "阅读" not in signed_in("clerk").get("/oauth/applications/").content.decode()
    teacher.post("/oauth/applications/", {"client_id": app.client_id})
    assert userinfo(tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).status_code == 400
    assert app.ask(teacher).status_code == 200
    assert teacher.post("/oauth/applications/", {"client_id": app.client_id}).status_code == 404


def test_nobody_sees_what_another_allowed(app, teacher, small_town):
    app.code(teacher)
    for name, seen in (("teacher", 1), ("head", 0), ("operator", 0), ("officer", 0)):
        assert Consent.objects.visible_to(small_town.actor(name)).count() == seen


def test_more_is_asked_for_anew_and_what_was_allowed_stays(app, teacher):
    app.code(teacher, scope="openid")
    app.code(teacher, scope="openid profile organisation")
    assert "code" in back(app.ask(teacher, scope="openid profile"))
    assert Consent.objects.unscoped("the test's own").count() == 1
