"""People in the store: no name in any table, and nobody to be found once their key is gone."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connections

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import NotAllowed
from wutong.platforms.learning.records import api, persons
from wutong.platforms.learning.records.store import attachments, database, people
from wutong.platforms.learning.records.store.schema import NAMES
from wutong.platforms.learning.records.tests.lrs import (
    Lrs,
    agent,
    attachment,
    key,
    multipart,
    statement,
    text,
)

pytestmark = pytest.mark.django_db(databases="__all__")


def everything() -> bytes:
    """All values of all tables of the store."""
    found = [database.rows(f"SELECT * FROM records_{name}") for name in NAMES]
    return repr(found).encode("utf-8", "replace")


@pytest.fixture
def pupil(small_town: Any) -> Any:
    return small_town.person("pupil")


def about_pupil(pupil: Any, **more: Any) -> dict[str, Any]:
    return statement(**more) | {"actor": api.agent_of(pupil.pk) | {"name": "李小梅"}}


def test_no_table_tells_a_name_or_an_identifier(lrs: Lrs):
    who = agent("310104201503080012", name="李小梅")
    team = {"objectType": "Group", "name": "梧桐小队", "mbox": "mailto:team@school.example", "member": [who]}
    lrs.post(statement(context={"instructor": who, "team": team}) | {"actor": who, "object": who})
    lrs.send("PUT", "activities/state", b"x", activityId="https://a.example/1", agent=who, stateId="s")
    kept = everything()
    for secret in ("310104201503080012", "李小梅", "梧桐小队", "team@school.example"):
        assert secret.encode() not in kept and repr(secret.encode())[2:-1].encode() not in kept
    assert lrs.found()[0]["context"]["team"] == team


def test_an_erased_person_is_a_number_that_is_still_counted(lrs: Lrs, pupil: Any, small_town: Any):
    lrs.post(*(about_pupil(pupil, thing=f"https://a.example/{n}") for n in range(3)), statement())
    where = {"activityId": "https://a.example/1", "agent": api.agent_of(pupil.pk), "stateId": "s"}
    lrs.send("PUT", "activities/state", b"x", **where)
    before = lrs.found()
    assert api.erase_record(small_town.actor("pupil"), pupil, reason="本人要求") == 1
    after = lrs.found()
    assert [each["id"] for each in after] == [each["id"] for each in before]
    erased = {str(each["actor"]) for each in after if "/erased" in str(each["actor"])}
    assert len(erased) == 1 and "李小梅" not in str(after) and f"person-{pupil.pk}" not in str(after)
    assert lrs.ids(agent=api.agent_of(pupil.pk)) == []
    assert lrs.send("GET", "activities/state", **where).status_code == 404
    assert lrs.send("GET", "agents", agent=api.agent_of(pupil.pk)).json().get("name") is None
    assert after[0]["actor"] == agent("li")


def test_who_comes_again_after_erasure_is_somebody_new(lrs: Lrs, pupil: Any, small_town: Any):
    lrs.post(about_pupil(pupil))
    api.erase_record(small_town.actor("pupil"), pupil, reason="本人要求")
    (id,) = lrs.post(about_pupil(pupil))
    assert lrs.ids(agent=api.agent_of(pupil.pk)) == [id]


def test_attachments_of_the_erased_go_unless_somebody_else_brought_the_same(
    lrs: Lrs, pupil: Any, small_town: Any
):
    own, shared = b"my picture", b"the school song"
    for one, files in ((about_pupil(pupil), (own, shared)), (statement(), (shared,))):
        body = multipart(one | {"attachments": [attachment(data) for data in files]}, *files)
        lrs.send("POST", "statements", body, type="multipart/mixed; boundary=oak")
    api.erase_record(small_town.actor("pupil"), pupil, reason="本人要求")
    response = text(lrs.send("GET", "statements", attachments="true"))
    assert own not in response and shared in response


def test_a_persons_record_is_one_list_over_all_stores(lrs: Lrs, pupil: Any, small_town: Any):
    school = key(small_town.place("gaoan"))
    ids = [
        each.post(about_pupil(pupil, thing=f"https://a.example/{n}"))[0]
        for n, each in enumerate([lrs, school] * 3)
    ]
    lrs.post(statement())
    actor = small_town.actor("pupil")
    first = api.statements_of(actor, pupil, purpose="", limit=4)
    second = api.statements_of(actor, pupil, purpose="", limit=4, after=first.after)
    assert [each["id"] for each in first.statements + second.statements] == ids[::-1]
    assert second.after is None
    assert [each["id"] for each in api.whole_record(pupil)] == ids[0::2] + ids[1::2]


def test_ones_whole_record_is_accepted_by_another_store(lrs: Lrs, pupil: Any, small_town: Any):
    lrs.post(*(about_pupil(pupil, result={"score": {"scaled": n / 5}}) for n in range(5)))
    record = list(api.whole_record(pupil))
    other = key(small_town.place("harbour"))
    assert other.post(*record) == [each["id"] for each in record]
    assert [each["result"] for each in other.found(ascending="true")] == [each["result"] for each in record]


def test_looking_at_somebody_elses_record_is_journalled_with_its_purpose(
    lrs: Lrs, pupil: Any, small_town: Any
):
    lrs.post(about_pupil(pupil))
    for name in ("pupil", "class_teacher", "guardian"):
        api.statements_of(small_town.actor(name), pupil, purpose="期末评语")
    for name in ("classmate", "neighbour", "other_clerk", "island_clerk", "stranger", "operator"):
        with pytest.raises(NotAllowed):
            api.statements_of(small_town.actor(name), pupil, purpose="好奇")
    entries = AuditEntry.objects.unscoped("what was journalled").filter(action="records.open_record")
    assert [(each.actor_name, each.changes) for each in entries.order_by("sequence")] == [
        ("林班任", {"purpose": "期末评语"}),
        ("李妈妈", {"purpose": "期末评语"}),
    ]


def test_software_that_reads_a_record_is_noted_once_a_day(lrs: Lrs, pupil: Any, small_town: Any):
    lrs.post(about_pupil(pupil), statement())
    reader = key(small_town.place("city"), "all/read", name="报表")
    for _again in range(3):
        reader.ids(agent=api.agent_of(pupil.pk))
    assert len(persons.readers(pupil)) == 1
    assert people.agents_of([]) == {}


def test_keys_and_names_are_wiped_from_the_file_not_only_from_the_table():
    """SQLite leaves what was deleted in the file's free pages unless it is told to wipe them."""
    connection = connections[database.alias()]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA secure_delete").fetchone() == (1,)


def test_files_of_the_store_are_private(lrs: Lrs):
    body = multipart(statement(attachments=[attachment(b"x")]), b"x")
    lrs.send("POST", "statements", body, type="multipart/mixed; boundary=oak")
    top = Path(attachments.settings.DATA_DIR / "records")
    modes = {path.stat().st_mode & 0o077 for path in top.rglob("*")}
    assert modes == {0}
