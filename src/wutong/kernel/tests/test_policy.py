"""Predicates are sentences of logic, and a subtree is what begins with the same digits."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wutong.kernel.errors import NotAllowed
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import (
    ANONYMOUS,
    SIGHT,
    SYSTEM,
    Actor,
    Predicate,
    Role,
    after,
    everyone,
    holds,
    in_sight,
    nobody,
    over,
    signed_in,
    subtree,
)

BLOCKS = st.integers(1, 99_999_998).map("{:08d}".format)
PATHS = st.lists(BLOCKS, min_size=1, max_size=5).map("".join)
NAMES = st.sampled_from(sorted(SIGHT | {"pupil", "operator", "provider"}))
ACTOR = Actor(1, "甲")


@dataclass(frozen=True)
class Place:
    scope_path: str


def fixed(answer: bool) -> Predicate:
    return Predicate(str(answer), lambda actor, subject: answer)


@given(st.booleans(), st.booleans(), st.booleans())
def test_predicates_combine_as_logic_does(a, b, c):
    p, q, r = fixed(a), fixed(b), fixed(c)
    assert (p & q)(ACTOR) == (a and b)
    assert (p | q)(ACTOR) == (a or b)
    assert (~p)(ACTOR) == (not a)
    assert (~(p & q))(ACTOR) == (~p | ~q)(ACTOR)
    assert (p & (q | r))(ACTOR) == ((p & q) | (p & r))(ACTOR)
    assert (p | (q & r))(ACTOR) == ((p | q) & (p | r))(ACTOR)


def test_a_combination_reads_as_a_sentence():
    assert repr(holds("clerk") & ~signed_in | nobody) == "((holds(clerk) & ~signed_in) | nobody)"


def test_a_refusal_is_an_error_and_the_system_is_never_refused():
    with pytest.raises(NotAllowed):
        nobody.require(ACTOR)
    assert nobody.require(SYSTEM) is None
    assert [signed_in(who) for who in (ACTOR, ANONYMOUS)] == [True, False]
    assert [everyone(who) for who in (ACTOR, ANONYMOUS)] == [True, True]


@given(PATHS, PATHS)
def test_a_range_of_paths_is_the_paths_with_that_beginning(root, path):
    assert (root <= path < after(root)) == path.startswith(root)


@given(PATHS, st.lists(BLOCKS, max_size=3).map("".join))
def test_what_stands_below_lies_in_the_range(root, rest):
    assert root <= root + rest < after(root)


@given(PATHS, PATHS, NAMES)
def test_over_means_at_or_above(root, path, name):
    actor = Actor(1, "甲", (Role(name, 1, root, "school"),))
    assert over(name)(actor, Place(path)) == path.startswith(root)
    assert not over("nothing")(actor, Place(path))


def test_nobody_is_over_what_stands_nowhere():
    assert not over("officer")(Actor(1, "甲", (Role("officer", 1, "00000001"),)), Place(""))
    assert not over("officer")(Actor(1, "甲", (Role("officer", 1, "00000001"),)), None)


@given(st.lists(st.tuples(NAMES, PATHS), max_size=6))
def test_sight_covers_each_seeing_role_once(held):
    actor = Actor(1, "甲", tuple(Role(name, 1, path, "class") for name, path in held))
    seeing = [path for name, path in held if name in SIGHT]
    assert all(any(path.startswith(seen) for seen in actor.sight) for path in seeing)
    assert set(actor.sight) <= set(seeing)
    assert not any(a != b and a.startswith(b) for a in actor.sight for b in actor.sight)


def test_teaching_at_a_school_opens_no_register_and_in_a_class_its_own():
    school, lesson = Role("teacher", 1, "00000001", "school"), Role("teacher", 2, "0000000100000002", "class")
    assert Actor(1, "甲", (school,)).sight == ()
    assert Actor(1, "甲", (school, lesson)).sight == (lesson.path,)


@pytest.mark.django_db
def test_ranges_and_beginnings_find_the_same_rows(small_town):
    rows = Organisation.objects.unscoped("compares the two")
    for place in small_town.places.values():
        below = set(rows.filter(subtree(place.path, "path")))
        assert below == set(rows.filter(path__startswith=place.path))
    officer = small_town.actor("officer")
    seen = set(rows.filter(in_sight(officer, "path")))
    assert seen == set(rows.filter(path__startswith=small_town.place("xuhui").path))
    assert set(rows.filter(in_sight(small_town.actor("pupil"), "path"))) == set()
    assert set(rows.filter(in_sight(SYSTEM, "path"))) == set(rows)
