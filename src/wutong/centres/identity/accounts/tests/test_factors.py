"""A second factor and passkeys: with the library's ceremonies, our pages, sealed secrets and a word to the owner."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client

from wutong.centres.identity.accounts.assurance import TWO_FACTOR
from wutong.centres.identity.accounts.models import BrowserSession
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.notice.models import Delivery
from wutong.kernel.testing.factories import PASSWORD as SECRET

pytestmark = pytest.mark.django_db(databases="__all__")
SECURITY = "/accounts/security/"


@pytest.fixture(autouse=True)
def no_earlier_tries():
    cache.clear()


def sign_in(username):
    client = Client()
    answer = client.post("/accounts/login/", {"login": username, "password": SECRET})
    return client, answer


def code_now(secret):
    cache.clear()  # a code is good once; tests are quicker than the half minute
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def totp(client):
    """Switches the second factor on; the secret that the telephone keeps."""
    secret = client.get(f"{SECURITY}totp/activate/").context["form"].secret
    answer = client.post(f"{SECURITY}totp/activate/", {"code": code_now(secret)})
    assert answer.url == f"{SECURITY}recovery-codes/"
    return secret


def session():
    return BrowserSession.objects.unscoped("the test's own").latest("pk")


def test_with_a_second_factor_a_password_alone_opens_nothing(small_town):
    secret = totp(sign_in("clerk")[0])
    thief, answer = sign_in("clerk")
    assert (answer.url, thief.get("/").status_code) == (f"{SECURITY}authenticate/", 302)
    assert thief.post(f"{SECURITY}authenticate/", {"code": "000000"}).status_code == 200
    assert thief.get("/").status_code == 302
    answer = thief.post(f"{SECURITY}authenticate/", {"code": code_now(secret)})
    assert (answer.url, thief.get("/").status_code) == ("/", 200)
    assert (session().amr, session().acr) == (["otp", "pwd"], TWO_FACTOR)


def test_a_recovery_code_works_once(small_town):
    owner, _answer = sign_in("clerk")
    totp(owner)
    code = owner.get(f"{SECURITY}recovery-codes/").context["unused_codes"][0]
    for opened in (200, 302):
        client, _answer = sign_in("clerk")
        client.post(f"{SECURITY}authenticate/", {"code": code})
        assert client.get("/").status_code == opened


def test_secrets_are_sealed_where_they_are_kept(small_town):
    client, _answer = sign_in("clerk")
    secret = totp(client)
    rows = {row.type: row for row in Authenticator.objects.all()}
    assert sorted(rows) == ["recovery_codes", "totp"]
    kept = rows["totp"].data["secret"]
    assert (secret in kept, len(kept) > len(secret)) == (False, True)
    assert "mfa.totp.secret" not in client.session


def test_its_owner_is_told_and_the_journal_knows(small_town, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        totp(sign_in("clerk")[0])
    clerk = small_town.person("clerk")
    told = Delivery.objects.unscoped("the test's own").filter(
        person=clerk, notice__title="您的账号的验证方式有变化"
    )
    entries = AuditEntry.objects.unscoped("the test's own").filter(
        action="accounts.change_factor", actor_id=clerk.pk
    )
    assert told.count() == entries.count() == 2
    assert {entry.changes["kind"] for entry in entries} == {"totp", "recovery_codes"}


def test_who_has_a_second_factor_confirms_with_it(small_town):
    client, _answer = sign_in("clerk")
    secret = totp(client)
    answer = client.get("/accounts/reauthenticate/?next=/notices/")
    assert answer.url == f"{SECURITY}reauthenticate/?next=%2Fnotices%2F"
    assert client.post("/accounts/reauthenticate/", {"password": SECRET, "next": "/"}).status_code == 302
    assert session().amr == ["pwd"]
    answer = client.post(f"{SECURITY}reauthenticate/", {"code": code_now(secret), "next": "/notices/"})
    assert (answer.url, session().acr) == ("/notices/", TWO_FACTOR)


def test_codes_are_tried_a_few_times(small_town):
    secret = totp(sign_in("clerk")[0])
    client, _answer = sign_in("clerk")
    for _try in range(5):
        client.post(f"{SECURITY}authenticate/", {"code": "000000"})
    right = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    client.post(f"{SECURITY}authenticate/", {"code": right})
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("page", ["", "totp/activate/", "webauthn/", "webauthn/add/"])
def test_its_pages_are_ours(small_town, page):
    client, _answer = sign_in("clerk")
    answer = client.get(SECURITY + page)
    assert (answer.status_code, "wt-shell" in answer.content.decode()) == (200, True)
