"""Browser sessions: one for each sign-in, ended once, wherever it is ended, and announced."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as some

from wutong.centres.identity.accounts import api, sessions
from wutong.centres.identity.accounts.assurance import (
    BADGE,
    LEVELS,
    PASSKEY,
    PASSWORD,
    TWO_FACTOR,
    acr_of,
    reaches,
)
from wutong.centres.identity.accounts.models import Account, BrowserSession
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import NotAllowed
from wutong.kernel.event.models import OutboxEvent
from wutong.kernel.testing.factories import PASSWORD as SECRET

pytestmark = pytest.mark.django_db(databases="__all__")
PHONE = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"


@pytest.fixture(autouse=True)
def no_earlier_tries():
    cache.clear()


def sign_in(username, **extra):
    client = Client(**extra)
    client.post("/accounts/login/", {"login": username, "password": SECRET})
    return client


def rows(**lookup):
    return BrowserSession.objects.unscoped("the test's own").filter(**lookup)


def announced():
    names = OutboxEvent.objects.filter(name="accounts.session_ended.v1").order_by("pk")
    return [event.payload["sid"] for event in names]


def inside(client):
    return client.get("/").status_code == 200


def test_a_sign_in_is_one_session_with_what_was_proved(small_town):
    client = sign_in("clerk", HTTP_USER_AGENT=PHONE, REMOTE_ADDR="198.51.100.23")
    (session,) = rows(account__username="clerk")
    assert (session.amr, session.acr, session.ended) == (["pwd"], PASSWORD, None)
    assert (session.device, session.address) == ("Chrome · Android", "198.51.*.*")
    assert client.session[sessions.KEY] == session.sid


def test_the_session_of_a_request_is_asked_once(small_town, django_assert_num_queries):
    client = sign_in("clerk")
    request = RequestFactory().get("/")
    request.session, request.user = client.session, small_town.account("clerk")
    assert (
        request.session.keys()
    )  # read by the middleware, from the table that PostgreSQL keeps beside the others
    with django_assert_num_queries(1):
        first, again = api.current_session(request), api.current_session(request)
    assert first is again
    assert first.account.person == small_town.person("clerk")


def test_nobody_signed_in_has_no_session(client, rf):
    request = rf.get("/")
    assert api.current_session(request) is None
    assert client.get("/accounts/login/").status_code == 200
    assert rows().count() == 0


def test_signing_out_ends_the_session_and_says_so(small_town):
    client = sign_in("clerk")
    (session,) = rows(account__username="clerk")
    client.post("/accounts/logout/")
    session.refresh_from_db()
    assert session.ended is not None
    assert announced() == [session.sid]
    payload = OutboxEvent.objects.get(name="accounts.session_ended.v1").payload
    assert (payload["account"], payload["person"]) == (session.account_id, small_town.person("clerk").pk)
    (entry,) = AuditEntry.objects.unscoped("the test's own").filter(action="accounts.end_session")
    assert entry.actor_id == small_town.person("clerk").pk


def test_a_session_ended_elsewhere_is_over_at_its_next_request(small_town):
    phone, desk = sign_in("clerk"), sign_in("clerk")
    session = rows().get(sid=phone.session[sessions.KEY])
    api.end_session(small_town.actor("clerk"), session)
    assert (inside(phone), inside(desk)) == (False, True)
    assert announced() == [session.sid]


def test_ending_twice_announces_once(small_town):
    sign_in("clerk")
    (session,) = rows()
    for _time in range(2):
        api.end_session(small_town.actor("clerk"), session)
    assert announced() == [session.sid]


@pytest.mark.parametrize("name", ["class_teacher", "clerk", "officer", "operator"])
def test_who_looks_after_the_pupil_may_end_all_sessions(small_town, name):
    browsers = [sign_in("pupil"), sign_in("pupil")]
    assert api.end_sessions(small_town.actor(name), small_town.person("pupil")) == 2
    assert [inside(each) for each in browsers] == [False, False]
    assert len(announced()) == 2


@pytest.mark.parametrize(
    "name", ["classmate", "guardian", "teacher", "auditor", "other_clerk", "other_officer"]
)
def test_nobody_else_may(small_town, name):
    browser = sign_in("pupil")
    (session,) = rows()
    with pytest.raises(NotAllowed):
        api.end_sessions(small_town.actor(name), small_town.person("pupil"))
    with pytest.raises(NotAllowed):
        api.end_session(small_town.actor(name), session)
    assert inside(browser)
    assert BrowserSession.objects.visible_to(small_town.actor(name)).filter(pk=session.pk).count() == 0


def test_who_belongs_nowhere_is_looked_after_by_the_operator(small_town):
    sign_in("stranger")
    with pytest.raises(NotAllowed):
        api.end_sessions(small_town.actor("clerk"), small_town.person("stranger"))
    assert api.end_sessions(small_town.actor("operator"), small_town.person("stranger")) == 1


def test_signing_in_as_somebody_else_ends_the_session_before(small_town):
    browser = sign_in("clerk")
    first = browser.session[sessions.KEY]
    browser.post("/accounts/logout/")
    browser.post("/accounts/login/", {"login": "head", "password": SECRET})
    assert announced() == [first]
    assert [each.account.username for each in rows(ended=None)] == ["head"]


def test_confirming_renews_the_proof_and_goes_on(small_town):
    browser = sign_in("clerk")
    long_ago = timezone.now() - timedelta(hours=3)
    rows().update(auth_time=long_ago, created=long_ago)
    response = browser.post("/accounts/reauthenticate/", {"password": SECRET, "next": "/notices/"})
    (session,) = rows()
    assert response.url == "/notices/"
    assert (session.created, session.auth_time > long_ago, session.amr) == (long_ago, True, ["pwd"])


def test_a_wrong_password_confirms_nothing(small_town):
    browser = sign_in("clerk")
    long_ago = timezone.now() - timedelta(hours=3)
    rows().update(auth_time=long_ago)
    browser.post("/accounts/reauthenticate/", {"password": "not-the-password", "next": "/notices/"})
    assert rows().get().auth_time == long_ago


@pytest.fixture
def request_of(rf, small_town):
    def made(minutes=None):
        request = rf.get("/")
        request._browser_session = None
        if minutes is not None:
            when = timezone.now() - timedelta(minutes=minutes)
            request._browser_session = BrowserSession(
                account=small_town.account("clerk"), auth_time=when, amr=["pwd"], acr=PASSWORD
            )
        return request

    return made


CONFIRM = "/accounts/reauthenticate/?next=%2Foauth%2Fauthorize%3Fa%3D1"


@pytest.mark.parametrize(
    ("minutes", "asked", "url"),
    [
        (None, {}, "/accounts/login/?next=%2Foauth%2Fauthorize%3Fa%3D1"),
        (1, {}, CONFIRM),
        (1, {"max_age": 0}, CONFIRM),
        (1, {"max_age": 300}, "/oauth/authorize?a=1"),
        (10, {"max_age": 300}, CONFIRM),
        (10, {"acr": PASSWORD}, "/oauth/authorize?a=1"),
        (1, {"acr": TWO_FACTOR}, CONFIRM),
        (1, {"max_age": 300, "acr": PASSKEY}, CONFIRM),
        (1, {"acr": "urn:elsewhere"}, CONFIRM),
    ],
)
def test_where_a_browser_is_sent_to_confirm(request_of, minutes, asked, url):
    assert api.reauthenticate_url(request_of(minutes), "/oauth/authorize?a=1", **asked) == url


@pytest.mark.parametrize(
    "away", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", "/\\e.example"]
)
def test_confirming_leads_nowhere_else(request_of, away):
    assert api.reauthenticate_url(request_of(1), away) == "/accounts/reauthenticate/?next=%2F"
    assert api.reauthenticate_url(request_of(None), away) == "/accounts/login/?next=%2F"


def test_being_here_is_noted_every_few_minutes(small_town):
    browser = sign_in("clerk")
    early, recent = timezone.now() - timedelta(hours=1), timezone.now() - timedelta(minutes=2)
    rows().update(last_seen=recent)
    browser.get("/")
    assert rows().get().last_seen == recent
    rows().update(last_seen=early)
    browser.get("/")
    assert rows().get().last_seen > recent


def test_what_no_browser_can_hold_any_more_expires(small_town):
    sign_in("clerk"), sign_in("head")
    rows(account__username="clerk").update(last_seen=timezone.now() - timedelta(hours=13))
    assert sessions.expire() == "1"
    assert [each.account.username for each in rows(ended=None)] == ["head"]
    assert announced() == [rows(account__username="clerk").get().sid]


@given(
    some.sets(some.sampled_from(["pwd", "otp", "sms", "hwk", "pin"])),
    some.sampled_from(["pwd", "otp", "sms", "hwk"]),
)
def test_proving_more_never_makes_less_sure(amr, more):
    assert reaches(acr_of(amr | {more}), acr_of(amr))


def test_the_levels(small_town):
    assert [acr_of(amr) for amr in ([], ["pin"], ["otp"], ["pwd"], ["otp", "pwd"], ["hwk"])] == [
        BADGE, BADGE, BADGE, PASSWORD, TWO_FACTOR, PASSKEY,
    ]  # fmt: skip
    assert [reaches(acr, TWO_FACTOR) for acr in LEVELS] == [False, False, True, True]


def test_who_is_closed_out_or_stays_away_too_long_is_a_stranger_at_the_next_page(small_town):
    browser, other, third = (sign_in(name) for name in ("clerk", "officer", "teacher"))
    assert inside(browser) and inside(other) and inside(third)
    Account.objects.filter(username="clerk").update(is_active=False)
    Session.objects.filter(pk=other.session.session_key).update(expire_date=timezone.now())
    assert [inside(each) for each in (browser, other, third)] == [False, False, True]
    Session.objects.filter(pk=third.session.session_key).delete()
    assert not inside(third)


@pytest.mark.parametrize("key", ["", "x", "%E6%A2%A7" * 40, "a" * 9_000, "' OR ''='"])
def test_a_made_up_session_opens_nothing(small_town, key):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    assert not inside(client)
    assert client.post("/accounts/login/", {"login": "clerk", "password": SECRET}).status_code == 302
    assert inside(client)
