"""缓学: a matter weighed by the district, one child at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action
from wutong.kernel.policy import Actor
from wutong.kernel.process.engine import is_holder
from wutong.kernel.process.spec import Process, State, Step
from wutong.platforms.governance.enrolment import passage
from wutong.platforms.governance.enrolment.models import Deferral
from wutong.platforms.governance.enrolment.rules import runs_enrolment


@action("enrolment.defer", title=_("同意缓学"), allow=runs_enrolment)
def defer(actor: Actor, deferral: Deferral, *, at: datetime) -> Deferral:
    passage.advance(actor, deferral.application, "defer", at=at)
    return deferral


@action("enrolment.refuse_deferral", title=_("不同意缓学"), allow=runs_enrolment)
def refuse(actor: Actor, deferral: Deferral, *, at: datetime) -> Deferral:
    """The child is to go to school this year: the family applies as any other."""
    passage.advance(actor, deferral.application, "refuse_deferral", at=at)
    return deferral


def describe(actor: Actor, deferral: Deferral) -> Mapping[str, Any]:
    application = deferral.application
    return {
        "template": "enrolment/deferral_case.html",
        "child": application.child,
        "born": application.child.born,
        "number": application.number,
        "window": application.window,
        "reason": deferral.reason,
    }


DEFERRAL = Process(
    name="deferral",
    title=_("缓学申请"),
    prefix="HX",
    model=Deferral,
    describe=describe,
    states=(
        State("district", _("区级审核"), holder="officer", level="district", within=10),
        State("granted", _("同意缓学"), outcome="approved"),
        State("refused", _("不同意"), outcome="refused"),
    ),
    steps=(
        Step("grant", _("同意缓学一年"), ("district",), "granted", by=is_holder, do=defer, tone="main"),
        Step(
            "refuse", _("不同意"), ("district",), "refused", by=is_holder, do=refuse, reason=True, tone="stop"
        ),
    ),
)
