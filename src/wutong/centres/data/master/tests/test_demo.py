"""The demo town as it stands in the registers."""

import pytest

from wutong.centres.data.master import demo
from wutong.centres.data.master.models import SchoolClass
from wutong.centres.data.master.town import build_town
from wutong.kernel.codes.queries import choices


@pytest.mark.django_db(databases="__all__")
def test_classes_say_by_code_which_stage_they_belong_to(small_town):
    demo._organisations(build_town())
    stages = set(SchoolClass.objects.unscoped("the demo's own").values_list("stage", flat=True))
    assert (
        {"kindergarten", "primary", "junior", "senior"}
        <= stages
        <= {code for code, _name in choices("stage")}
    )
