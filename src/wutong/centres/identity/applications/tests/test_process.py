from wutong.centres.identity.applications.models import Registration
from wutong.centres.identity.applications.tests.test_registration import asked
from wutong.kernel.process.models import Case
from wutong.kernel.testing.factories import Town
from wutong.kernel.testing.processes import ProcessConformance


def case_of(registration: Registration) -> Case:
    return Case._base_manager.get(pk=registration.case_id)


class TestApplication(ProcessConformance):
    process_name = "application"

    def begin(self, town: Town) -> Case:
        return case_of(asked(town))


class TestApplicationCity(ProcessConformance):
    process_name = "application_city"

    def begin(self, town: Town) -> Case:
        return case_of(asked(town, claims=["phone_number"]))
