"""The devices that are signed in, one's own and other people's; and what is said of a sign-in out of the ordinary."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from wutong.centres.identity.accounts.models import BrowserSession
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.notice.models import Delivery
from wutong.kernel.testing.factories import PASSWORD as SECRET

pytestmark = pytest.mark.django_db(databases="__all__")
SESSIONS = "/accounts/sessions/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
DESK = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
STRANGE = "您的账号在新的设备或地点登录"


@pytest.fixture(autouse=True)
def no_earlier_tries():
    cache.clear()


def sign_in(username, agent=DESK, address="203.0.113.5"):
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    client.post("/accounts/login/", {"login": username, "password": SECRET})
    return client


def rows(**lookup):
    return BrowserSession.objects.unscoped("the test's own").filter(**lookup)


def inside(client):
    return client.get("/notices/").status_code == 200


def told(town, name):
    found = Delivery.objects.unscoped("the test's own").filter(
        person=town.person(name), notice__title=STRANGE
    )
    return [each.notice.body for each in found.select_related("notice").order_by("pk")]


def test_the_list_shows_each_device_and_marks_this_one(small_town):
    desk, phone = sign_in("clerk"), sign_in("clerk", PHONE)
    sign_in("head")
    page = desk.get(SESSIONS)
    assert [row.device for row in page.context["rows"]] == ["Safari · iPhone", "Chrome · Windows"]
    assert page.content.decode().count("这台设备") == 1
    assert phone.get(SESSIONS).status_code == 200


def test_one_device_is_signed_out_from_another(small_town):
    desk, phone = sign_in("clerk"), sign_in("clerk", PHONE)
    lost = rows(device="Safari · iPhone").get()
    assert desk.post(SESSIONS, {"end": lost.sid}).url == SESSIONS
    assert (inside(desk), inside(phone)) == (True, False)


def test_all_others_are_signed_out_at_once(small_town):
    desk, others = sign_in("clerk"), [sign_in("clerk", PHONE), sign_in("clerk")]
    desk.post(SESSIONS, {"others": "1"})
    assert (inside(desk), [inside(each) for each in others]) == (True, [False, False])


def test_nobody_ends_a_session_by_knowing_its_name(small_town):
    victim, stranger = sign_in("head"), sign_in("clerk")
    public = rows(account__username="head").get().sid
    assert stranger.post(SESSIONS, {"end": public}).status_code == 404
    assert inside(victim)


def test_who_looks_after_a_person_sees_and_ends_the_sessions(small_town):
    pupil, clerk = sign_in("pupil", PHONE), sign_in("clerk")
    address = f"/accounts/people/{small_town.person('pupil').pk}/"
    assert "Safari · iPhone" in clerk.get(address).content.decode()
    clerk.post(address)
    assert not inside(pupil)
    (entry,) = AuditEntry.objects.unscoped("the test's own").filter(action="accounts.end_sessions")
    assert (entry.actor_id, entry.changes["ended"]) == (small_town.person("clerk").pk, 1)


@pytest.mark.parametrize("name", ["other_clerk", "teacher", "auditor", "classmate", "guardian"])
def test_for_others_the_page_is_not_there(small_town, name):
    assert sign_in(name).get(f"/accounts/people/{small_town.person('pupil').pk}/").status_code == 404


def test_ending_others_sessions_asks_who_is_there(small_town):
    pupil, clerk = sign_in("pupil"), sign_in("clerk")
    rows(account__username="clerk").update(auth_time=timezone.now() - timedelta(minutes=16))
    answer = clerk.post(f"/accounts/people/{small_town.person('pupil').pk}/")
    assert answer.url.startswith("/accounts/reauthenticate/?next=")
    assert inside(pupil)


def test_changing_the_password_leaves_this_browser_alone_with_it(small_town):
    desk, phone = sign_in("clerk"), sign_in("clerk", PHONE)
    fresh = "ein-langer-satz-2026"
    answer = desk.post(
        "/accounts/password/change/", {"oldpassword": SECRET, "password1": fresh, "password2": fresh}
    )
    assert answer.status_code == 302
    assert (inside(desk), inside(phone)) == (True, False)
    assert rows(ended=None).count() == 1


def test_a_first_sign_in_is_not_strange(small_town):
    sign_in("clerk")
    assert told(small_town, "clerk") == []


@pytest.mark.parametrize(
    ("agent", "address", "letters"),
    [
        (DESK, "203.0.113.5", 0),
        (DESK, "203.0.200.9", 0),
        (PHONE, "203.0.113.5", 1),
        (DESK, "198.51.100.7", 1),
    ],
)
def test_a_new_kind_of_device_or_network_is_told_to_the_owner(small_town, agent, address, letters):
    sign_in("clerk")
    sign_in("clerk", agent, address)
    assert len(told(small_town, "clerk")) == letters
    assert told(small_town, "head") == []
