"""What a family can do now, as buttons: at most a few, the one that is meant first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Sentence
from wutong.platforms.governance.enrolment.actions.choosing import are_twins
from wutong.platforms.governance.enrolment.models import Application
from wutong.platforms.governance.enrolment.phases import is_open


@dataclass(frozen=True)
class Offer:
    """`name` is the last part of the address; `at_once`: nothing is asked first."""

    name: str
    title: Sentence
    tone: str = "plain"
    at_once: bool = False


CHOOSE = Offer("choose", _("选择学校，提交报名"), "main")
DEFER = Offer("deferral", _("申请缓学一年"))
SPECIAL = Offer("special", _("孩子有特殊需要"))
TWINS = Offer("twins", _("多胞胎捆绑或分开"))
BOOK = Offer("book", _("预约现场核验"), "main")
SUPPLEMENT = Offer("supplement", _("材料已补好，重新提交"), "main", at_once=True)
GIVE_UP = Offer("give-up", _("放弃录取"), "stop")


def offers(application: Application, at: datetime) -> list[Offer]:
    match application.state:
        case "confirmed":
            choose = [CHOOSE] if is_open(application.window, "apply", at) else []
            return [*choose, *_twins(application, at), DEFER, SPECIAL]
        case "applied":
            return _twins(application, at)
        case "onsite":
            return [BOOK]
        case "returned":
            return [SUPPLEMENT]
        case "notified" | "absent":
            return [GIVE_UP]
    return []


def twin_of(application: Application) -> Application | None:
    rows = Application.objects.unscoped("the guardian's own children").select_related(
        "child", "window__district"
    )
    found = rows.filter(window=application.window_id, guardian=application.guardian_id).exclude(
        state="withdrawn"
    )
    return next((other for other in found.order_by("pk") if are_twins(application, other)), None)


def _twins(application: Application, at: datetime) -> list[Offer]:
    private = application.window.plans.unscoped("is there a lottery?").filter(side="private").exists()
    late = at >= application.window.rules.calendar.apply_closes
    return [TWINS] if private and not late and twin_of(application) else []
