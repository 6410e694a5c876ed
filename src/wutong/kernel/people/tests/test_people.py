"""People and organisations over time: numbers, merges, moves."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wutong.kernel.audit.models import AuditEntry
from wutong.kernel.errors import Conflict, Invalid, NotAllowed
from wutong.kernel.event.models import OutboxEvent
from wutong.kernel.people import actions as people
from wutong.kernel.people.models import (
    Guardianship,
    Identifier,
    Membership,
    Organisation,
    OrganisationIdentifier,
    Person,
)
from wutong.kernel.people.queries import actor_of, find_by_number, survivor
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.factories import guardian, identity, number, person, place

pytestmark = pytest.mark.django_db(databases="__all__")
FIRST, SECOND, THIRD = identity(1), identity(3), identity(5)


def fresh(row):
    return type(row)._base_manager.get(pk=row.pk)


def held(who):
    rows = Identifier.objects.unscoped("the test's own").filter(person=who).order_by("pk")
    return [(row.opened(), row.valid_from, row.valid_to) for row in rows]


# Numbers


def test_three_numbers_follow_each_other(small_town):
    pupil = small_town.person("pupil")
    number(pupil, "identity", FIRST, valid_from=date(2015, 3, 8))
    number(pupil, "identity", SECOND, valid_from=date(2018, 5, 1))
    number(pupil, "identity", THIRD, valid_from=date(2021, 7, 1))
    assert held(pupil) == [
        (FIRST, date(2015, 3, 8), date(2018, 4, 30)),
        (SECOND, date(2018, 5, 1), date(2021, 6, 30)),
        (THIRD, date(2021, 7, 1), None),
    ]
    assert [find_by_number("identity", each) for each in (FIRST, SECOND, THIRD)] == [pupil] * 3
    assert fresh(pupil).full["identity"] == THIRD
    assert fresh(pupil).shown["identity"] != THIRD


def test_one_number_is_in_force_on_each_day(small_town):
    pupil = small_town.person("pupil")
    number(pupil, "identity", FIRST, valid_from=date(2015, 3, 8))
    number(pupil, "identity", SECOND, valid_from=date(2018, 5, 1))
    rows = Identifier.objects.unscoped("the test's own").filter(person=pupil)
    for day in (date(2018, 4, 30), date(2018, 5, 1), date(2018, 5, 2)):
        assert (day, rows.on(day).count()) == (day, 1)


def test_the_day_of_a_change_is_the_day_in_shanghai(small_town):
    """Five in the morning of the twenty-fourth there is still the twenty-third in Greenwich."""
    pupil = small_town.person("pupil")
    number(pupil, "identity", FIRST)
    at = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
    people.set_identifier(SYSTEM, pupil, kind="identity", value=SECOND, at=at)
    assert held(pupil)[0] == (FIRST, None, date(2026, 11, 23))


def test_the_same_number_again_changes_nothing(small_town):
    pupil = small_town.person("pupil")
    first = number(pupil, "identity", FIRST.lower())
    entries = AuditEntry.objects.unscoped("the test's own").count()
    assert number(pupil, "identity", f" {FIRST} ") == first
    assert AuditEntry.objects.unscoped("the test's own").count() == entries


def test_a_number_has_one_holder(small_town):
    number(small_town.person("pupil"), "identity", FIRST)
    with pytest.raises(Conflict):
        number(small_town.person("classmate"), "identity", FIRST)
    assert held(small_town.person("classmate")) == []


def test_a_number_taken_up_again_ends_the_one_between(small_town):
    pupil = small_town.person("pupil")
    for value in (FIRST, SECOND, FIRST):
        number(pupil, "identity", value)
    live = Identifier.objects.unscoped("the test's own").filter(person=pupil, valid_to__isnull=True)
    assert [row.opened() for row in live] == [FIRST]


def test_a_number_that_passed_to_another_is_not_taken_back(small_town):
    pupil, other = small_town.person("pupil"), small_town.person("classmate")
    number(pupil, "staff", "T001")
    number(pupil, "staff", "T002")
    number(other, "staff", "T001")
    assert find_by_number("staff", "T001") == other
    with pytest.raises(Conflict):
        number(pupil, "staff", "T001")


def test_a_full_number_is_shown_with_a_purpose_and_journalled(small_town):
    held_number = number(small_town.person("pupil"), "identity", FIRST)
    clerk = small_town.actor("clerk")
    with pytest.raises(Invalid):
        people.reveal_identifier(clerk, held_number, purpose="  ")
    assert people.reveal_identifier(clerk, held_number, purpose="核对学籍") == FIRST
    (entry,) = AuditEntry.objects.unscoped("the test's own").filter(action="people.reveal_identifier")
    assert entry.changes == {"purpose": "核对学籍", "kind": "identity"}
    assert (entry.actor_id, entry.subject_id) == (clerk.person_id, str(held_number.pk))
    assert FIRST not in str(entry.content())


def test_who_may_open_a_number(small_town):
    held_number = number(small_town.person("pupil"), "identity", FIRST)
    answers = {}
    for name in small_town.persons:
        try:
            answers[name] = (
                people.reveal_identifier(small_town.actor(name), held_number, purpose="核对") == FIRST
            )
        except NotAllowed:
            answers[name] = False
    assert {name for name, opened in answers.items() if opened} == {
        "city_officer", "officer", "clerk", "guardian", "pupil",
    }  # fmt: skip


# Sight


SEEN = {
    "officer": {"officer", "clerk", "head", "teacher", "class_teacher", "pupil", "classmate", "neighbour", "other_clerk", "former", "guardian"},
    "other_officer": {"other_officer", "island_clerk", "island_pupil"},
    "clerk": {"clerk", "head", "teacher", "class_teacher", "pupil", "classmate", "neighbour", "former", "guardian"},
    "head": {"clerk", "head", "teacher", "class_teacher", "pupil", "classmate", "neighbour", "former", "guardian"},
    "teacher": {"teacher"},
    "class_teacher": {"class_teacher", "pupil", "classmate", "guardian"},
    "guardian": {"guardian", "pupil"},
    "pupil": {"pupil"},
    "operator": {"operator"},
    "stranger": {"stranger"},
    "former": {"former"},
}  # fmt: skip


@pytest.mark.parametrize("who", SEEN)
def test_each_role_sees_its_own_people(small_town, who):
    seen = set(Person.objects.visible_to(small_town.actor(who)))
    assert {name for name, each in small_town.persons.items() if each in seen} == SEEN[who]
    assert len(seen) == len(SEEN[who])


def test_a_teacher_sees_the_class_that_one_teaches(small_town):
    teacher = small_town.person("teacher")
    people.join(
        SYSTEM, small_town.place("second"), person=teacher, role="teacher", valid_from=date(2025, 9, 1)
    )
    seen = set(Person.objects.visible_to(actor_of(teacher)))
    assert seen == {teacher, small_town.person("neighbour")}


def test_a_guardianship_that_ended_opens_nothing(small_town):
    child = small_town.person("classmate")
    once = guardian("赵爸爸", child, "51", valid_to=date(2024, 8, 31))
    assert list(Person.objects.visible_to(actor_of(once))) == [once]


def test_roles_are_those_of_the_day(small_town):
    former = small_town.person("former")
    assert [role.name for role in actor_of(former, date(2024, 8, 31)).roles] == ["clerk"]
    assert actor_of(former, date(2024, 9, 1)).roles == ()


def test_a_school_keeps_the_record_of_its_pupils_parents(small_town):
    parent = small_town.person("guardian")
    assert people.change_person(small_town.actor("clerk"), parent, phone="13900000000").phone == "13900000000"
    with pytest.raises(NotAllowed):
        people.change_person(small_town.actor("island_clerk"), parent, phone="13900000001")


def test_a_clerk_writes_in_the_own_school_alone(small_town):
    clerk = small_town.actor("clerk")
    with pytest.raises(NotAllowed):
        people.add_person(clerk, small_town.place("xiangyang"), name="张三")
    with pytest.raises(NotAllowed):
        people.change_person(clerk, small_town.person("island_pupil"), name="改了")
    assert people.add_person(clerk, small_town.place("first"), name="张三").name == "张三"


# Organisations


def test_a_moved_school_takes_its_classes_along(small_town):
    gaoan, chongming = small_town.place("gaoan"), small_town.place("chongming")
    people.change_organisation(SYSTEM, gaoan, parent=chongming)
    path = fresh(gaoan).path
    assert path == chongming.path + f"{gaoan.pk:08d}"
    assert [fresh(small_town.place(name)).path for name in ("first", "second")] == [
        path + f"{small_town.place(name).pk:08d}" for name in ("first", "second")
    ]
    pupil = small_town.person("pupil")
    assert Person.objects.visible_to(small_town.actor("other_officer")).filter(pk=pupil.pk).exists()
    assert not Person.objects.visible_to(small_town.actor("officer")).filter(pk=pupil.pk).exists()


def test_nothing_moves_below_itself(small_town):
    with pytest.raises(Invalid):
        people.change_organisation(SYSTEM, small_town.place("gaoan"), parent=fresh(small_town.place("first")))
    assert fresh(small_town.place("gaoan")).parent_id == small_town.place("xuhui").pk


def test_who_moves_a_school_keeps_both_places(small_town):
    with pytest.raises(NotAllowed):
        people.change_organisation(
            small_town.actor("officer"), small_town.place("gaoan"), parent=small_town.place("chongming")
        )
    moved = people.change_organisation(
        small_town.actor("city_officer"),
        fresh(small_town.place("gaoan")),
        parent=small_town.place("chongming"),
    )
    assert fresh(moved).path.startswith(small_town.place("chongming").path)


def test_an_organisation_is_there_from_a_day_to_a_day(small_town):
    made = place(
        small_town.place("xuhui"), "school", "新学校", valid_from=date(2025, 9, 1), valid_to=date(2026, 8, 31)
    )
    rows = Organisation.objects.unscoped("the test's own").filter(pk=made.pk)
    days = (date(2025, 8, 31), date(2025, 9, 1), date(2026, 8, 31), date(2026, 9, 1))
    assert [rows.on(day).exists() for day in days] == [False, True, True, False]


def test_a_code_passes_to_a_successor(small_town):
    gaoan, xiangyang = small_town.place("gaoan"), small_town.place("xiangyang")
    people.set_organisation_code(SYSTEM, gaoan, system="学校代码", value="040001")
    with pytest.raises(Conflict):
        people.set_organisation_code(SYSTEM, xiangyang, system="学校代码", value="040001")
    people.set_organisation_code(SYSTEM, gaoan, system="学校代码", value="040002")
    people.set_organisation_code(SYSTEM, xiangyang, system="学校代码", value="040001")
    live = OrganisationIdentifier.objects.unscoped("the test's own").filter(
        system="学校代码", valid_to__isnull=True
    )
    assert dict(live.values_list("organisation", "value")) == {gaoan.pk: "040002", xiangyang.pk: "040001"}


# Merges


def rows_of(*who):
    """Everything that is kept of some persons, to be compared before and after."""
    return [
        list(model._base_manager.filter(**{f"{field}__in": who}).order_by("pk").values())
        for model, field in people.PERSONAL
    ]


def test_a_merge_moves_what_was_kept_and_is_announced(small_town):
    winner, loser = small_town.person("pupil"), small_town.person("neighbour")
    number(loser, "pupil_national", "G310104201503080012")
    merge = people.merge_persons(small_town.actor("officer"), winner, loser=loser, reason="重复登记")
    assert fresh(loser).merged_into == winner
    assert survivor(fresh(loser)) == winner
    assert find_by_number("pupil_national", "G310104201503080012") == winner
    assert {row.organisation_id for row in Membership._base_manager.filter(person=winner)} == {
        small_town.place("first").pk, small_town.place("second").pk,
    }  # fmt: skip
    event = OutboxEvent.objects.filter(name="people.person_merged.v1").latest("pk")
    assert event.payload == {"winner_id": winner.pk, "loser_id": loser.pk, "merge_id": merge.pk}


def test_a_merge_is_for_the_office_over_both_and_has_a_reason(small_town):
    winner, loser = small_town.person("pupil"), small_town.person("island_pupil")
    for who in ("clerk", "officer", "other_officer"):
        with pytest.raises(NotAllowed):
            people.merge_persons(small_town.actor(who), winner, loser=loser, reason="重复登记")
    city = small_town.actor("city_officer")
    for other, reason in ((loser, " "), (winner, "重复登记")):
        with pytest.raises(Invalid):
            people.merge_persons(city, winner, loser=other, reason=reason)
    assert people.merge_persons(city, winner, loser=loser, reason="重复登记").undone is None


def test_what_was_merged_is_not_merged_again_nor_undone_twice(small_town):
    one, two, three = (small_town.person(name) for name in ("pupil", "classmate", "neighbour"))
    merge = people.merge_persons(SYSTEM, one, loser=two, reason="重复登记")
    with pytest.raises(Invalid):
        people.merge_persons(SYSTEM, three, loser=fresh(two), reason="重复登记")
    people.unmerge_persons(SYSTEM, merge)
    with pytest.raises(Conflict):
        people.unmerge_persons(SYSTEM, fresh(merge))


def test_merges_are_undone_from_the_last(small_town):
    """What came to the second in the first merge went on to the third: it cannot be put back past it."""
    one, two, three = (small_town.person(name) for name in ("pupil", "classmate", "neighbour"))
    before = rows_of(one, two, three)
    first = people.merge_persons(SYSTEM, two, loser=one, reason="重复登记")
    second = people.merge_persons(SYSTEM, three, loser=two, reason="重复登记")
    assert survivor(fresh(one)) == three
    with pytest.raises(Conflict):
        people.unmerge_persons(SYSTEM, fresh(first))
    people.unmerge_persons(SYSTEM, fresh(second))
    people.unmerge_persons(SYSTEM, fresh(first))
    assert rows_of(one, two, three) == before


DAYS = st.integers(0, 3).map(lambda n: date(2021, 9, 1) + timedelta(days=365 * n))
PLACES = st.sampled_from(["gaoan", "first", "second", "island"])
MEMBERSHIPS = st.lists(
    st.tuples(PLACES, st.sampled_from(["pupil", "teacher"]), DAYS), max_size=4, unique=True
)
NUMBERS = st.lists(st.sampled_from(["identity", "staff", "pupil_national"]), max_size=4)
FAMILY = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.booleans()), max_size=3, unique_by=lambda each: each[0]
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(MEMBERSHIPS, NUMBERS, FAMILY), st.tuples(MEMBERSHIPS, NUMBERS, FAMILY))
def test_undoing_a_merge_restores_every_row(small_town, one, two):
    relatives = {name: person(name, small_town.place("gaoan"), "teacher") for name in "abc"}
    who = [someone(small_town, relatives, facts, sequence) for sequence, facts in enumerate((one, two))]
    before = rows_of(*who)
    merge = people.merge_persons(SYSTEM, who[0], loser=who[1], reason="重复登记")
    moved = rows_of(*who)
    people.unmerge_persons(SYSTEM, fresh(merge))
    assert rows_of(*who) == before
    assert [sum(map(len, rows)) for rows in (before, moved)] == [sum(map(len, before))] * 2
    assert fresh(who[1]).merged_into is None


def someone(town, relatives, facts, sequence):
    memberships, kinds, family = facts
    made = people.add_person(SYSTEM, None, name=f"某{sequence}")
    for where, role, day in memberships:
        people.join(SYSTEM, town.place(where), person=made, role=role, valid_from=day)
    for n, kind in enumerate(kinds):
        number(made, kind, f"{kind}{made.pk}{n}", valid_from=date(2020, 1, 1) + timedelta(days=n))
    for name, is_child in family:
        child, adult = (made, relatives[name]) if is_child else (relatives[name], made)
        people.set_guardianship(SYSTEM, child, guardian=adult, relation="52")
    return made


def test_twins_stay_with_the_loser(small_town):
    """One fact is not kept twice: the same membership, the same guardian, and oneself as one's guardian."""
    winner, loser = small_town.person("pupil"), small_town.person("classmate")
    mother = small_town.person("guardian")
    people.set_guardianship(SYSTEM, loser, guardian=mother, relation="52")
    people.merge_persons(SYSTEM, winner, loser=loser, reason="重复登记")
    assert Membership._base_manager.filter(person=loser).count() == 1
    assert list(
        Guardianship._base_manager.filter(guardian=mother).values_list("child", flat=True).order_by("pk")
    ) == [winner.pk, loser.pk]


def test_leaving_ends_and_striking_out_removes(small_town):
    rows = Membership.objects.unscoped("the test's own").filter(person=small_town.person("pupil"))
    membership = rows.get()
    with pytest.raises(Invalid):
        people.leave(SYSTEM, membership, last_day=date(2020, 8, 31))
    people.leave(SYSTEM, membership, last_day=date(2026, 6, 30))
    assert rows.get().valid_to == date(2026, 6, 30)
    key = membership.pk
    people.remove_membership(SYSTEM, membership)
    assert rows.count() == 0
    entry = AuditEntry.objects.unscoped("the test's own").latest("sequence")
    assert (entry.action, entry.subject_id) == ("people.remove_membership", str(key))
