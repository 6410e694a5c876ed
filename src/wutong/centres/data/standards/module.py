from django.utils.translation import gettext_lazy as _

from wutong.centres.data.standards.loading import load_all
from wutong.kernel.module import Entry, Module

MODULE = Module(
    name="standards",
    title=_("数据标准"),
    package="wutong.centres.data.standards",
    nav=(Entry(_("数据标准"), "standards:index", icon="book", section="centres", order=40),),
    urls="wutong.centres.data.standards.urls",
    prepare=load_all,
)
