"""Receipts: what the paper says, and that nobody makes one up."""

import base64
import zlib
from datetime import timedelta

import pytest
import segno
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wutong.kernel.casework.paper import lines, printed
from wutong.kernel.module import REGISTRY
from wutong.kernel.people.secrets import Keyring
from wutong.kernel.process.engine import take
from wutong.kernel.process.receipts import check_code, genuine, is_check_code, receipt_of, same
from wutong.kernel.process.tests.leave import MONDAY, at_city, at_district, begin, house

pytestmark = pytest.mark.django_db(databases="__all__")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@pytest.fixture(autouse=True)
def town(small_town, monkeypatch):
    monkeypatch.setattr(REGISTRY, "_modules", house())
    return small_town


@pytest.fixture
def case(town):
    return at_district(town)


def verified(client, number, code):
    return client.get(reverse("process:verify_code", args=[number, code]))


def test_a_receipt_is_verified_and_says_what_was_so_when_it_was_given_out(town, client, case):
    old = receipt_of(case)
    take(town.actor("officer"), case, step="agree", at=MONDAY + timedelta(days=1))
    new = receipt_of(case)
    assert old.code != new.code
    pages = {code: verified(client, case.number, code) for code in (old.code, new.code)}
    assert [page.status_code for page in pages.values()] == [200, 200]
    assert [page.context["receipt"].state for page in pages.values()] == ["区级审核", "市级备案"]
    assert "2026年11月23日 09:30" in pages[old.code].content.decode()


@pytest.mark.parametrize("change", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code} "])
def test_as_people_copy_it(client, case, change):
    page = client.get(
        reverse("process:verify"), {"number": case.number.lower(), "code": change(receipt_of(case).code)}
    )
    assert page.status_code == 200


def test_letters_that_look_like_digits_are_taken_for_them():
    assert same("0I8A-BCDE", "OIBA-BCDE") and same("o1b", "OIB") and not same("OIC", "OIB")


def test_the_code_of_another_case_or_of_the_progress_proves_nothing(town, client, case):
    other = at_city(town, title="另一件")
    for number, code in (
        (case.number, receipt_of(other).code),
        (other.number, receipt_of(case).code),
        (case.number, check_code(case)),
        ("DK-2026-999999", receipt_of(case).code),
    ):
        assert verified(client, number, code).status_code == 404
    assert not is_check_code(case, receipt_of(case).code)


def test_what_was_written_into_the_table_behind_our_back_is_not_confirmed(case):
    code = receipt_of(case).code
    case.events.unscoped("a forger at the table").filter(step="submit").update(target="city")
    assert genuine(case.number, code) is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(code=st.text(LETTERS + "-", max_size=24))
def test_a_code_that_was_thought_up_proves_nothing(case, code):
    expected = receipt_of(case).code.replace("-", "")
    assert (genuine(case.number, code) is not None) == (code.replace("-", "") == expected)


def test_what_another_house_gave_out_is_not_ours(monkeypatch, case):
    code, check = receipt_of(case).code, check_code(case)
    other = Keyring.generate()
    monkeypatch.setattr("wutong.kernel.process.receipts.keyring", lambda: other)
    assert (genuine(case.number, code), is_check_code(case, check)) == (None, False)


def test_the_verifying_page_names_nobody(town, client, case):
    text = verified(client, case.number, receipt_of(case).code).content.decode()
    assert [word for word in (case.title, town.person("clerk").name, check_code(case)) if word in text] == []


@pytest.mark.parametrize(
    ("who", "status"), [("clerk", 200), ("officer", 200), ("other_officer", 404), ("guardian", 404)]
)
def test_who_may_see_the_case_may_print_its_receipt(town, client, case, who, status):
    client.force_login(town.account(who))
    response = client.get(reverse("process:receipt", args=[case.number]))
    assert response.status_code == status
    if status == 200:
        assert (response["Content-Type"], response.content[:5]) == ("application/pdf", b"%PDF-")


def test_the_paper_says_it_all_and_is_the_same_each_time(town, case):
    receipt = receipt_of(case)
    said = dict(lines(receipt))
    assert (said["办件号"], said["申请人"], said["查询码"]) == (
        case.number,
        town.person("clerk").name,
        check_code(case),
    )
    assert said["状态"] == "区级审核（2026年11月23日 09:30）"
    pages = {printed(receipt, verify_at="https://edu.example/verify/1/A") for _n in range(2)}
    assert len(pages) == 1
    assert b"STSong-Light" in pages.pop()


def test_a_title_of_any_length_stays_on_the_page(town):
    case = begin(town.actor("clerk"), town.place("gaoan"), title="很长的标题" * 40)
    assert printed(receipt_of(case), verify_at="https://edu.example/verify/1/A").count(b"/Type /Page\n") == 1


def test_the_square_on_the_paper_is_the_address_that_verifies(town, client, case):
    """Drawn from the same modules as the library gives: one rectangle for each dark one, and the band at the top."""
    client.force_login(town.account("clerk"))
    paper = client.get(reverse("process:receipt", args=[case.number])).content
    address = f"http://testserver{reverse('process:verify_code', args=[case.number, receipt_of(case).code])}"
    dark = sum(sum(row) for row in segno.make(address, error="m").matrix)
    assert drawing(paper).count(b" re f") - 1 == dark


def drawing(paper):
    """What is drawn on the page: ASCII85 over deflate."""
    body = paper.split(b"stream\n", 1)[1].split(b"endstream", 1)[0]
    return zlib.decompress(base64.a85decode(body.strip().removesuffix(b"~>")))
