from typing import Any

import pytest

from wutong.kernel.people.models import Organisation
from wutong.kernel.testing.conformance import RegisterConformance
from wutong.kernel.testing.factories import Town
from wutong.platforms.governance.enrolment.tests import scene


class OfWindows(RegisterConformance):
    """Rows stand in the windows of the two districts."""

    @pytest.fixture(autouse=True)
    def _windows(self, small_town: Town) -> None:
        scene.window_of(small_town)
        scene.window_of(small_town, district="chongming", by="other_officer")


class TestPlans(OfWindows):
    register_name = "plans"

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        return {
            "year": scene.YEAR, "stage": "primary", "school": school.name, "side": "public", "category": f"第{n}类",
            "classes": 1, "seats": 20 + n,
        }  # fmt: skip


class TestCatchments(OfWindows):
    register_name = "catchments"

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        return {
            "year": scene.YEAR, "stage": "primary", "school": school.name, "road": f"第{n}路", "counted": "number",
            "first": 1, "last": 99, "parity": "odd",
        }  # fmt: skip
