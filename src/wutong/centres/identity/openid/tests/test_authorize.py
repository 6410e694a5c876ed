"""The authorization endpoint: whom it believes, whom it asks again, and where it never sends anybody."""

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client as Browser
from django.utils import timezone

from wutong.centres.identity.openid.tests.relying import (
    CALLBACK,
    ISSUER,
    agree,
    back,
    next_of,
    register,
    signed_in,
    suspend,
    unsigned,
)
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.testing.factories import PASSWORD

pytestmark = pytest.mark.django_db(databases="__all__")


def error_of(answer):
    found = back(answer)
    assert (found["state"], found["iss"]) == ("state-of-the-app", ISSUER)
    return found["error"]


def sessions():
    return get_user_model().objects.get(username="teacher").sessions.unscoped("the test's own")


def proved_ago(seconds):
    sessions().update(auth_time=timezone.now() - timedelta(seconds=seconds))


def prove_again(browser, answer):
    """Goes through the page that asks once more who is there, and follows on."""
    assert answer.url.startswith("/accounts/reauthenticate/"), answer.url
    done = browser.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": next_of(answer)})
    return browser.get(done.url)


def test_who_is_not_signed_in_signs_in_and_goes_on(app):
    browser = Browser()
    answer = app.ask(browser)
    assert answer.url.startswith("/accounts/login/?next=")
    done = browser.post(
        "/accounts/login/", {"login": "teacher", "password": PASSWORD, "next": next_of(answer)}
    )
    assert "code" in back(agree(browser, browser.get(done.url)))


def test_a_request_may_be_posted(app, teacher):
    answer = teacher.post("/oauth/authorize", app.given())
    assert answer.url.startswith("/oauth/authorize?resume=")
    assert "code" in back(agree(teacher, teacher.get(answer.url)))


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"nonce": "n" * 301}, "invalid_request"),
        ({"claims": "["}, "invalid_request"),
        ({"claims": "[" * 1999}, "invalid_request"),
        ({"claims": '{"userinfo": ["name"]}'}, "invalid_request"),
        ({"claims": '{"id_token": {"acr": {"values": "x"}}}'}, "invalid_request"),
        ({"id_token_hint": "not.a.token"}, "invalid_request"),
        ({"dpop_jkt": "x"}, "invalid_request"),
        ({"request_uri": "https://app.example/request"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"request": unsigned('{"scope": "openid"}', '{"alg":"none"}')}, "invalid_request_object"),
    ],
)
def test_a_fault_is_told_to_the_application(app, teacher, change, error):
    assert error_of(app.ask(teacher, **change)) == error


def test_a_state_that_is_too_long_is_not_carried(app, teacher):
    found = back(app.ask(teacher, state="s" * 1001))
    assert (found["error"], len(found["state"])) == ("invalid_request", 1000)


def test_of_what_was_asked_the_approved_is_granted(app, teacher):
    tokens = app.tokens(teacher, scope="openid email admin")
    assert tokens["scope"] == "openid"


