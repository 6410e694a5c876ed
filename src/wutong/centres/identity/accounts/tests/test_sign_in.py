"""Signing in: one sentence for every refusal, five tries, and an entry in the journal."""

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.urls import NoReverseMatch, reverse

from wutong.centres.identity.accounts import throttle
from wutong.centres.identity.accounts.api import any_demo, demo_people, open_account, other_than_demo
from wutong.centres.identity.accounts.models import Account
from wutong.centres.identity.accounts.throttle import Throttle
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.people.actions import merge_persons
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.factories import PASSWORD

pytestmark = pytest.mark.django_db(databases="__all__")
LOGIN = "/accounts/login/"
SENTENCE = "账号或密码不对。忘记密码请重新激活账号，或找班主任、本单位管理员领激活卡。"
WAIT = "尝试次数过多，请 5 分钟后再试。"


@pytest.fixture(autouse=True)
def no_earlier_tries():
    cache.clear()


def sign_in(client, username, password=PASSWORD, **extra):
    return client.post(LOGIN, {"login": username, "password": password}, **extra)


def said(response):
    page = response.content.decode()
    return [sentence for sentence in (SENTENCE, WAIT) if sentence in page]


def signed_in(client):
    return "_auth_user_id" in client.session


def test_who_signs_in_is_led_home_and_journalled(client, small_town):
    response = sign_in(client, "clerk")
    assert (response.status_code, response.url, signed_in(client)) == (302, "/", True)
    (entry,) = AuditEntry.objects.unscoped("the test's own").filter(action="accounts.signed_in")
    clerk = small_town.person("clerk")
    assert (entry.actor_id, entry.subject_kind, entry.subject_id) == (
        clerk.pk,
        "people.person",
        str(clerk.pk),
    )
    assert PASSWORD not in str(entry.content())


def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(client, small_town):
    wrong, unknown = (
        sign_in(client, "clerk", "not-the-password"),
        sign_in(client, "nobody", "not-the-password"),
    )
    assert (said(wrong), said(unknown)) == ([SENTENCE], [SENTENCE])
    assert wrong.status_code == unknown.status_code
    same = [
        response.content.decode().replace(name, "")
        for response, name in ((wrong, "clerk"), (unknown, "nobody"))
    ]
    assert without_tokens(same[0]) == without_tokens(same[1])
    assert not signed_in(client)
    assert AuditEntry.objects.unscoped("the test's own").filter(action="accounts.signed_in").count() == 0


def without_tokens(page):
    return [line for line in page.splitlines() if "csrf" not in line]


def test_the_sixth_try_waits_even_with_the_right_password(client, small_town):
    for _try in range(5):
        assert said(sign_in(client, "clerk", "not-the-password")) == [SENTENCE]
    assert said(sign_in(client, "clerk", "not-the-password")) == [WAIT]
    assert said(sign_in(client, "clerk")) == [WAIT]
    assert not signed_in(client)


def test_a_locked_account_locks_nobody_else(client, small_town):
    for _try in range(6):
        sign_in(client, "clerk", "not-the-password")
    sign_in(client, "head")
    assert signed_in(client)


def test_another_address_does_not_open_a_locked_account(client, small_town):
    for _try in range(6):
        sign_in(client, "clerk", "not-the-password")
    assert said(sign_in(client, "clerk", REMOTE_ADDR="192.0.2.7")) == [WAIT]


def test_an_address_from_which_too_many_fail_waits_and_no_other(client, small_town, monkeypatch):
    monkeypatch.setattr(throttle, "FAILED", Throttle(3, 60))
    for name in ("clerk", "head", "teacher"):
        assert said(sign_in(client, name, "not-the-password")) == [SENTENCE]
    assert said(sign_in(client, "officer")) == [WAIT]
    sign_in(client, "officer", REMOTE_ADDR="192.0.2.7")
    assert signed_in(client)


def test_a_flood_at_the_door_is_told_when_to_come_back(client, small_town, monkeypatch):
    monkeypatch.setattr(throttle, "DOOR", Throttle(1, 60))
    sign_in(client, "clerk", "not-the-password")
    flood = sign_in(client, "clerk")
    assert (flood.status_code, signed_in(client)) == (429, False)
    assert "请一分钟后再试" in flood.content.decode()


@pytest.mark.parametrize(
    ("address", "household"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("", "")],
)
def test_what_counts_as_one_place(address, household):
    assert throttle.household(address) == household


def test_an_account_that_was_closed_stays_outside(client, small_town):
    Account.objects.filter(username="clerk").update(is_active=False)
    sign_in(client, "clerk")
    assert client.get("/").status_code == 302


def test_nobody_signs_up_by_oneself(client, small_town):
    before = Account.objects.count()
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")
    assert client.get("/accounts/signup/").status_code in (302, 404)
    assert Account.objects.count() == before


def test_the_next_page_stays_in_the_house(client, small_town):
    response = client.post(
        f"{LOGIN}?next=https://elsewhere.example/", {"login": "clerk", "password": PASSWORD}
    )
    assert response.url == "/"


def test_signing_out_is_a_post(client, small_town):
    client.force_login(small_town.account("clerk"))
    client.get("/accounts/logout/")
    assert signed_in(client)
    client.post("/accounts/logout/")
    assert not signed_in(client)


def test_passwords_are_kept_by_argon2(settings):
    settings.PASSWORD_HASHERS = [each for each in django_settings.PASSWORD_HASHERS if "MD5" not in each]
    account = Account(username="someone")
    account.set_password(PASSWORD)
    assert account.password.startswith("argon2$argon2id$")
    assert account.check_password(PASSWORD)


def test_an_account_opened_again_gets_the_new_password(small_town):
    person = small_town.person("stranger")
    again = open_account(person, username="clerk", password="another-2026", demo=True)
    assert (Account.objects.filter(username="clerk").count(), again.person) == (1, person)
    assert (again.check_password("another-2026"), again.check_password(PASSWORD)) == (True, False)
    assert (any_demo(), other_than_demo(), demo_people()) == (True, True, {"clerk": person.pk})


def test_who_was_merged_signs_in_as_the_record_that_stands(client, small_town):
    """The account is the loser's; the roles went to the winner, and so does the actor."""
    winner, loser = small_town.person("stranger"), small_town.person("clerk")
    merge_persons(SYSTEM, winner, loser=loser, reason="重复登记")
    sign_in(client, "clerk")
    assert client.get("/registers/persons/").status_code == 200
