"""Who sees whom: each row looked at in turn for who sees much or knows the rows, else gathered from the few in sight."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection, connections, transaction
from django.db.models import QuerySet

from wutong.kernel.people import actions as people
from wutong.kernel.people.models import Guardianship, Membership, Person
from wutong.kernel.people.tests.areas import kept, lacking, needed
from wutong.kernel.policy import AREAS, SYSTEM, Actor, area
from wutong.kernel.prepared import Prepared
from wutong.kernel.testing.factories import NAMES, SINCE, Town

pytestmark = pytest.mark.django_db


@Prepared
def _visible(model: type[Person], actor: Actor) -> QuerySet:
    return model.objects.visible_to(actor).values_list("pk", flat=True)


@pytest.mark.parametrize("model", [Person, Membership, Guardianship])
def test_both_ways_of_asking_find_the_same(small_town, monkeypatch, model):
    for child, guardian, until in (
        ("island_pupil", "stranger", None),
        ("neighbour", "former", None),
        ("classmate", "guardian", date(2020, 1, 1)),
    ):
        people = {"child": small_town.person(child), "guardian": small_town.person(guardian)}
        Guardianship.objects.create(**people, relation="57", valid_to=until)
    monkeypatch.setattr(Actor, "sees_much", False)
    found = {}
    for login in NAMES:
        actor = small_town.actor(login)
        gathered, in_turn = (model._base_manager.filter(model.scope(a)) for a in (actor, actor.with_keys()))
        found[login] = sorted(gathered.values_list("pk", flat=True))
        assert sorted(in_turn.values_list("pk", flat=True)) == found[login]
        # The keys are part of the question: what is prepared for one way is not asked in the other.
        assert [sorted(_visible(model, a)) for a in (actor, actor.with_keys())] == [found[login]] * 2
    assert len({tuple(keys) for keys in found.values()}) > 3


def test_districts_have_bits_of_their_own_and_the_city_has_none(small_town):
    bits = [area(small_town.place(name).path) for name in ("xuhui", "gaoan", "first", "chongming", "city")]
    assert bits[0] == bits[1] == bits[2] and bits[4] == 0
    assert bits[3] and not bits[3] & bits[0]
    assert 0 < max(area(f"00000001{key:08d}") for key in range(200)) < 1 << AREAS


def test_the_bits_of_a_town_are_those_of_its_places(small_town):
    assert kept() == needed()


STEPS: dict[str, Callable[..., object]] = {
    "joins in another district": lambda town: people.join(
        SYSTEM, town.place("island"), person=town.person("pupil"), role="pupil", valid_from=SINCE
    ),
    "is given a guardian": lambda town: people.set_guardianship(
        SYSTEM, town.person("island_pupil"), guardian=town.person("stranger"), relation="52"
    ),
    "turns out to be another": lambda town: people.merge_persons(
        SYSTEM, town.person("island_pupil"), loser=town.person("pupil"), reason="同一人"
    ),
    "a guardian turns out to be another": lambda town: people.merge_persons(
        SYSTEM, town.person("stranger"), loser=town.person("guardian"), reason="同一人"
    ),
    "the school comes to another district": lambda town: people.change_organisation(
        SYSTEM, town.place("gaoan"), parent=town.place("chongming")
    ),
}


@pytest.mark.parametrize("step", STEPS)
def test_whatever_happens_nobody_lacks_a_district(small_town, step):
    """Bits may be left over from places that were; more of them show nobody, as a test below says."""
    STEPS[step](small_town)
    assert lacking() == set()


def test_after_a_merge_that_is_undone_nobody_lacks_a_district(small_town):
    winner, loser = small_town.person("island_pupil"), small_town.person("pupil")
    merge = people.merge_persons(SYSTEM, winner, loser=loser, reason="同一人")
    people.unmerge_persons(SYSTEM, merge)
    people.join(SYSTEM, small_town.place("harbour"), person=winner, role="pupil", valid_from=SINCE)
    assert lacking() == set()


def test_bits_show_nobody(small_town):
    """Bits of other districts, left over or shared, and all of them at once, change nothing in what is seen."""
    officers = [small_town.actor(name) for name in ("officer", "other_officer", "city_officer")]

    def seen() -> list[list[object]]:
        return [
            list(model._base_manager.filter(model.scope(actor)).order_by("pk"))
            for model in (Person, Guardianship)
            for actor in officers
        ]

    before = seen()
    Person._base_manager.update(areas=(1 << AREAS) - 1)
    assert seen() == before


def test_a_house_of_before_is_given_its_bits(small_town):
    before = kept()
    Person._base_manager.update(areas=0)
    migration = import_module("wutong.kernel.people.migrations.0006_person_by_name_and_area")
    for _turn in range(2):
        migration.spread(apps, connection.schema_editor())
        assert kept() == before


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True, databases="__all__")
@pytest.mark.parametrize("first", ["school", "guardian"])
def test_a_school_and_a_guardian_that_come_to_a_child_at_once_hear_of_each_other(town_of_this_module, first):
    town = town_of_this_module()
    steps = {"school": STEPS["joins in another district"], "guardian": a_stranger_becomes_guardian}
    written, waited = threading.Event(), threading.Event()

    def second() -> None:
        try:
            assert written.wait(30)
            next(step for name, step in steps.items() if name != first)(town)
        finally:
            waited.set()
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        with transaction.atomic():
            steps[first](town)
            written.set()
            waited.wait(1)
        other.result(60)
    assert lacking() == set()


def a_stranger_becomes_guardian(town: Town) -> None:
    people.set_guardianship(SYSTEM, town.person("pupil"), guardian=town.person("stranger"), relation="52")
