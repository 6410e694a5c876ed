from datetime import datetime

from wutong.kernel.process.models import Case
from wutong.kernel.testing.factories import Town
from wutong.kernel.testing.processes import ProcessConformance
from wutong.platforms.governance.enrolment.models import Deferral
from wutong.platforms.governance.enrolment.tests.scene import APPLYING
from wutong.platforms.governance.enrolment.tests.test_machine import WAYS, start, walk


class TestDeferral(ProcessConformance):
    process_name = "deferral"

    def begin(self, town: Town) -> Case:
        here, row = start(town, "deferring")
        walk(here, row, WAYS["deferring"])
        return Deferral._base_manager.select_related("case").get(application=row).case

    def moment(self, case: Case) -> datetime:
        return APPLYING
