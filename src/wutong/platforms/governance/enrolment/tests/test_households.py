"""五年一户, by runs of a district: the year before counts, the batch before counts, brothers and sisters may."""

import pytest

from wutong.kernel.people import actions as people
from wutong.kernel.policy import SYSTEM
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.enrolment.actions import placement, verification
from wutong.platforms.governance.enrolment.models import Application, Seat, Window
from wutong.platforms.governance.enrolment.tests import scene

pytestmark = pytest.mark.django_db(databases="__all__")
WHY = "test"


def living_at(n: int, home: str) -> scene.Family:
    """A family with its papers in order, at a home that another family had before."""
    made = scene.family(n, papers=False)
    made.home = home
    scene.keep("household", [(made.number, {"address": home, "since": made.since})])
    scene.keep("property", [(made.number, {"address": home, "certificate": made.certificate})])
    return made


def run(here: scene.Scene, kind: str = "first") -> None:
    verification.check_all(here.officer, here.window, at=scene.PLACING)
    placement.carry_out(
        placement.place(here.officer, here.window, kind=kind, at=scene.PLACING).pk, at=scene.PLACING
    )


def outcome(application: Application) -> tuple[str, str]:
    """State, and what the last run said of it."""
    row = scene.fresh(application)
    return row.state, row.lines.unscoped(WHY).latest("pk").why["reason"]


def a_year_earlier(window: Window) -> None:
    """As if all of it had been the year before."""
    year = scene.YEAR - 1
    Window.objects.unscoped(WHY).filter(pk=window.pk).update(year=year)
    Application.objects.unscoped(WHY).filter(window=window).update(year=year)
    Seat.objects.unscoped(WHY).filter(application__window=window).update(year=year)


@pytest.mark.parametrize(
    ("years", "state"), [(5, ("overflow", "household")), (1, ("placed", "")), (0, ("placed", ""))]
)
def test_a_home_used_the_year_before_gives_no_other_family_a_place(small_town: Town, years: int, state):
    earlier = scene.opened(small_town, seats=(4, 4, 1))
    first = scene.family(1)
    scene.applied(earlier, first)
    run(earlier)
    a_year_earlier(earlier.window)
    here = scene.opened(small_town, rules=scene.rules(one_child_years=years), seats=(4, 4, 1))
    second = scene.applied(here, living_at(2, "上海市徐汇区高安路1号 101室"))
    run(here)
    assert outcome(second) == state


def test_the_batch_before_counts_and_a_sister_may(small_town: Town):
    here = scene.opened(small_town, rules=scene.rules(one_child_years=5), seats=(4, 4, 1))
    first = scene.family(1)
    seated = scene.applied(here, first)
    run(here)
    sister, stranger = living_at(2, first.home), living_at(3, first.home)
    people.set_guardianship(SYSTEM, sister.child, guardian=first.mother, relation="52", primary=False)
    late = [scene.applied(here, each) for each in (sister, stranger)]
    run(here, "second")
    assert [outcome(each) for each in (seated, *late)] == [
        ("placed", ""),
        ("placed", ""),
        ("overflow", "household"),
    ]
