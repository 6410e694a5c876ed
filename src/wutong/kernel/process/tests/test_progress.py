"""The public page: who knows number and name learns the state, everybody else the same nothing."""

import re

import pytest
from django.urls import reverse

from wutong.kernel.module import REGISTRY
from wutong.kernel.process.engine import take
from wutong.kernel.process.tests.leave import at_district, house
from wutong.kernel.process.views import WRONG_NAMES

pytestmark = pytest.mark.django_db(databases="__all__")
URL = reverse("process:progress")
INSIDE = "内部核查意见"


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house())
    return small_town


@pytest.fixture
def case(town):
    return take(town.actor("officer"), at_district(town), step="agree", comment=INSIDE)


def asked(client, number, applicant):
    response = client.post(URL, {"number": number, "applicant": applicant})
    return response.status_code, response.content.decode()


def bare(text, *given):
    """The page without what differs by request: token, nonce and what was typed in."""
    for each in given:
        text = text.replace(each, "")
    return re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", text)


def test_anybody_finds_the_form(client):
    assert client.get(URL).status_code == 200


@pytest.mark.parametrize("change", [str, str.lower, lambda text: f" {text} "])
def test_with_number_and_name_it_tells_the_state_and_nothing_that_is_inside(town, client, case, change):
    status, text = asked(client, change(case.number), town.person("clerk").name)
    assert (status, case.number in text, "市级备案" in text) == (200, True, True)
    hidden = (
        case.title,
        INSIDE,
        town.person("officer").name,
        str(town.place("gaoan")),
        str(town.place("xuhui")),
    )
    assert [each for each in hidden if each in text] == []


def test_wrong_name_and_wrong_number_are_told_the_same(town, client, case):
    right, wrong = (case.number, town.person("clerk").name), ("DK-2026-999999", town.person("officer").name)
    answers = [asked(client, *pair) for pair in ((right[0], wrong[1]), (wrong[0], right[1]), wrong)]
    assert {status for status, _text in answers} == {422}
    assert len({bare(text, *right, *wrong) for _status, text in answers}) == 1
    assert [word for word in ("区级审核", "市级备案", case.title) if word in answers[0][1]] == []


@pytest.mark.parametrize(
    ("number", "applicant"), [("", ""), ("DK", ""), ("", "高教务"), ("%", "%"), ("D" * 31, "高教务")]
)
def test_half_an_answer_is_none(case, client, number, applicant):
    status, text = asked(client, number, applicant)
    assert (status, "市级备案" in text) == (422, False)


def test_a_name_is_not_found_by_trying(town, client, case):
    name = town.person("clerk").name
    told = [asked(client, case.number, f"猜{n}")[0] for n in range(WRONG_NAMES)]
    status, text = asked(client, case.number, name)
    assert (told, status, "市级备案" in text) == ([422] * WRONG_NAMES, 422, False)
    other = at_district(town)
    assert asked(client, other.number, name)[0] == 200


def test_a_number_that_is_not_there_falls_silent_like_one_that_is(client, case):
    number = "DK-2026-999999"
    answers = {
        each: [asked(client, each, f"猜{n}") for n in range(WRONG_NAMES + 1)]
        for each in (case.number, number)
    }
    real, unreal = (
        [bare(text, each, *"012345") for _status, text in answers[each]] for each in (case.number, number)
    )
    assert real == unreal
