from wutong.centres.data.master.tests.changes import ask, school
from wutong.kernel.process.models import Case
from wutong.kernel.testing.factories import Town
from wutong.kernel.testing.processes import ProcessConformance


class TestChange(ProcessConformance):
    process_name = "change"

    def begin(self, town: Town) -> Case:
        school(town)
        return ask(town).case
