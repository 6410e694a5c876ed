"""The journal holds, and says from which entry on it does not."""

import pytest
from django.db import connection

from wutong.kernel.audit.api import journal
from wutong.kernel.audit.chain import seal, verify
from wutong.kernel.audit.models import AuditEntry, AuditHead
from wutong.kernel.audit.request import set_request_id
from wutong.kernel.policy import SYSTEM

pytestmark = pytest.mark.django_db(databases="__all__")
TABLE = AuditEntry._meta.db_table


@pytest.fixture(autouse=True)
def six_entries():
    for number in range(1, 7):
        journal(SYSTEM, f"trial.step{number}", SYSTEM, step=number, who="施老师")


def entry(sequence):
    return AuditEntry.objects.unscoped("the test's own").get(sequence=sequence)


def run(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def broken():
    verdict = verify()
    return verdict.broken, verdict.reason


def insert(row):
    """Puts an entry into the table as somebody with the database's password would."""
    AuditEntry.objects.bulk_create([row])


def forged(sequence, previous):
    row = AuditEntry(
        sequence=sequence,
        at=entry(1).at,
        actor_name="某人",
        action="trial.forged",
        subject_kind="actor",
        previous=previous,
    )
    row.digest = seal(row.content())
    return row


def test_what_was_not_touched_holds():
    verdict = verify()
    assert (verdict.entries, verdict.head, verdict.broken, verdict.reason) == (6, entry(6).digest, None, "")


def test_an_empty_journal_holds():
    run(f"DELETE FROM {TABLE}")
    AuditHead.objects.all().delete()
    assert (verify().entries, broken()) == (0, (None, ""))


@pytest.mark.parametrize(
    "change",
    ["actor_name = '别人'", "action = 'trial.other'", "changes = '{\"step\": 9}'", "at = '2020-01-01 00:00:00'",
     "subject_id = '9'", "organisation_path = '00000001'", "request_id = 'x'", "actor_id = 9"],
)  # fmt: skip
def test_an_edited_entry_is_found(change):
    run(f"UPDATE {TABLE} SET {change} WHERE sequence = 3")
    assert broken() == (3, "edited")


def test_an_entry_that_was_edited_and_sealed_anew_is_found_at_the_next():
    row = entry(3)
    row.actor_name = "别人"
    run(f"UPDATE {TABLE} SET actor_name = '别人', digest = %s WHERE sequence = 3", seal(row.content()))
    assert broken() == (4, "edited")


def test_the_last_entry_cannot_be_sealed_anew_either():
    row = entry(6)
    row.actor_name = "别人"
    run(f"UPDATE {TABLE} SET actor_name = '别人', digest = %s WHERE sequence = 6", seal(row.content()))
    assert broken() == (6, "edited")


@pytest.mark.parametrize("sequence", [1, 3, 5])
def test_a_deleted_entry_is_found(sequence):
    run(f"DELETE FROM {TABLE} WHERE sequence = %s", sequence)
    assert broken() == (sequence, "missing")


def test_a_cut_off_end_is_found():
    run(f"DELETE FROM {TABLE} WHERE sequence > 4")
    assert broken() == (5, "cut off")


def test_a_journal_cut_off_as_a_whole_is_found():
    run(f"DELETE FROM {TABLE}")
    assert broken() == (1, "cut off")


def test_an_entry_put_in_at_the_end_is_found():
    insert(forged(7, entry(6).digest))
    assert broken() == (7, "inserted")


def test_an_entry_put_in_between_is_found():
    run(f"UPDATE {TABLE} SET sequence = sequence + 100 WHERE sequence > 3")
    run(f"UPDATE {TABLE} SET sequence = sequence - 99 WHERE sequence > 100")
    insert(forged(4, entry(3).digest))
    assert broken() == (5, "edited")


def test_entries_in_another_order_are_found():
    run(f"UPDATE {TABLE} SET sequence = 100 WHERE sequence = 2")
    run(f"UPDATE {TABLE} SET sequence = 2 WHERE sequence = 3")
    run(f"UPDATE {TABLE} SET sequence = 3 WHERE sequence = 100")
    assert broken() == (2, "edited")


def test_an_entry_says_in_which_request_it_was_made():
    set_request_id("request-7")
    journal(SYSTEM, "trial.asked", SYSTEM)
    set_request_id("")
    assert (entry(7).request_id, entry(6).request_id, broken()) == ("request-7", "", (None, ""))


def test_the_journal_of_a_place_is_seen_from_there_and_ones_own_by_oneself(small_town):
    clerk = small_town.actor("clerk")
    journal(clerk, "trial.seen", small_town.place("first"))
    rows = {
        name: AuditEntry.objects.visible_to(small_town.actor(name)).filter(action="trial.seen").count()
        for name in ("clerk", "officer", "head", "other_clerk", "other_officer", "pupil", "stranger")
    }
    assert rows == {
        "clerk": 1,
        "officer": 1,
        "head": 1,
        "other_clerk": 0,
        "other_officer": 0,
        "pupil": 0,
        "stranger": 0,
    }
