"""The large demo: the same seed gives the same city, whose numbers hold and whose families are possible."""

from datetime import date

import polars as pl
import pytest

from wutong.centres.data.master.city import history
from wutong.centres.data.master.city.chance import Chance
from wutong.centres.data.master.city.load import areas_of
from wutong.centres.data.master.city.people import people
from wutong.centres.data.master.city.places import cohorts, districts, places
from wutong.centres.data.master.town.tables import rows
from wutong.kernel.people.expressions import is_identity, is_pupil_number, is_secondary_number, sex_of
from wutong.kernel.people.numbers import IdentityNumber, PupilNumber, SecondaryNumber

YEAR, TODAY, HERE = 2026, date(2026, 11, 23), ("崇明区",)


@pytest.fixture(scope="module")
def city():
    made = places(Chance(7), HERE, set())
    return made, people(Chance(7), made, YEAR)


def test_the_same_seed_gives_the_same_city_and_another_another(city):
    made, grown = city
    again = people(Chance(7), places(Chance(7), HERE, set()), YEAR)
    assert grown.persons.equals(again.persons)
    assert grown.guards.equals(again.guards)
    assert not grown.persons.equals(people(Chance(8), made, YEAR).persons)


def test_chance_is_even():
    drawn = Chance(1).floats(200_000, "a word")
    assert 0.495 < drawn.mean() < 0.505
    assert drawn.min() >= 0 and drawn.max() < 1
    assert Chance(1).floats(5, "a word").to_list() == drawn.head(5).to_list()


def test_the_city_has_as_many_children_as_the_cohorts_say():
    assert cohorts()["pupils"].sum() == 1_700_000
    assert districts().height == 16


def test_known_schools_stand_under_their_names_and_once(city):
    made, _grown = city
    known = {row["name"] for row in rows("schools", "city") if row["district"] == "崇明区"}
    assert known <= set(made.schools["name"])
    assert made.schools["name"].is_unique().all()


def test_every_number_holds_by_both_rules_and_has_one_holder(city):
    made, grown = city
    codes = {row["name"]: row["code"] for row in rows("districts")}
    found = history.identifiers(Chance(7), made, grown, YEAR, codes, TODAY)
    live = found.filter(pl.col("until").is_null())
    assert live.select(pl.struct("kind", "value").is_unique().all()).item()
    value = pl.col("value")
    sound = {
        "identity": (is_identity(value, TODAY), IdentityNumber.parse),
        "pupil_national": (is_pupil_number(value, TODAY), PupilNumber.parse),
        "pupil_shanghai_secondary": (is_secondary_number(value, TODAY), SecondaryNumber.parse),
    }
    for kind, (certain, parse) in sound.items():
        numbers = found.filter(pl.col("kind") == kind)
        assert numbers.select(certain.all()).item(), kind
        assert all(parse(number, today=TODAY).text == number for number in numbers["value"].head(500))
    assert grown.persons.select((sex_of(pl.col("identity")) == pl.col("sex")).all()).item()


def test_parents_are_older_than_their_children_and_each_child_has_one_first_contact(city):
    _made, grown = city
    born = grown.persons.select("person", "born")
    both = grown.guards.join(born, left_on="child", right_on="person").join(
        born, left_on="guardian", right_on="person", suffix="_g"
    )
    assert both.select(((pl.col("born") - pl.col("born_g")).dt.total_days() > 18 * 365).all()).item()
    first = grown.guards.filter("primary").group_by("child").len()
    assert (first.height, first["len"].max()) == (grown.pupils.height, 1)


def test_nobody_is_twice_at_one_place_in_one_role_from_one_day(city):
    made, grown = city
    before = history.last_years(made)
    found = history.memberships(Chance(7), made, before, grown, YEAR)
    assert found.select(pl.struct("person", "place", "at_class", "role", "since").is_unique().all()).item()
    assert found.select((pl.col("until").is_null() | (pl.col("until") > pl.col("since"))).all()).item()


def test_everybody_has_the_bits_of_the_districts_they_or_their_children_were_in():
    memberships = pl.DataFrame(
        [(0, 0, True), (0, 1, True), (0, 0, False), (1, 1, False), (2, 2, True), (5, 2, False)],
        schema=["person", "place", "at_class"],
        orient="row",
    )
    guards = pl.DataFrame([(0, 3), (2, 3), (2, 4), (1, 5)], schema=["child", "guardian"], orient="row")
    of_class, of_school = pl.Series([1, 2, 4]), pl.Series([1, 8, 16])
    found = areas_of(memberships, guards, of_class, of_school)
    assert dict(found.iter_rows()) == {0: 1 | 2, 1: 8, 2: 4, 3: 1 | 2 | 4, 4: 4, 5: 8 | 16}
