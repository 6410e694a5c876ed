from typing import Any

from wutong.kernel.people.models import Organisation
from wutong.kernel.testing.conformance import RegisterConformance


class TestRetentions(RegisterConformance):
    register_name = "retentions"

    def line(self, school: Organisation, n: int) -> dict[str, Any]:
        return {"verb": f"https://school.example/verbs/{n}", "organisation": school.name, "days": 30 + n}
