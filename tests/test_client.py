"""The Python client against the served town, as a program elsewhere would use it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_reliability import Browser
from tools.town import Town
from wutong.client import Client, Problem, Row

CHILD = {"sex": "2", "born": "2014-03-05", "organisation": "上海市第二初级中学/六年级1班", "role": "pupil"}


@pytest.fixture(scope="module")
def enter(town: Town, demo_password: str):
    """A client with the session of a person, as the pages' own requests carry it."""

    def as_person(login: str) -> Client:
        browser = Browser(town.address, login, demo_password)
        token = browser.token("/registers/persons/")
        headers = {"Cookie": browser.cookie(), "X-CSRFToken": token, "Referer": town.address}
        return Client(town.address, headers=headers)

    return as_person


def test_it_needs_nothing_of_the_house():
    script = (
        "import sys, wutong.client; print(sorted({'django', 'ninja', 'wutong.kernel'} & set(sys.modules)))"
    )
    source = Path(__file__).resolve().parent.parent / "src"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
    )
    assert ran.stdout == "[]\n"


def test_a_row_is_made_read_changed_and_its_history_told(enter):
    persons = enter("school").register("persons")
    made = persons.create(name="江流儿", **CHILD)
    assert isinstance(made, Row)
    assert (made["name"], made["sex"], made["born"]) == ("江流儿", "2", "2014-03-05")
    changed = persons.change(made, phone="13800000000")
    assert persons.row(made.id)["phone"] == "13800000000"
    with pytest.raises(Problem) as stale:
        persons.change(made, phone="")
    assert (stale.value.status, stale.value.code) == (412, "outdated")
    assert persons.history(changed.id)[0]["action"] == "people.change_person"


def test_all_rows_in_sight_once(enter):
    persons = enter("school").register("persons")
    keys = [row.id for row in persons.rows(fields="name", limit=100)]
    assert len(keys) == len(set(keys)) > 100
    assert {row["name"] for row in persons.rows(q="江流儿")} <= {"江流儿"}


def test_what_is_wrong_is_said_for_each_item(enter):
    with pytest.raises(Problem) as refusal:
        enter("school").register("persons").create(name="江流", sex="x")
    assert refusal.value.status == 422
    assert set(refusal.value.fields) == {"sex"}


def test_a_batch_tells_of_each_row(enter, monkeypatch):
    monkeypatch.setattr("wutong.client.BATCH", 2)
    persons = enter("school").register("persons")
    rows = [{"name": f"江水{n}", **CHILD} for n in range(3)] + [{"name": "江水", "colour": "red"}]
    told = list(persons.bulk(rows, dry_run=True))
    assert [(each.line, each.outcome) for each in told] == [
        (1, "created"), (2, "created"), (3, "created"), (4, "rejected"),
    ]  # fmt: skip
    assert told[3].problems[0]["column"] == "colour"
    assert list(persons.rows(q="江水")) == []


def test_a_matter_is_found_in_the_inbox_and_read(enter):
    district = enter("district")
    waiting = list(district.inbox())
    assert waiting
    case = district.case(waiting[0].number)
    assert {"agree", "return"} <= {step["name"] for step in case.steps}
    assert case.number in {each.number for each in district.cases(open=True)}


def test_codes_search_and_who_one_is(enter):
    house = enter("district")
    assert house.code_set("sex")["codes"][1]["name"] == "男性"
    assert "district" not in house.me()["name"]
    assert all(hit["url"] for hit in house.search("田林"))


def test_a_stranger_is_refused(town: Town):
    with pytest.raises(Problem) as refusal:
        Client(town.address).me()
    assert (refusal.value.status, refusal.value.code) == (401, "not_signed_in")
