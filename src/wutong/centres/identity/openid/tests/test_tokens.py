"""The token endpoint: what is used once, what is bound, what is nobody else's."""

import base64
from datetime import date, timedelta

import pytest
from django.test import Client as Browser
from django.utils import timezone

from wutong.centres.identity.accounts import api as accounts
from wutong.centres.identity.openid import registry
from wutong.centres.identity.openid.models import AccessToken, Grant
from wutong.centres.identity.openid.tests.relying import App, register, signed_in, suspend
from wutong.centres.identity.openid.tests.test_sign_in import claims_of, userinfo
from wutong.kernel.event.delivery import deliver_waiting
from wutong.kernel.people.models import Membership

pytestmark = pytest.mark.django_db(databases="__all__")
OFFLINE = "openid profile offline_access"


def error_of(answer, status=400):
    assert answer.status_code == status, answer.content
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.json()["error"]


def grants():
    return Grant.objects.unscoped("the test's own")


def test_a_code_works_once_and_a_replay_ends_what_it_gave(app, teacher):
    code = app.code(teacher)
    tokens = app.exchange(code).json()
    assert error_of(app.exchange(code)) == "invalid_grant"
    assert userinfo(tokens["access_token"]).status_code == 401
    assert error_of(app.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_a_code_lives_a_minute(app, teacher, monkeypatch):
    code = app.code(teacher)
    later = timezone.now() + timedelta(seconds=61)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert error_of(app.exchange(code)) == "invalid_grant"


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": ""},
        {"code_verifier": "x" * 43},
        {"code_verifier": "x" * 42},
        {"code_verifier": "x" * 129},
        {"redirect_uri": "https://app.example/other"},
        {"redirect_uri": ""},
        {"code": "not-a-code"},
    ],
)
def test_a_code_goes_with_what_it_was_asked_with(app, teacher, change):
    code = app.code(teacher)
    assert error_of(app.exchange(**{"code": code, **change})) == "invalid_grant"
    assert app.exchange(code).status_code == 200


def test_the_challenge_itself_is_no_verifier(app, teacher):
    assert error_of(app.exchange(app.code(teacher), code_verifier=app.challenge)) == "invalid_grant"


def test_a_code_of_another_application_is_worth_nothing(app, teacher, small_town):
    other = register(small_town, name="别的")
    code = app.code(teacher)
    assert error_of(other.exchange(code, code_verifier=app.verifier)) == "invalid_grant"
    assert app.exchange(code).status_code == 200


def test_who_signed_out_meanwhile_is_not_signed_in(app, teacher):
    code = app.code(teacher)
    teacher.post("/accounts/logout/")
    assert error_of(app.exchange(code)) == "invalid_grant"


def test_refreshing_gives_another_token_each_time(app, teacher):
    first = app.tokens(teacher)
    second = app.refresh(first["refresh_token"]).json()
    third = app.refresh(second["refresh_token"]).json()
    assert len({each["refresh_token"] for each in (first, second, third)}) == 3
    subjects = {claims_of(each["id_token"]).claims["sub"] for each in (first, second, third)}
    assert len(subjects) == 1
    assert "nonce" not in claims_of(third["id_token"]).claims


def test_an_old_refresh_token_ends_the_family(app, teacher):
    first = app.tokens(teacher)
    second = app.refresh(first["refresh_token"]).json()
    assert error_of(app.refresh(first["refresh_token"])) == "invalid_grant"
    assert error_of(app.refresh(second["refresh_token"])) == "invalid_grant"
    assert userinfo(second["access_token"]).status_code == 401


