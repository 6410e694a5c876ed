from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import Job, Module
from wutong.platforms.governance.enrolment.actions.placement import JOB, carry_out
from wutong.platforms.governance.enrolment.deferral import DEFERRAL

MODULE = Module(
    name="enrolment",
    title=_("义务教育入学报名"),
    package="wutong.platforms.governance.enrolment",
    processes=(DEFERRAL,),
    jobs=(Job(JOB, carry_out),),
)
