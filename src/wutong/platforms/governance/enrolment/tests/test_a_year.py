"""From the rules to the first school day, in a district of five families."""

import pytest

from wutong.kernel.people.models import Membership
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.enrolment import standing
from wutong.platforms.governance.enrolment.actions import arrival, draw, placement, verification
from wutong.platforms.governance.enrolment.models import PlacementRun, Seat
from wutong.platforms.governance.enrolment.tests import scene

pytestmark = pytest.mark.django_db(databases="__all__")


def test_a_year_of_one_district(small_town: Town):
    here = scene.opened(small_town)
    public = [scene.applied(here, scene.family(n)) for n in (1, 2, 3)]
    private = [scene.applied(here, scene.family(n, road="向阳路"), "private") for n in (4, 5)]

    # The lottery: one seat, two applicants.
    held = draw.freeze(here.officer, here.window, round="first", at=scene.DRAWING)
    draw.draw_lots(
        here.officer, held, public_seed="2027061", public_source="福彩双色球 2027061 期", at=scene.DRAWN
    )
    for name, office in (("王公证", "东方公证处"), ("李监督", "区纪委监委")):
        draw.sign(here.officer, held, name=name, office=office, at=scene.DRAWN)
    draw.publish(here.officer, held, at=scene.DRAWN)
    states = sorted(scene.fresh(each).state for each in private)
    assert states == ["checking", "placed"]

    # Verification by the sources, then placement by class and by who moved in first.
    assert verification.check_all(here.officer, here.window, at=scene.PLACING) == {
        "passed": 4,
        "onsite": 0,
        "waiting": 0,
    }
    run = placement.place(here.officer, here.window, kind="first", at=scene.PLACING)
    placement.carry_out(run.pk, at=scene.PLACING)
    assert [scene.fresh(each).state for each in public] == ["placed", "placed", "overflow"]

    # 统筹 of the third, who learns why.
    again = placement.place(here.officer, here.window, kind="coordination", at=scene.SECOND)
    placement.carry_out(again.pk, at=scene.SECOND)
    assert arrival.tell(here.officer, here.window, at=scene.SECOND) == 5
    told = standing.where(scene.fresh(public[2]), scene.SECOND)
    assert told.school == "向阳小学"
    assert told.why[-2:] == (
        "“高安路第一小学”：您属于第 1 类（人户一致），排在第 3 位，学位 2 个。",
        "比较“入户日期在前”：最后一位录取的是 2013年3月，您是 2013年4月。",
    )

    # The first day: the school takes them in, one does not come and says where it is.
    for each in public[:2]:
        arrival.arrive(here.clerk, scene.fresh(each), at=scene.FIRST_DAY)
    pupils = Membership.objects.unscoped("test").filter(organisation=small_town.place("gaoan"), role="pupil")
    assert set(pupils.values_list("person", flat=True)) == {each.child_id for each in public[:2]}
    assert Seat.objects.unscoped("test").filter(released=None).count() == 5
    assert PlacementRun.objects.unscoped("test").filter(state="done").count() == 2
