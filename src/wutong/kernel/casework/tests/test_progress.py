"""The public page: who knows number and check code learns the state, everybody else the same nothing."""

import re

import pytest
from django.urls import reverse

from wutong.kernel.casework.public import WRONG
from wutong.kernel.module import REGISTRY
from wutong.kernel.process.engine import take
from wutong.kernel.process.receipts import check_code
from wutong.kernel.process.tests.leave import at_district, house

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


def asked(client, number, code, **more):
    response = client.post(URL, {"number": number, "code": code}, **more)
    return response.status_code, response.content.decode()


def bare(text, *given):
    """The page without what differs by request: token, nonce and what was typed in."""
    for each in given:
        text = text.replace(each, "")
    return re.sub(r'(csrfmiddlewaretoken" value|nonce)="[^"]*"', "", text)


def test_anybody_finds_the_form(client):
    assert client.get(URL).status_code == 200


@pytest.mark.parametrize("change", [str, str.lower, lambda text: f" {text} "])
def test_with_number_and_code_it_tells_the_state_and_nothing_that_is_inside(town, client, case, change):
    status, text = asked(client, change(case.number), change(check_code(case)))
    assert (status, case.number in text, "市级备案" in text) == (200, True, True)
    hidden = (
        case.title,
        INSIDE,
        town.person("officer").name,
        str(town.place("gaoan")),
        str(town.place("xuhui")),
    )
    assert [each for each in hidden if each in text] == []


def test_wrong_code_and_wrong_number_are_told_the_same(town, client, case):
    right, wrong = (case.number, check_code(case)), ("DK-2026-999999", "AAAAA-BBBBB")
    answers = [asked(client, *pair) for pair in ((right[0], wrong[1]), (wrong[0], right[1]), wrong)]
    assert {status for status, _text in answers} == {422}
    assert len({bare(text, *right, *wrong) for _status, text in answers}) == 1
    assert [word for word in ("区级审核", "市级备案", case.title) if word in answers[0][1]] == []


@pytest.mark.parametrize(
    ("number", "code"), [("", ""), ("DK", ""), ("", "AAAAA-BBBBB"), ("%", "%"), ("D" * 31, "AAAAA-BBBBB")]
)
def test_half_an_answer_is_none(case, client, number, code):
    status, text = asked(client, number, code)
    assert (status, "市级备案" in text) == (422, False)


def test_a_code_is_not_found_by_trying(town, client, case):
    code = check_code(case)
    told = [asked(client, case.number, f"AAAAA-BBBB{n}")[0] for n in range(WRONG)]
    status, text = asked(client, case.number, code)
    assert (told, status, "市级备案" in text) == ([422] * WRONG, 422, False)
    other = at_district(town)
    assert asked(client, other.number, check_code(other))[0] == 200


def test_a_number_that_is_not_there_falls_silent_like_one_that_is(client, case):
    number = "DK-2026-999999"
    answers = {
        each: [asked(client, each, f"AAAAA-BBBB{n}") for n in range(WRONG + 1)]
        for each in (case.number, number)
    }
    real, unreal = (
        [bare(text, each, *"012345") for _status, text in answers[each]] for each in (case.number, number)
    )
    assert real == unreal


def test_who_tries_elsewhere_does_not_shut_the_family_out(client, case):
    for n in range(WRONG + 1):
        asked(client, case.number, f"AAAAA-BBBB{n}", REMOTE_ADDR="203.0.113.9")
    assert asked(client, case.number, check_code(case), REMOTE_ADDR="203.0.113.9")[0] == 422
    assert asked(client, case.number, check_code(case), REMOTE_ADDR="198.51.100.7")[0] == 200


def test_who_walks_through_the_numbers_learns_nothing_and_is_stopped(client, case, monkeypatch):
    monkeypatch.setattr("wutong.kernel.casework.public.WRONG_IN_ALL", 8)
    told = [asked(client, f"DK-2026-{n:06d}", check_code(case))[0] for n in range(2, 10)]
    assert (set(told), asked(client, case.number, check_code(case))[0]) == ({422}, 422)


def test_a_code_of_one_case_opens_no_other(town, client, case):
    other = at_district(town)
    assert check_code(other) != check_code(case)
    assert asked(client, other.number, check_code(case))[0] == 422
