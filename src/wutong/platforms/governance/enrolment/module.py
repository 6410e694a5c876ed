from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import Entry, HomePart, Job, Module, Receiver
from wutong.kernel.people.events import PersonMerged
from wutong.kernel.policy import holds, signed_in
from wutong.platforms.governance.enrolment.actions.placement import JOB, carry_out
from wutong.platforms.governance.enrolment.deferral import DEFERRAL
from wutong.platforms.governance.enrolment.demo import build
from wutong.platforms.governance.enrolment.events import ChildArrived, ResultsTold, WindowPublished
from wutong.platforms.governance.enrolment.home import children_part
from wutong.platforms.governance.enrolment.receivers import on_person_merged
from wutong.platforms.governance.enrolment.registers import REGISTERS
from wutong.platforms.governance.enrolment.results import JOB as RESULTS
from wutong.platforms.governance.enrolment.results import on_results_told, prepare_results

OFFICE = holds("officer", "clerk", "head", "auditor")
# Families are those who hold no post: a teacher's own child is reached from the teacher's notices and by address.
FAMILY = signed_in & ~holds(
    "officer", "clerk", "head", "auditor", "teacher", "class_teacher", "pupil", "provider", "operator"
)

MODULE = Module(
    name="enrolment",
    title=_("义务教育入学报名"),
    package="wutong.platforms.governance.enrolment",
    nav=(
        Entry(_("入学报名"), "enrolment:home", icon="school", section="platforms", allow=OFFICE),
        Entry(_("入学报名"), "enrolment:home", icon="school", section="office", allow=FAMILY, order=15),
        *(
            Entry(register.title, f"register:index {register.name}", icon=register.icon, allow=register.see)
            for register in REGISTERS
        ),
    ),
    registers=REGISTERS,
    processes=(DEFERRAL,),
    emits=(WindowPublished, ResultsTold, ChildArrived),
    receivers=(Receiver(PersonMerged, on_person_merged), Receiver(ResultsTold, on_results_told)),
    jobs=(Job(JOB, carry_out), Job(RESULTS, prepare_results)),
    home=(HomePart("enrolment", "enrolment/home.html", children_part, order=20),),
    urls="wutong.platforms.governance.enrolment.urls",
    demo=build,
)
