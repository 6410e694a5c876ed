from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import Entry, HomePart, Job, Module, Receiver
from wutong.kernel.policy import holds
from wutong.kernel.register.spec import Section
from wutong.platforms.learning.records.demo import build
from wutong.platforms.learning.records.events import CorrectionAccepted
from wutong.platforms.learning.records.forwarding.sending import JOB as FORWARD
from wutong.platforms.learning.records.forwarding.sending import forward_all
from wutong.platforms.learning.records.mine.home import learning_part, on_persons_page
from wutong.platforms.learning.records.mine.process import CORRECTION, on_accepted
from wutong.platforms.learning.records.models import KEEPERS
from wutong.platforms.learning.records.registers import RETENTIONS
from wutong.platforms.learning.records.retention import retain

SECTION = "platforms"

MODULE = Module(
    name="records",
    title=_("终身学习档案"),
    package="wutong.platforms.learning.records",
    nav=(
        Entry(_("我的学习"), "records:mine", icon="book", section="office", order=35),
        Entry(
            _("学习记录接入"), "records:keys", icon="key", section=SECTION, order=80, allow=holds(*KEEPERS)
        ),
        Entry(
            _("学习记录浏览"),
            "records:stores",
            icon="search",
            section=SECTION,
            order=82,
            allow=holds("clerk", "officer"),
        ),
        Entry(RETENTIONS.title, "register:index retentions", section=SECTION, order=81, allow=RETENTIONS.see),
    ),
    registers=(RETENTIONS,),
    sections=(("persons", Section("learning", "records/on_person.html", on_persons_page, column="aside")),),
    processes=(CORRECTION,),
    receivers=(Receiver(CorrectionAccepted, on_accepted),),
    jobs=(
        Job("records.retain", retain, every=timedelta(days=1)),
        Job(FORWARD, forward_all, every=timedelta(minutes=1)),
    ),
    home=(HomePart("records", "records/home.html", learning_part, column="side", order=60),),
    requires=("accounts", "applications", "openid"),
    demo=build,
    urls="wutong.platforms.learning.records.urls",
)
