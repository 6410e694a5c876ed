"""An application on its way: asked for, judged, approved by who may, changed, suspended."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

from wutong.centres.identity.applications import actions, api, review
from wutong.centres.identity.applications.models import Application, ClientSecret, Registration
from wutong.centres.identity.applications.rules import risk_of
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import Conflict, Invalid, NotAllowed
from wutong.kernel.policy import SYSTEM
from wutong.kernel.process.engine import take
from wutong.kernel.testing.factories import PASSWORD

pytestmark = pytest.mark.django_db(databases="__all__")
PREFIX = "https://library.school.edu.cn/app"
WHY = "looked at by a test"
CAS = {
    "name": "图书馆",
    "purpose": "借书",
    "grants": ["cas"],
    "service_prefixes": [PREFIX],
    "auth_method": "none",
}


@pytest.fixture(autouse=True)
def no_earlier_tries():
    cache.clear()


def asked(town, who="clerk", where="gaoan", **facts):
    actor = town.actor(who)
    application = review.draft(actor, town.place(where), **{**CAS, **facts})
    return review.ask(actor, application, proposed={}, reason="图书馆用")


def fresh(registration):
    rows = Registration.objects.unscoped(WHY).select_related(
        "case__holder", "case__organisation", "application"
    )
    return rows.get(pk=registration.pk)


def move(town, registration, who, step, **more):
    return take(town.actor(who), fresh(registration).case, step=step, **more)


def test_what_is_harmless_is_decided_by_the_district(small_town):
    registration = fresh(asked(small_town))
    case = registration.case
    assert (case.state, case.holder, registration.risk) == ("district", small_town.place("xuhui"), "low")
    assert api.client(registration.application.client_id) is None
    move(small_town, registration, "officer", "approve")
    assert api.client(registration.application.client_id).service_prefixes == (PREFIX,)
    assert api.client_for_service(f"{PREFIX}/in").name == "图书馆"


@pytest.mark.parametrize(
    ("facts", "risk", "state"),
    [
        ({}, "low", "district"),
        ({"claims": ["name", "roles"]}, "low", "district"),
        ({"claims": ["gender"]}, "medium", "district"),
        ({"reach": "all"}, "medium", "district"),
        ({"claims": ["birthdate"], "reach": "all"}, "high", "city"),
        ({"claims": ["birthdate"], "reach": "all", "audience": ["teacher"]}, "medium", "district"),
        ({"claims": ["phone_number"]}, "high", "city"),
        ({"claims": ["pupil_number"], "user_claim": "pupil_number"}, "high", "city"),
        ({"grants": ["cas", "cas_proxy"]}, "high", "city"),
        ({"subject_type": "public"}, "medium", "district"),
        ({"grants": ["client_credentials"], "scopes": ["roster"], "auth_method": "client_secret_basic"}, "high", "city"),
    ],
)  # fmt: skip
def test_what_could_do_harm_goes_to_the_city(small_town, facts, risk, state):
    registration = fresh(asked(small_town, **facts))
    assert (registration.risk, registration.case.state) == (risk, state)
    reasons = risk_of(registration.application).reasons
    assert bool(reasons) == (risk != "low")


def test_where_no_district_stands_above_the_city_decides(small_town):
    registration = fresh(asked(small_town, "operator", "city"))
    assert (registration.case.state, registration.case.holder) == ("city", small_town.place("city"))


def test_nobody_approves_an_own_request_that_could_do_harm(small_town):
    harmless = asked(small_town, "officer", "xuhui")
    move(small_town, harmless, "officer", "approve")
    grave = asked(
        small_town, "officer", "xuhui", name="食堂", service_prefixes=["https://b.example"], claims=["gender"]
    )
    with pytest.raises(NotAllowed):
        move(small_town, grave, "officer", "approve")
    move(small_town, grave, "officer", "to_city")
    move(small_town, grave, "city_officer", "approve")
    assert fresh(grave).application.state == "active"


@pytest.mark.parametrize(
    "who", ["clerk", "head", "other_officer", "city_officer", "operator", "island_clerk", "pupil", "auditor"]
)
def test_only_reviewers_of_the_place_decide(small_town, who):
    registration = asked(small_town)
    with pytest.raises(NotAllowed):
        move(small_town, registration, who, "approve")
    assert fresh(registration).application.state == "in_review"


@pytest.mark.parametrize("who", ["officer", "other_officer", "island_clerk", "teacher", "head", "stranger"])
def test_only_its_keepers_register_for_a_school(small_town, who):
    if who == "officer":
        assert review.draft(small_town.actor(who), small_town.place("gaoan"), **CAS).state == "draft"
        return
    with pytest.raises(NotAllowed):
        review.draft(small_town.actor(who), small_town.place("gaoan"), **CAS)


def test_what_was_returned_is_a_draft_again_and_can_be_asked_for_anew(small_town):
    registration = asked(small_town)
    move(small_town, registration, "officer", "return", comment="请写明用途")
    application = fresh(registration).application
    assert application.state == "draft"
    review.revise(small_town.actor("clerk"), application, purpose="学生借书")
    again = review.ask(small_town.actor("clerk"), application, proposed={}, reason="已补充")
    move(small_town, again, "officer", "approve")
    assert fresh(again).application.purpose == "学生借书"


def test_a_change_waits_for_its_approval(small_town):
    registration = asked(small_town)
    move(small_town, registration, "officer", "approve")
    application = fresh(registration).application
    moved = [f"{PREFIX}2"]
    change = review.ask(
        small_town.actor("clerk"), application, proposed={"service_prefixes": moved}, reason=""
    )
    assert (change.before, change.proposed) == ({"service_prefixes": [PREFIX]}, {"service_prefixes": moved})
    assert api.client_for_service(PREFIX) is not None
    assert api.client_for_service(f"{PREFIX}2") is None
    with pytest.raises(Conflict):
        review.ask(small_town.actor("clerk"), application, proposed={"purpose": "别的"}, reason="")
    move(small_town, change, "officer", "approve")
    assert api.client_for_service(PREFIX) is None
    assert api.client_for_service(f"{PREFIX}2") is not None


def test_a_change_that_changes_nothing_is_refused(small_town):
    registration = asked(small_town)
    move(small_town, registration, "officer", "approve")
    with pytest.raises(Invalid):
        review.ask(small_town.actor("clerk"), fresh(registration).application, proposed=CAS, reason="")


def test_a_withdrawn_change_leaves_the_application_in_use(small_town):
    registration = asked(small_town)
    move(small_town, registration, "officer", "approve")
    application = fresh(registration).application
    change = review.ask(small_town.actor("clerk"), application, proposed={"purpose": "别的"}, reason="")
    move(small_town, change, "clerk", "withdraw")
    assert api.client(application.client_id).purpose == "借书"


def test_two_that_want_one_prefix_are_not_both_approved(small_town):
    first, second = asked(small_town), asked(small_town, name="借阅")
    move(small_town, first, "officer", "approve")
    with pytest.raises(Conflict):
        move(small_town, second, "officer", "approve")
    assert fresh(second).application.state == "in_review"


def test_suspending_shuts_the_door_at_once_and_only_a_reviewer_opens_it(small_town):
    registration = asked(small_town)
    move(small_town, registration, "officer", "approve")
    application = fresh(registration).application
    review.suspend(small_town.actor("clerk"), application)
    assert api.client(application.client_id) is None
    with pytest.raises(NotAllowed):
        review.resume(small_town.actor("clerk"), application)
    review.resume(small_town.actor("officer"), application)
    assert api.client(application.client_id) is not None


# The pages.


def browser(username):
    found = Client()
    found.post("/accounts/login/", {"login": username, "password": PASSWORD})
    return found


FORM = {
    "name": "图书馆", "purpose": "借书", "kind": "confidential", "grants": ["cas"], "service_prefixes": PREFIX,
    "reach": "own", "auth_method": "client_secret_basic", "subject_type": "pairwise", "id_token_alg": "RS256",
    "reason": "图书馆用",
}  # fmt: skip


def test_a_school_registers_and_the_district_lets_it_in(small_town):
    clerk, officer = browser("clerk"), browser("officer")
    assert "登记应用" in clerk.get("/applications/").content.decode()
    sent = clerk.post("/applications/new/", FORM)
    assert sent.status_code == 302
    page = officer.get(sent["Location"]).content.decode()
    assert PREFIX in page
    assert "风险评定" in page
    assert officer.post(f"{sent['Location']}approve/", {}).status_code == 302
    one = Application.objects.unscoped(WHY).get()
    assert (one.state, one.auth_method, one.responsible) == ("active", "none", small_town.person("clerk"))
    settings = clerk.get(f"/applications/{one.client_id}/settings/").content.decode()
    assert "CASValidateURL http://testserver/cas/p3/serviceValidate" in settings


def test_a_draft_is_kept_and_sent_later(small_town):
    clerk = browser("clerk")
    kept = clerk.post("/applications/new/", {**FORM, "keep": "yes"})
    one = Application.objects.unscoped(WHY).get()
    assert (kept["Location"], one.state) == (f"/applications/{one.client_id}/", "draft")
    sent = clerk.post(f"/applications/{one.client_id}/edit/", {**FORM, "name": "新图书馆"})
    assert sent["Location"].startswith("/inbox/")
    assert Registration.objects.unscoped(WHY).get().proposed["name"] == "新图书馆"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("service_prefixes", "javascript:alert(1)"), ("grants", []), ("name", ""), ("service_prefixes", "http://a.cn"),
     ("jwks", "{"), ("claims", ["identity_number"]), ("user_claim", "staff_number")],
)  # fmt: skip
def test_a_mistake_is_shown_at_its_field_and_nothing_is_kept(small_town, field, wrong):
    answer = browser("clerk").post("/applications/new/", {**FORM, field: wrong})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert Application.objects.unscoped(WHY).count() == 0


@pytest.mark.parametrize("who", ["other_officer", "island_clerk", "pupil", "guardian", "teacher", "stranger"])
def test_who_may_not_know_finds_nothing(small_town, who):
    registration = asked(small_town)
    client_id = registration.application.client_id
    visitor = browser(who)
    for path in ("", "edit/", "secrets/", "settings/"):
        assert visitor.get(f"/applications/{client_id}/{path}").status_code == 404
    assert visitor.post(f"/applications/{client_id}/act/", {"act": "suspend"}).status_code == 404
    assert "图书馆" not in visitor.get("/applications/").content.decode()


def test_who_only_looks_changes_nothing(small_town):
    client_id = asked(small_town).application.client_id
    head = browser("head")
    assert head.get(f"/applications/{client_id}/").status_code == 200
    for path in ("edit/", "secrets/", "settings/"):
        assert head.get(f"/applications/{client_id}/{path}").status_code == 404
    assert head.post(f"/applications/{client_id}/act/", {"act": "suspend"}).status_code == 403


def test_a_secret_is_shown_once(small_town):
    made = api.create_client(
        SYSTEM, small_town.place("gaoan"), name="接口", grants=["client_credentials"], scopes=["roster"]
    )
    clerk, path = browser("clerk"), f"/applications/{made.application.client_id}/secrets/"
    page = clerk.post(path).content.decode()
    secret = re.search(r'data-wt-copy="([\w-]{43})"', page)[1]
    assert secret not in clerk.get(path).content.decode()
    row = ClientSecret.objects.unscoped(WHY).get(hint=secret[-4:])
    clerk.post(path, {"revoke": row.pk})
    assert [each.hint for each in actions.live_secrets(made.application, row.created)] == [made.secret[-4:]]
    other = api.create_client(SYSTEM, small_town.place("island"), name="别家", grants=["client_credentials"])
    foreign = ClientSecret.objects.unscoped(WHY).get(application=other.application)
    assert clerk.post(path, {"revoke": foreign.pk}).status_code == 404
    assert clerk.post(path, {"revoke": "x"}).status_code == 404
    assert secret not in str(list(AuditEntry.objects.unscoped(WHY).values_list("changes", flat=True)))


def test_the_reviewer_decides_whether_people_are_asked(small_town):
    registration = asked(small_town)
    move(small_town, registration, "officer", "approve")
    client_id = registration.application.client_id
    assert browser("clerk").post(f"/applications/{client_id}/act/", {"act": "trust"}).status_code == 403
    browser("officer").post(f"/applications/{client_id}/act/", {"act": "trust"})
    assert api.client(client_id).trusted is True


def test_a_change_that_was_returned_need_not_be_typed_again(small_town):
    registration = asked(small_town)
    move(small_town, registration, "officer", "approve")
    application = fresh(registration).application
    change = review.ask(small_town.actor("clerk"), application, proposed={"purpose": "只借期刊"}, reason="")
    move(small_town, change, "officer", "return", comment="请说明")
    page = browser("clerk").get(f"/applications/{application.client_id}/edit/").content.decode()
    assert "只借期刊" in page
