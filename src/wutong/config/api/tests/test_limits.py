"""How often a caller may ask."""

import pytest

from wutong.config.api import limits

pytestmark = pytest.mark.django_db(databases="__all__")
URL = "/api/v1/codes/sex/"


@pytest.fixture
def few(settings):
    settings.OPTION = {**settings.OPTION, "api_rate": 3}


def test_who_asks_too_often_is_told_when_to_come_again(client, small_town, few):
    answers = [client.get(URL) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert [each["RateLimit"].partition(";t=")[0] for each in answers] == [
        '"minute";r=2', '"minute";r=1', '"minute";r=0', '"minute";r=0',
    ]  # fmt: skip
    assert answers[0]["RateLimit-Policy"] == '"minute";q=3;w=60'
    assert answers[3].json()["code"] == "too_many"
    assert 0 < int(answers[3]["Retry-After"]) <= 60


def test_each_caller_has_an_allowance_of_its_own(client, small_town, few):
    for _ in range(4):
        client.get(URL)
    client.force_login(small_town.account("clerk"))
    assert client.get(URL).status_code == 200


def test_tokens_that_are_tried_out_count_for_the_address(client, small_town, few):
    answers = [
        client.get("/api/v1/me/", headers={"Authorization": f"Bearer {n}"}).status_code for n in range(4)
    ]
    assert answers == [401, 401, 401, 429]


def test_all_processes_together_grant_no_more_than_the_limit(settings):
    settings.OPTION = {**settings.OPTION, "api_rate": 25}
    one, two = limits.Limiter(), limits.Limiter()
    granted = [limiter.spend("client:a", 600.0).granted for _ in range(30) for limiter in (one, two)]
    assert sum(granted) == 25


def test_the_next_minute_and_a_clock_put_back_begin_anew(settings):
    settings.OPTION = {**settings.OPTION, "api_rate": 1}
    limiter = limits.Limiter()
    granted = [limiter.spend("client:b", at).granted for at in (7200.0, 7201.0, 7260.0, 3660.0)]
    assert granted == [True, False, True, True]
