"""What is past its time goes, with everything that led to it; what another rule keeps longer stays."""

import time
from typing import Any

import pytest

from wutong.kernel.errors import Invalid, NotAllowed
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.conformance import RegisterConformance
from wutong.platforms.learning.records import api
from wutong.platforms.learning.records.retention import retain, save_retention
from wutong.platforms.learning.records.store import attachments, database
from wutong.platforms.learning.records.store.schema import DAY
from wutong.platforms.learning.records.tests.lrs import (
    PASSED,
    Lrs,
    about,
    agent,
    attachment,
    key,
    multipart,
    statement,
)

pytestmark = pytest.mark.django_db(databases="__all__")
MET = "https://school.example/verbs/met"


class TestRetentions(RegisterConformance):
    register_name = "retentions"

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        return {"organisation": school.name, "verb": f"https://school.example/verbs/{n}", "days": 30 + n}


def rule(place: Organisation, verb: str, days: int) -> None:
    save_retention(SYSTEM, place, retention=None, verb=verb, days=days)


@pytest.fixture
def old(lrs: Lrs, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The clock of the machine as it stood forty days ago, until it is set right."""
    now = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: now() - 40 * DAY * 1000)
    return monkeypatch.undo


def test_old_statements_go_by_their_verb_and_newer_ones_stay(lrs: Lrs, small_town: Any, old: Any):
    city = small_town.place("city")
    lrs.post(statement(), statement(verb=MET), statement(verb=MET, thing="https://a.example/2"))
    other = key(small_town.place("gaoan"))
    (elsewhere,) = other.post(statement(verb=MET))
    old()
    (fresh,) = lrs.post(statement(verb=MET))
    rule(city, MET, 30)
    assert retain() == "已删除 2 条过期的学习记录。"
    assert [each["verb"]["id"] for each in lrs.found(ascending="true")] == [PASSED, MET]
    assert lrs.ids(verb=MET) == [fresh] and other.ids() == [elsewhere]
    rule(city, "", 10)
    retain()
    assert lrs.ids() == [fresh]


def test_a_rule_for_a_verb_stands_before_the_one_for_all(lrs: Lrs, small_town: Any, old: Any):
    lrs.post(statement())
    (kept,) = lrs.post(statement(verb=MET))
    old()
    for verb, days in (("", 10), (MET, 100)):
        rule(small_town.place("city"), verb, days)
    retain()
    assert lrs.ids() == [kept]


def test_what_led_to_a_statement_goes_with_it(lrs: Lrs, small_town: Any, old: Any):
    team = {"objectType": "Group", "member": [agent("sun")]}
    one = statement(context={"team": team}, attachments=[attachment(b"essay")])
    (id,) = lrs.send(
        "POST", "statements", multipart(one, b"essay"), type="multipart/mixed; boundary=oak"
    ).json()
    lrs.post(about(id))
    old()
    rule(small_town.place("city"), "", 1)
    retain()
    assert lrs.ids(agent=agent("li")) == lrs.ids(agent=agent("sun"), related_agents="true") == []
    for table in ("statement", "id", "related", "echo", "attachment"):
        assert database.rows(f"SELECT * FROM records_{table}") == []
    assert attachments.of(small_town.place("city").pk, [one["attachments"][0]["sha2"]]) == []


def test_a_verb_is_an_iri_and_a_rule_is_ones_own_organisations(small_town: Any):
    school = small_town.place("gaoan")
    with pytest.raises(Invalid):
        rule(school, "met", 30)
    with pytest.raises(NotAllowed):
        save_retention(small_town.actor("island_clerk"), school, retention=None, verb="", days=1)


def test_when_it_was_goes_with_the_statement(lrs: Lrs, small_town: Any, old: Any):
    pupil = api.agent_of(small_town.person("pupil").pk)
    lrs.post(statement(timestamp="2019-03-01T08:00:00Z") | {"actor": pupil}, statement())
    assert database.rows("SELECT at FROM records_moment") == [(1_551_427_200_000_000,)]
    old()
    rule(small_town.place("city"), "", 10)
    retain()
    assert (lrs.ids(), database.rows("SELECT at FROM records_moment")) == ([], [])
