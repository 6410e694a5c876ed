from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from wutong.kernel.policy import Actor
from wutong.kernel.register.kinds import Count, Text
from wutong.kernel.register.spec import Column, Register
from wutong.platforms.learning.records.models import Retention
from wutong.platforms.learning.records.retention import find, save_entry


def retentions(actor: Actor) -> QuerySet:
    return Retention.objects.visible_to(actor).select_related("organisation")


RETENTIONS = Register(
    name="retentions",
    title=_("学习记录保留期限"),
    title_one=_("保留期限"),
    summary=_("各机构的学习记录保留多久。过期的每天自动删除，不能恢复。"),
    model=Retention,
    key=("organisation", "verb"),
    order=("organisation__name", "verb", "pk"),
    rows=retentions,
    find=find,
    save=save_entry,
    columns=(
        Column("verb", _("动词"), Text(500, half_width=True), listed=True, searched=True, help=_("留空表示没有另行规定的全部记录。")),
        Column("organisation", _("机构"), Text(100), source="organisation.name", titles=("机构名称",), required=True, listed=True),
        Column("days", _("保留天数"), Count(1, 36_500), required=True, listed=True),
    ),
)  # fmt: skip