@pytest.mark.parametrize(
    "address",
    [
        None,
        "https://app.example/callback",
        "https://app.example/callback?from=wutong&more=1",
        "https://app.example/callback?from=wutong#x",
        "https://app.example/callback/?from=wutong",
        "https://app.example:8443/callback?from=wutong",
        "http://app.example/callback?from=wutong",
        "https://APP.example/callback?from=wutong",
        "https://app.example.evil.example/callback?from=wutong",
        "https://app.example@evil.example/callback?from=wutong",
        "https://evil.example/?https://app.example/callback?from=wutong",
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example/callback?from=wutong",
        "/accounts/logout/",
        "https://app.example/callback?from=wutong\r\nSet-Cookie: a=b",
        "https://app.example/callback%3Ffrom=wutong",
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(app, teacher, address):
    """The extra query, the other port, the script: a page says so, and nothing is sent anywhere."""
    answer = app.ask(teacher, redirect_uri=address)
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    assert "Set-Cookie: a=b" not in str(answer.headers)


def test_no_page_carries_a_script_address_on(app, teacher):
    text = app.ask(teacher, redirect_uri="javascript:alert(1)").content.decode()
    assert "javascript:" not in text


@pytest.mark.parametrize("client_id", ["nobody", "", None, "x" * 1999, "\u5b66"])
def test_an_unknown_application_is_told_to_the_person(app, teacher, client_id):
    assert app.ask(teacher, client_id=client_id).status_code == 400


def test_a_suspended_application_signs_nobody_in(app, teacher):
    suspend(app)
    assert app.ask(teacher).status_code == 400


def test_a_parameter_twice_is_refused(app, teacher):
    query = urlencode([*app.given().items(), ("scope", "openid")])
    assert teacher.get(f"/oauth/authorize?{query}").status_code == 400


@pytest.mark.parametrize("value", ["x" * 2_001, "a\nb", "a\x00b"])
def test_endless_and_unprintable_values_are_refused(app, teacher, value):
    assert app.ask(teacher, state=value).status_code == 400


def test_a_refusal_is_journalled_without_what_was_shown(app, teacher):
    app.ask(teacher, redirect_uri="https://evil.example/?secret=hush")
    (entry,) = AuditEntry.objects.unscoped("the test's own").filter(action="openid.refused")
    assert (entry.subject_id, entry.changes["error"]) == (app.client_id, "no_way_back")
    assert "hush" not in str(entry.changes) + entry.subject_name


# What an application wants to know of the sign-in.


def test_prompt_none(app, teacher):
    assert error_of(app.ask(Browser(), prompt="none")) == "login_required"
    assert error_of(app.ask(teacher, prompt="none")) == "consent_required"
    app.code(teacher)
    assert "code" in back(app.ask(teacher, prompt="none"))


def test_prompt_login_asks_who_is_signed_in_already(app, teacher):
    app.code(teacher)
    answer = app.ask(teacher, prompt="login")
    assert "code" in back(prove_again(teacher, answer))


def test_going_on_without_proving_is_asked_again(app, teacher):
    app.code(teacher)
    answer = app.ask(teacher, prompt="login")
    assert teacher.get(next_of(answer)).url.startswith("/accounts/reauthenticate/")


def test_max_age(app, teacher):
    app.code(teacher)
    proved_ago(100)
    assert "code" in back(app.ask(teacher, max_age=101))
    assert error_of(app.ask(teacher, max_age=99, prompt="none")) == "login_required"
    assert "code" in back(prove_again(teacher, app.ask(teacher, max_age=99)))


def test_max_age_of_nought_is_a_new_proof(app, teacher):
    app.code(teacher)
    assert error_of(app.ask(teacher, max_age=0, prompt="none")) == "login_required"
    assert "code" in back(prove_again(teacher, app.ask(teacher, max_age=0)))


def test_auth_time_is_that_of_the_proof_not_of_the_code(app, teacher):
    from wutong.centres.identity.openid.tests.test_sign_in import claims_of  # noqa: PLC0415

    proved_ago(1000)
    found = claims_of(app.tokens(teacher)["id_token"]).claims
    assert 995 <= found["iat"] - found["auth_time"] <= 1060


def test_a_level_that_is_wished_for_is_asked_for_once(app, teacher):
    app.code(teacher)
    answer = prove_again(teacher, app.ask(teacher, acr_values="urn:wutong:acr:two-factor"))
    assert "code" in back(answer)
    assert "code" in back(app.ask(teacher, acr_values="urn:elsewhere:gold"))
    assert "code" in back(app.ask(teacher, acr_values="urn:wutong:acr:password"))


ESSENTIAL = '{"id_token": {"acr": {"essential": true, "values": ["urn:wutong:acr:two-factor"]}}}'


def test_a_level_that_must_be_reached_must(app, teacher):
    app.code(teacher)
    answer = prove_again(teacher, app.ask(teacher, claims=ESSENTIAL))
    assert error_of(answer) == "unmet_authentication_requirements"
    assert error_of(app.ask(teacher, claims=ESSENTIAL, prompt="none")) == "unmet_authentication_requirements"


def test_the_level_of_the_registry_is_a_must(small_town, teacher):
    app = register(small_town, acr="urn:wutong:acr:passkey")
    assert error_of(prove_again(teacher, app.ask(teacher))) == "unmet_authentication_requirements"
    sessions().update(acr="urn:wutong:acr:passkey")
    assert app.ask(teacher).status_code == 200


def test_a_hint_of_somebody_else_is_not_served(app, teacher):
    token = app.tokens(teacher)["id_token"]
    assert "code" in back(app.ask(teacher, id_token_hint=token, prompt="none"))
    assert error_of(app.ask(signed_in("clerk"), id_token_hint=token)) == "login_required"


def test_who_says_no_goes_back_with_nothing(app, teacher):
    assert error_of(agree(teacher, app.ask(teacher), "deny")) == "access_denied"
    assert app.ask(teacher).status_code == 200


def test_a_request_on_its_way_cannot_be_changed(app, teacher):
    sealed = app.ask(teacher).context["resume"]
    for forged in (sealed[:-2] + "AA", sealed + "A", "x", ""):
        assert teacher.post("/oauth/consent", {"resume": forged, "answer": "allow"}).status_code == 400


def test_nobody_agrees_for_another(app, teacher):
    """The page was made for the teacher; what a clerk's browser posts is the clerk's own answer."""
    page, clerk = app.ask(teacher), signed_in("clerk")
    agree(clerk, page)
    assert app.ask(teacher).status_code == 200


def test_a_trusted_application_asks_nothing(small_town, teacher):
    app = register(small_town, trusted=True)
    assert "code" in back(app.ask(teacher))


def test_form_post(small_town, teacher):
    page = register(small_town, trusted=True).ask(teacher, response_mode="form_post")
    fields = page.context["fields"]
    assert (set(fields), page.context["address"]) == ({"code", "state", "iss"}, CALLBACK)
    assert "form-action 'self' https://app.example" in page.headers["Content-Security-Policy"]


def test_after_a_form_of_ours_a_page_leads_on(app, teacher):
    """Browsers refuse a redirect to another site after a form that may go to ours only."""
    app.code(teacher)
    page = teacher.get("/oauth/authorize", app.given(), headers={"Sec-Fetch-Site": "same-origin"})
    target = urlsplit(page.context["address"])
    assert (page.status_code, target.netloc) == (200, "app.example")
    assert "code" in parse_qs(target.query)
    assert '<meta http-equiv="refresh" content="0;url=https://app.example' in page.content.decode()


def test_answers_are_not_kept(app, teacher):
    assert "no-store" in app.ask(teacher).headers["Cache-Control"]
    app.code(teacher)
    assert "no-store" in app.ask(teacher).headers["Cache-Control"]


def test_an_application_of_one_school_is_for_that_school(small_town, teacher):
    app = register(small_town, reach="own", audience=["teacher"], trusted=True)
    assert "code" in back(app.ask(teacher))
    for name in ("pupil", "other_clerk", "stranger"):
        assert error_of(app.ask(signed_in(name))) == "access_denied"
