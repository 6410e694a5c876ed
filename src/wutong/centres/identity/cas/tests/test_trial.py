"""The dry run shows what would be told, to who looks after the application, and leaves nothing behind."""

import html

import pytest
from django.core.cache import cache
from django.test import Client

from wutong.centres.identity.cas.models import ServiceSession, Ticket
from wutong.centres.identity.cas.tests.test_protocol import SERVICE, alter, register, sign_in

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def library(small_town):
    cache.clear()
    return register(small_town, claims=["name", "roles"])


def page(library, username="clerk"):
    browser = Client()
    sign_in(browser, username)
    answer = browser.get(f"/cas/try/{library.client_id}/")
    return answer.status_code, html.unescape(answer.content.decode())


def test_it_shows_each_step_and_what_would_be_told(library):
    status, text = page(library)
    assert status == 200
    assert "/cas/login?service=https%3A%2F%2Flibrary.school.edu.cn%2Fapp" in text
    assert f"{SERVICE.partition('/in')[0]}?ticket=ST-" in text
    assert "<cas:name>高教务</cas:name>" in text
    assert "<cas:roles>clerk</cas:roles>" in text
    assert (Ticket.objects.count(), ServiceSession.objects.count()) == (0, 0)
    assert not library.days.unscoped("nothing was counted").exists()


def test_it_says_why_there_would_be_no_ticket(library):
    alter(library, audience=["pupil"])
    assert "这个应用不对您开放" in page(library)[1]


@pytest.mark.parametrize("who", ["head", "teacher", "pupil", "other_officer", "island_clerk"])
def test_it_is_for_who_looks_after_the_application(library, who):
    assert page(library, who)[0] == 404
