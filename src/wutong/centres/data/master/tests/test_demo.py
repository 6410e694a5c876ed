"""The demo town as it stands in the registers."""

import pytest

from wutong.centres.data.master import demo
from wutong.centres.data.master.areas import fill
from wutong.centres.data.master.models import SchoolClass
from wutong.centres.data.master.town import build_town
from wutong.kernel.codes.queries import choices
from wutong.kernel.people.models import Person
from wutong.kernel.people.tests.areas import kept, lacking, needed


@pytest.mark.django_db(databases="__all__")
def test_classes_say_by_code_which_stage_they_belong_to(small_town):
    demo._organisations(build_town())
    stages = set(SchoolClass.objects.unscoped("the demo's own").values_list("stage", flat=True))
    assert (
        {"kindergarten", "primary", "junior", "senior"}
        <= stages
        <= {code for code, _name in choices("stage")}
    )


@pytest.mark.django_db(databases="__all__")
def test_everybody_in_the_town_is_found_in_their_district_and_what_is_lacking_is_filled_in(small_town):
    town = build_town()
    demo._rows(town, demo._organisations(town), demo._persons(town))
    assert len(needed()) > 5_000
    assert lacking() == set()
    before = kept()
    Person._base_manager.filter(pk__in=list(before)[::2]).update(areas=0)
    fill(None)
    assert kept() == before