def test_a_made_up_refresh_token_ends_nothing(app, teacher):
    tokens = app.tokens(teacher)
    data = bytearray(base64.urlsafe_b64decode(tokens["refresh_token"]))
    data[-1] ^= 1
    for forged in (base64.urlsafe_b64encode(data).decode(), "AAAA", "x" * 48, "\u5b66", "_" * 48):
        assert error_of(app.refresh(forged)) == "invalid_grant"
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_a_refresh_token_of_another_application_is_worth_nothing(app, teacher, small_town):
    other = register(small_town, name="别的")
    tokens = app.tokens(teacher)
    assert error_of(other.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_less_may_be_asked_for_never_more(app, teacher):
    tokens = app.tokens(teacher)
    assert error_of(app.refresh(tokens["refresh_token"], scope="openid organisation")) == "invalid_scope"
    less = app.refresh(tokens["refresh_token"], scope="openid").json()
    assert less["scope"] == "openid"
    assert set(userinfo(less["access_token"]).json()) == {"sub"}


def test_signing_out_ends_what_was_not_granted_for_longer(app, teacher):
    short, long = app.tokens(teacher), app.tokens(teacher, scope=OFFLINE)
    teacher.post("/accounts/logout/")
    assert error_of(app.refresh(short["refresh_token"])) == "invalid_grant"
    deliver_waiting()
    assert userinfo(short["access_token"]).status_code == 401
    assert userinfo(long["access_token"]).status_code == 200
    assert app.refresh(long["refresh_token"]).status_code == 200


def test_an_account_that_is_closed_gets_nothing_more(app, teacher, small_town):
    long = app.tokens(teacher, scope=OFFLINE)
    account = small_town.account("teacher")
    account.is_active = False
    account.save()
    assert accounts.standing(account.pk, "").active is False
    assert error_of(app.refresh(long["refresh_token"])) == "invalid_grant"


def test_a_refresh_token_unused_for_a_month_is_over(app, teacher):
    long = app.tokens(teacher, scope=OFFLINE)
    grants().update(expires=timezone.now())
    assert error_of(app.refresh(long["refresh_token"])) == "invalid_grant"


def test_without_that_grant_there_is_no_refresh_token(small_town, teacher):
    app = register(small_town, grants=["authorization_code"])
    tokens = app.tokens(teacher, scope=OFFLINE)
    assert ("refresh_token" in tokens, tokens["scope"]) == (False, "openid profile")


# Machines.


def test_a_machine_gets_a_token_for_itself(app):
    answer = app.post(grant_type="client_credentials", scope="reading.write")
    assert answer.json() == {
        "access_token": answer.json()["access_token"], "token_type": "Bearer", "expires_in": 3600, "scope": "reading.write",
    }  # fmt: skip
    assert app.post(grant_type="client_credentials").json()["scope"] == "reading.write"
    assert userinfo(answer.json()["access_token"]).status_code == 403


@pytest.mark.parametrize("scope", ["openid", "reading.write profile", "admin", "offline_access"])
def test_a_machine_is_nobody_and_gets_what_was_approved(app, scope):
    assert error_of(app.post(grant_type="client_credentials", scope=scope)) == "invalid_scope"


def test_a_grant_that_was_not_approved(small_town):
    app = register(small_town, grants=["authorization_code"])
    assert error_of(app.post(grant_type="client_credentials")) == "unauthorized_client"


@pytest.mark.parametrize("kind", ["password", "implicit", "urn:ietf:params:oauth:grant-type:jwt-bearer", ""])
def test_a_grant_that_is_not_offered(app, kind):
    expected = "unsupported_grant_type" if kind else "invalid_request"
    assert error_of(app.post(grant_type=kind)) == expected


def test_tokens_are_kept_as_keyed_hashes(app, teacher):
    tokens = app.tokens(teacher)
    row, grant = AccessToken.objects.get(), grants().get()
    stored = f"{row.digest} {grant.__dict__}"
    assert not any(tokens[name] in stored for name in ("access_token", "refresh_token", "id_token"))


# Who the application is.


def basic(app, secret=None):
    pair = f"{app.client_id}:{app.secret if secret is None else secret}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def ask(headers=None, **values):
    return Browser().post(
        "/oauth/token", {"grant_type": "client_credentials", **values}, headers=headers or {}
    )


def test_a_secret_stands_in_the_header_or_in_the_form(app):
    assert ask(basic(app)).status_code == 200
    assert ask(client_id=app.client_id, client_secret=app.secret).status_code == 200
    assert error_of(ask(basic(app), client_secret=app.secret)) == "invalid_request"
    assert error_of(ask(basic(app), client_id="another"), 401) == "invalid_client"


@pytest.mark.parametrize("secret", ["", "wrong", "x" * 1999])
def test_a_wrong_secret_and_an_unknown_client_are_answered_alike(app, secret):
    wrong = ask(client_id=app.client_id, client_secret=secret)
    unknown = ask(client_id="nobody", client_secret=secret)
    nothing = ask(client_id=app.client_id)
    assert {(each.status_code, each.content) for each in (wrong, unknown, nothing)} == {(401, wrong.content)}
    assert ask(basic(app, secret)).headers["WWW-Authenticate"] == 'Basic realm="wutong"'


@pytest.mark.parametrize("header", ["Basic", "Basic ", "Basic !!!", "Basic " + "A" * 9000, "Basic w7/Dvw=="])
def test_a_header_that_is_none(app, header):
    assert error_of(ask({"Authorization": header}), 401) == "invalid_client"


def test_a_confidential_client_is_not_let_in_by_its_name(app):
    nameless = App(app.client_id, "")
    assert error_of(nameless.post(grant_type="client_credentials"), 401) == "invalid_client"


def test_a_public_client_has_no_secret_and_signs_in(small_town, teacher):
    public = register(small_town, kind="public")
    assert public.tokens(teacher)["scope"] == "openid profile"
    assert error_of(ask(client_id=public.client_id, client_secret="x"), 401) == "invalid_client"


def test_a_suspended_application_loses_all_within_a_second(app, teacher, monkeypatch):
    tokens = app.tokens(teacher)
    suspend(app)
    monkeypatch.setattr(registry, "MOMENT", 0)
    assert userinfo(tokens["access_token"]).status_code == 401
    assert error_of(app.refresh(tokens["refresh_token"]), 401) == "invalid_client"


def test_who_guesses_secrets_is_made_to_wait(app):
    answers = [ask(client_id=app.client_id, client_secret=f"guess {number}") for number in range(61)]
    assert [each.status_code for each in answers] == [401] * 60 + [429]
    assert answers[-1].headers["Retry-After"] == "60"
    assert app.post(grant_type="client_credentials").status_code == 429


@pytest.mark.parametrize("method", ["get", "put", "delete"])
@pytest.mark.parametrize("path", ["token", "introspect", "revoke", "par", "device_authorization"])
def test_secrets_are_posted(path, method):
    answer = getattr(Browser(), method)(f"/oauth/{path}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


# What a token is worth, and that it shall be worth nothing.


def introspect(app, token):
    answer = app.post("/oauth/introspect", token=token)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_introspection(app, teacher):
    tokens = app.tokens(teacher)
    access, refresh = introspect(app, tokens["access_token"]), introspect(app, tokens["refresh_token"])
    assert (access["active"], access["client_id"], access["scope"]) == (True, app.client_id, "openid profile")
    assert access["sub"] == claims_of(tokens["id_token"]).claims["sub"] == refresh["sub"]
    assert access["exp"] - access["iat"] == 3600
    assert (refresh["active"], refresh["token_type"]) == (True, "refresh_token")
    machine = app.post(grant_type="client_credentials").json()["access_token"]
    assert introspect(app, machine)["sub"] == app.client_id


def test_others_are_told_nothing_unless_they_keep_interfaces(app, teacher, small_town):
    token = app.tokens(teacher)["access_token"]
    other = register(small_town, name="别的")
    keeper = register(small_town, name="接口", scopes=["introspect"])
    assert introspect(other, token) == {"active": False}
    found = introspect(keeper, token)
    assert (found["active"], found["client_id"]) == (True, app.client_id)
    assert found["sub"] != introspect(app, token)["sub"]


@pytest.mark.parametrize("token", ["x", "x" * 48, "\u5b66"])
def test_what_was_never_given_out_is_not_active(app, token):
    assert introspect(app, token) == {"active": False}


def test_what_is_over_is_not_active(app, teacher):
    tokens = app.tokens(teacher)
    app.refresh(tokens["refresh_token"])
    assert introspect(app, tokens["refresh_token"]) == {"active": False}
    AccessToken.objects.update(expires=timezone.now())
    assert introspect(app, tokens["access_token"]) == {"active": False}


def test_revoking(app, teacher):
    tokens = app.tokens(teacher)
    assert app.post("/oauth/revoke", token=tokens["access_token"]).status_code == 200
    assert userinfo(tokens["access_token"]).status_code == 401
    more = app.refresh(tokens["refresh_token"]).json()
    assert app.post("/oauth/revoke", token=more["refresh_token"]).status_code == 200
    assert userinfo(more["access_token"]).status_code == 401
    assert error_of(app.refresh(more["refresh_token"])) == "invalid_grant"
    assert app.post("/oauth/revoke", token="never-given-out").status_code == 200


def test_nobody_revokes_what_is_not_ones_own(app, teacher, small_town):
    tokens = app.tokens(teacher)
    other = register(small_town, name="别的")
    for name in ("access_token", "refresh_token"):
        assert error_of(other.post("/oauth/revoke", token=tokens[name])) == "invalid_grant"
    assert userinfo(tokens["access_token"]).status_code == 200
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_two_people_have_two_families(app, teacher):
    clerk = signed_in("clerk")
    one, other = app.tokens(teacher), app.tokens(clerk)
    app.post("/oauth/revoke", token=one["refresh_token"])
    assert userinfo(other["access_token"]).status_code == 200


def test_who_leaves_is_not_let_in_by_what_was_granted_before(small_town, teacher):
    app = register(small_town, reach="own", audience=["teacher"])
    tokens = app.tokens(teacher, scope=OFFLINE)
    Membership.objects.unscoped("the test's own").filter(role="teacher").update(valid_to=date(2021, 1, 1))
    assert error_of(app.refresh(tokens["refresh_token"])) == "invalid_grant"
