from wutong.centres.identity.applications import review
from wutong.kernel.process.models import Case
from wutong.kernel.testing.factories import Town
from wutong.kernel.testing.processes import ProcessConformance

LIBRARY = {
    "name": "图书馆",
    "purpose": "借书",
    "grants": ["cas"],
    "service_prefixes": ["https://library.school.edu.cn/app"],
    "auth_method": "none",
}


class TestRegistrationInTheDistrict(ProcessConformance):
    process_name = "application"
    claims: tuple[str, ...] = ()

    def begin(self, town: Town) -> Case:
        clerk = town.actor("clerk")
        application = review.draft(clerk, town.place("gaoan"), **LIBRARY, claims=list(self.claims))
        return review.ask(clerk, application, proposed={}, reason="图书馆用").case


class TestRegistrationInTheCity(TestRegistrationInTheDistrict):
    process_name = "application_city"
    claims = ("phone_number",)
