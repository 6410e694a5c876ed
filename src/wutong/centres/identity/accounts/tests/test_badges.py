"""Badges of small children: where the teacher is, while the teacher lets them, and no further."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from wutong.centres.identity.accounts import badges
from wutong.centres.identity.accounts.assurance import BADGE
from wutong.centres.identity.accounts.models import Account, Badge, BrowserSession, ClassWindow
from wutong.kernel.errors import NotAllowed
from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Membership
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.factories import PASSWORD as SECRET

pytestmark = pytest.mark.django_db(databases="__all__")
SCHOOL, HOME = "203.0.113.5", "198.51.100.7"
BADGES = "/accounts/badge/"


@pytest.fixture(autouse=True)
def no_earlier_tries():
    cache.clear()


def membership(town, name):
    return Membership.objects.unscoped("the test's own").get(person=town.person(name))


@pytest.fixture
def printed(small_town):
    return badges.issue_badge(small_town.actor("class_teacher"), membership(small_town, "pupil"))


@pytest.fixture
def lesson(small_town, printed):
    """The class is open; what the child shows and knows."""
    badges.open_class(small_town.actor("class_teacher"), small_town.place("first"), address=SCHOOL)
    first, second = printed.pictures
    return {"badge": printed.code, "first": first, "second": second}


def show(values, address=SCHOOL):
    tablet = Client(REMOTE_ADDR=address)
    return tablet, tablet.post(BADGES, values)


def inside(client):
    return client.get("/notices/").status_code == 200


def sign_in(username):
    client = Client(REMOTE_ADDR=SCHOOL)
    client.post("/accounts/login/", {"login": username, "password": SECRET})
    return client


def wrong(values):
    other = next(name for name in badges.PICTURES if name != values["second"])
    return {**values, "second": other}


def test_a_child_shows_the_badge_and_knows_the_pictures(lesson, small_town):
    tablet = Client(REMOTE_ADDR=SCHOOL)
    page = tablet.get(BADGES, {"badge": lesson["badge"]})
    assert [name for _sign, name in badges.PICTURES.values() if str(name) not in page.content.decode()] == []
    assert tablet.post(BADGES, lesson).url == "/"
    (session,) = BrowserSession.objects.unscoped("the test's own").all()
    assert (session.account.person, session.amr, session.acr) == (small_town.person("pupil"), ["pin"], BADGE)
    assert 0 < tablet.session.get_expiry_age() <= badges.LESSON.total_seconds()


def test_a_whole_class_is_printed_with_a_page_for_the_teacher(small_town):
    teacher, where = sign_in("class_teacher"), small_town.place("first")
    pupils = [small_town.person(name).pk for name in ("pupil", "classmate")]
    pdf = teacher.post(f"/accounts/badges/{where.pk}/", {"print": "1", "person": pupils})
    assert (pdf["Content-Type"], Badge.objects.unscoped("the test's own").count()) == ("application/pdf", 2)
    assert len(re.findall(rb"/Type /Page\b", pdf.content)) == 2  # the badges, and what the teacher keeps


@pytest.mark.parametrize("why", ["closed", "elsewhere", "over", "voided", "moved", "unknown", "expired"])
def test_otherwise_a_badge_opens_nothing(lesson, small_town, why):
    actor, first = small_town.actor("class_teacher"), small_town.place("first")
    rows = Badge.objects.unscoped("the test's own")
    match why:
        case "closed":
            badges.close_class(actor, first)
        case "over":
            past = timezone.now() - timedelta(seconds=1)
            ClassWindow.objects.unscoped("the test's own").update(until=past)
        case "voided":
            badges.void_badge(actor, rows.get())
        case "moved":
            people.leave(
                SYSTEM, membership(small_town, "pupil"), last_day=timezone.localdate() - timedelta(days=1)
            )
        case "unknown":
            lesson["badge"] = "0" * 32
        case "expired":
            rows.update(expires=timezone.now())
    tablet, answer = show(lesson, HOME if why == "elsewhere" else SCHOOL)
    assert (answer.status_code, "徽章现在不能用" in answer.content.decode(), inside(tablet)) == (
        422,
        True,
        False,
    )


def test_wrong_pictures_are_tried_five_times(lesson):
    for _try in range(5):
        assert show(wrong(lesson))[1].status_code == 422
    tablet, _answer = show(lesson)
    assert not inside(tablet)


def test_the_right_pictures_set_the_count_back(lesson):
    for _try in range(4):
        show(wrong(lesson))
    assert inside(show(lesson)[0])
    assert Badge.objects.unscoped("the test's own").get().tries == 0


def test_closing_the_class_ends_what_the_children_began(lesson, small_town):
    tablet, _answer = show(lesson)
    by_password = sign_in("pupil")
    badges.close_class(small_town.actor("class_teacher"), small_town.place("first"))
    assert (inside(tablet), inside(by_password)) == (False, True)


@pytest.mark.parametrize(
    "path", ["security/", "security/totp/activate/", "security/webauthn/add/", "password/change/"]
)
def test_a_badge_does_not_touch_what_guards_the_account(lesson, path):
    """Who has no password would otherwise be let through without being asked."""
    Account.objects.filter(username="pupil").update(password="!")
    tablet, _answer = show(lesson)
    assert (tablet.get(f"/accounts/{path}").status_code, inside(tablet)) == (403, True)


def test_neither_code_nor_pictures_are_kept(printed):
    kept = str(vars(Badge.objects.unscoped("the test's own").get()))
    assert (printed.code in kept, ":".join(printed.pictures) in kept) == (False, False)


def test_who_has_no_account_gets_one_that_no_password_opens(small_town):
    Account.objects.filter(username="classmate").delete()
    badges.issue_badge(small_town.actor("class_teacher"), membership(small_town, "classmate"))
    account = Account.objects.get(person=small_town.person("classmate"))
    assert (account.has_usable_password(), account.username.startswith("zhaoyiming.")) == (False, True)


@pytest.mark.parametrize(
    "name", ["clerk", "teacher", "head", "officer", "operator", "other_clerk", "guardian", "pupil"]
)
def test_the_class_teacher_alone_opens_a_class_and_prints_badges(small_town, name):
    with pytest.raises(NotAllowed):
        badges.open_class(small_town.actor(name), small_town.place("first"), address=HOME)
    with pytest.raises(NotAllowed):
        badges.issue_badge(small_town.actor(name), membership(small_town, "pupil"))
    assert sign_in(name).get(f"/accounts/badges/{small_town.place('first').pk}/").status_code == 404


def test_the_teacher_opens_and_closes_on_the_page(small_town, printed):
    teacher, address = sign_in("class_teacher"), f"/accounts/badges/{small_town.place('first').pk}/"
    teacher.post(address, {"open": "1"})
    assert "现在关闭" in teacher.get(address).content.decode()
    first, second = printed.pictures
    assert inside(show({"badge": printed.code, "first": first, "second": second})[0])
    teacher.post(address, {"close": "1"})
    assert "开放 45 分钟" in teacher.get(address).content.decode()
