"""The cases that every register is born with, on the registers of the master data."""

from datetime import date
from typing import Any

from wutong.kernel.people.models import Organisation
from wutong.kernel.testing.conformance import RegisterConformance
from wutong.kernel.testing.factories import guardian, identity, person


class TestOrganisations(RegisterConformance):
    register_name = "organisations"

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        district = school.parent.name.removesuffix("教育局")
        return {
            "name": f"{district}第{n}中心小学", "district": district, "stages": ["primary"], "nature": "public",
            "address": f"滨江路{n}号", "code": f"{n:06d}",
        }  # fmt: skip


class TestPersons(RegisterConformance):
    register_name = "persons"

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        return {
            "name": f"王{n}", "born": date(2015, 3, 8), "identity": identity(n), "phone": f"1380000{n:04d}",
            "organisation": school.name, "role": "pupil", "valid_from": date(2021, 9, 1),
        }  # fmt: skip


class TestClasses(RegisterConformance):
    register_name = "classes"

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        return {"school": school.name, "grade": "11", "number": n, "school_year": 2026, "entered": 2026}


class TestMemberships(RegisterConformance):
    register_name = "memberships"

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        name = f"张{n}"
        person(name, school, "teacher")
        return {
            "person": name, "organisation": school.name, "role": "teacher", "post": "数学",
            "valid_from": date(2024, 9, 1), "valid_to": date(2025, 8, 31),
        }  # fmt: skip


class TestGuardianships(RegisterConformance):
    register_name = "guardianships"

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        child = person(f"孩子{n}", school, "pupil")
        return {
            "child": child.name, "guardian": guardian(f"母亲{n}", child).name, "relation": "52", "primary": True,
            "valid_from": date(2021, 9, 1),
        }  # fmt: skip
