"""Who sees whom: asked row by row of who sees much, gathered from the few of who sees little."""

from datetime import date

import pytest

from wutong.kernel.people.models import Guardianship, Membership, Person
from wutong.kernel.policy import Actor
from wutong.kernel.testing.factories import NAMES

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [Person, Membership, Guardianship])
def test_both_ways_of_asking_find_the_same(small_town, monkeypatch, model):
    for child, guardian, until in (
        ("island_pupil", "stranger", None),
        ("neighbour", "former", None),
        ("classmate", "guardian", date(2020, 1, 1)),
    ):
        people = {"child": small_town.person(child), "guardian": small_town.person(guardian)}
        Guardianship.objects.create(**people, relation="57", valid_to=until)
    found = {}
    for much in (True, False):
        monkeypatch.setattr(Actor, "sees_much", much)
        for login in NAMES:
            rows = model._base_manager.filter(model.scope(small_town.actor(login)))
            found[login, much] = sorted(rows.values_list("pk", flat=True))
    assert {login: found[login, True] for login in NAMES} == {login: found[login, False] for login in NAMES}
    assert len({tuple(keys) for keys in found.values()}) > 3
