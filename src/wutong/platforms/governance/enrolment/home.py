"""What the home page says of enrolment: where one's children stand, or that they may be registered now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from wutong.kernel.people.models import Person
from wutong.kernel.policy import Actor
from wutong.platforms.governance.enrolment import queries, standing


def children_part(actor: Actor, at: datetime) -> Mapping[str, Any] | None:
    found = [_child(actor, child, at) for child in queries.wards(actor, timezone.localdate(at))]
    shown = [child for child in found if child]
    return {"children": shown, "href": f"{reverse('enrolment:home')}?family=1"} if shown else None


def _child(actor: Actor, child: Person, at: datetime) -> dict[str, str] | None:
    application = queries.application_for(actor, child)
    if application is not None:
        here = standing.where(application, at)
        href = reverse("enrolment:application", args=[application.number])
        return {"name": str(child), "title": here.title, "tone": here.tone, "text": here.now, "href": href}
    windows = queries.windows_for(child, at)
    if not windows:
        return None
    text = _("%(window)s入学信息登记正在进行。") % {"window": windows[0]}
    href = f"{reverse('enrolment:home')}?family=1"
    return {"name": str(child), "title": _("还没有登记"), "tone": "warn", "text": text, "href": href}
