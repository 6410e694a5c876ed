from django.utils.translation import gettext_lazy as _

from wutong.kernel.module import Entry, Module
from wutong.kernel.policy import holds
from wutong.platforms.learning.records.demo import build
from wutong.platforms.learning.records.models import KEEPERS

MODULE = Module(
    name="records",
    title=_("终身学习档案"),
    package="wutong.platforms.learning.records",
    nav=(
        Entry(
            _("学习记录接入"),
            "records:keys",
            icon="key",
            section="platforms",
            order=80,
            allow=holds(*KEEPERS),
        ),
    ),
    requires=("accounts", "openid"),
    demo=build,
    urls="wutong.platforms.learning.records.urls",
)
