from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from wutong.centres.data.master import areas, in_columns
from wutong.centres.data.master.change.process import CHANGE
from wutong.centres.data.master.demo import build
from wutong.centres.data.master.indicators import INDICATORS
from wutong.centres.data.master.registers import REGISTERS
from wutong.centres.data.master.searches import SEARCHES
from wutong.centres.data.master.seed import plant
from wutong.kernel.module import Entry, Job, Module

MODULE = Module(
    name="master",
    title=_("基础数据库"),
    package="wutong.centres.data.master",
    registers=REGISTERS,
    nav=tuple(
        Entry(register.title, f"register:index {register.name}", icon=register.icon, allow=register.see)
        for register in REGISTERS
    ),
    urls="wutong.centres.data.master.urls",
    processes=(CHANGE,),
    indicators=INDICATORS,
    searches=SEARCHES,
    jobs=(Job("master.areas", areas.fill, every=timedelta(days=1)),),
    prepare=plant,
    demo=build,
    grow=in_columns.grow,
)
