"""The verb: refused before anything is touched, written once, journalled, announced, or none of it."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import (
    HIDDEN,
    TITLES,
    Hidden,
    RowsChanged,
    action,
    change,
    create,
    current,
    note,
    outcomes,
    plain,
    remove,
)
from wutong.kernel.audit.chain import verify
from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import Conflict, NotAllowed
from wutong.kernel.event.models import OutboxEvent
from wutong.kernel.people.models import Identifier, Organisation, Person
from wutong.kernel.policy import SYSTEM, everyone, nobody, over
from wutong.kernel.testing.factories import identity, number

pytestmark = pytest.mark.django_db(databases="__all__")
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
touched: list[str] = []


@action("trial.rename", title=_("改名"), allow=over("clerk"))
def rename(actor, person, *, name, at):
    return change(person, name=name)


@action("trial.forbidden", title=_("改名"), allow=nobody)
def forbidden(actor, person, *, at):
    touched.append(person.name)
    return change(person, name="改了")


@action("trial.break_off", title=_("改名"), allow=everyone)
def break_off(actor, person, *, at):
    rename(actor, person, name="改了", at=at)
    raise ZeroDivisionError


@action("trial.rename_both", title=_("改名"), allow=everyone)
def rename_both(actor, people, *, at):
    for person in people:
        rename(actor, person, name=f"{person.name}同学", at=at)


@action("trial.look", title=_("查看"), allow=everyone)
def look(actor, person, *, why, at):
    note(why=why)
    return person.name


@action("trial.enter", title=_("登记"), allow=everyone)
def enter(actor, place, *, name, at):
    return create(Person(name=name, phone="13800000000"))


@action("trial.strike", title=_("删除"), allow=everyone)
def strike(actor, person, *, at):
    remove(person)


def entries():
    return list(
        AuditEntry.objects.unscoped("the test's own").filter(action__startswith="trial.").order_by("sequence")
    )


def announced():
    return OutboxEvent.objects.filter(name=RowsChanged.name()).count()


def stored(person):
    return Person._base_manager.get(pk=person.pk)


def test_a_change_is_written_journalled_and_announced(small_town):
    pupil, clerk, before = small_town.person("pupil"), small_town.actor("clerk"), announced()
    assert rename(clerk, pupil, name="李大梅", at=AT) is pupil
    assert (stored(pupil).name, stored(pupil).version) == ("李大梅", 2)
    (entry,) = entries()
    assert (entry.actor_id, entry.action, entry.at) == (clerk.person_id, "trial.rename", AT)
    assert (entry.subject_kind, entry.subject_id) == ("people.person", str(pupil.pk))
    assert entry.changes == {"person.name": ["李小梅", "李大梅"]}
    assert entry.organisation_path == small_town.place("first").path
    assert announced() == before + 1
    assert OutboxEvent.objects.latest("pk").payload == {"rows": [["people.person", pupil.pk]]}


def test_refused_before_anything_is_touched(small_town):
    pupil, before = small_town.person("pupil"), announced()
    with pytest.raises(NotAllowed):
        forbidden(small_town.actor("city_officer"), pupil)
    with pytest.raises(NotAllowed):
        rename(small_town.actor("other_clerk"), pupil, name="改了")
    assert (touched, entries(), announced(), stored(pupil).name) == ([], [], before, "李小梅")


def test_what_changes_nothing_leaves_no_trace(small_town):
    pupil, before = small_town.person("pupil"), announced()
    with outcomes() as seen:
        rename(SYSTEM, pupil, name="李小梅")
    assert (seen, entries(), announced(), stored(pupil).version) == (["unchanged"], [], before, 1)


def test_a_failure_leaves_neither_row_nor_entry_nor_announcement(small_town):
    pupil, before = small_town.person("pupil"), announced()
    with outcomes() as seen, pytest.raises(ZeroDivisionError):
        break_off(SYSTEM, pupil)
    assert (entries(), announced(), stored(pupil).name) == ([], before, "李小梅")
    assert verify().broken is None
    assert seen == ["updated"]
    with pytest.raises(RuntimeError):
        current()


def test_what_an_outer_transaction_undoes_was_never_journalled(small_town):
    pupil, before = small_town.person("pupil"), announced()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        rename(SYSTEM, pupil, name="改了")
        raise ZeroDivisionError
    assert (entries(), announced(), stored(pupil).name) == ([], before, "李小梅")


def test_verbs_within_a_verb_have_entries_of_their_own(small_town):
    both = [small_town.person("pupil"), small_town.person("classmate")]
    with outcomes() as seen:
        rename_both(SYSTEM, both)
    assert [entry.action for entry in entries()] == ["trial.rename", "trial.rename"]
    assert seen == ["updated", "updated", "unchanged"]


def test_who_wrote_meanwhile_wins(small_town):
    mine, theirs = stored(small_town.person("pupil")), stored(small_town.person("pupil"))
    rename(SYSTEM, theirs, name="先到")
    with pytest.raises(Conflict):
        rename(SYSTEM, mine, name="后到")
    assert stored(mine).name == "先到"
    assert [entry.changes["person.name"][1] for entry in entries()] == ["先到"]


def test_a_look_is_journalled_with_its_reason(small_town):
    assert look(small_town.actor("clerk"), small_town.person("pupil"), why="核对学籍") == "李小梅"
    (entry,) = entries()
    assert entry.changes == {"why": "核对学籍"}


def test_what_is_made_and_what_is_struck_out_are_kept_in_the_journal(small_town):
    made = enter(SYSTEM, None, name="新同学")
    strike(SYSTEM, made)
    first, second = entries()
    assert first.changes["person.name"] == [None, "新同学"]
    assert second.changes["person.name"] == ["新同学", None]
    assert "person.address" not in first.changes


def test_secrets_are_journalled_as_dots(small_town):
    value = identity(7)
    held = number(small_town.person("pupil"), "identity", value)
    rows = AuditEntry.objects.unscoped("the test's own").filter(subject_kind="people.identifier")
    (entry,) = rows.filter(subject_id=str(held.pk))
    assert entry.changes["identifier.sealed"] == [None, HIDDEN]
    assert entry.changes["identifier.digest"] == [None, HIDDEN]
    assert value not in str(entry.content())
    assert bytes(held.digest).hex() not in str(entry.content())


def test_a_hidden_value_is_compared_by_what_it_hides():
    assert Hidden(b"one") == Hidden(memoryview(b"one"))
    assert Hidden(b"one") != Hidden(b"two")
    assert (str(Hidden(b"one")), Hidden(b"one") == HIDDEN) == (HIDDEN, False)


def test_the_journal_keeps_json_alone():
    assert plain((AT, {1}, b"secret")) == ["2026-11-23T04:00:00+00:00", [1], HIDDEN]


def test_rows_are_written_inside_a_verb_only(small_town):
    before = Organisation._base_manager.count()
    with pytest.raises(RuntimeError):
        create(Organisation(kind="school", name="无名小学"))
    assert Organisation._base_manager.count() == before
    with pytest.raises(RuntimeError):
        change(small_town.person("pupil"), name="改了")
    assert stored(small_town.person("pupil")).name == "李小梅"


def test_each_verb_has_words():
    assert str(TITLES["trial.rename"]) == "改名"
    assert {"sealed", "digest"} == Identifier.AUDIT_HIDDEN
