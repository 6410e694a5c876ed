"""What may be done when: each refusal says since or from when."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from django.utils import formats, timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.errors import Conflict, Sentence
from wutong.platforms.governance.enrolment.models import Window
from wutong.platforms.governance.enrolment.ruleset import DATES, Calendar

# What a family may do, and between which two dates of the calendar.
SPANS = {
    "registration": ("registration_opens", "registration_closes", _("信息登记")),
    "apply": ("apply_opens", "apply_closes", _("报名")),
}


def is_open(window: Window, span: str, at: datetime) -> bool:
    first, last, _title = SPANS[span]
    calendar = window.rules.calendar
    within: bool = getattr(calendar, first) <= at < getattr(calendar, last)
    return window.state == Window.State.OPEN and within


def require_open(window: Window, span: str, at: datetime) -> None:
    """First come is never first served: within the span every minute counts the same; outside none does."""
    if window.state == Window.State.CLOSED:
        raise Conflict(_("这一批招生已经结束。"))
    if window.state == Window.State.DRAFT:
        raise Conflict(_("这一批招生还没有公布。"))
    if is_open(window, span, at):
        return
    first, last, title = SPANS[span]
    opens, closes = (getattr(window.rules.calendar, name) for name in (first, last))
    sentence = (
        _("{what}将于 {when} 开始，请到时再来。")
        if at < opens
        else _("{what}已于 {when} 截止，不能再提交或更改。")
    )
    raise Conflict(format_lazy(sentence, what=title, when=moment(opens if at < opens else closes)))


def moment(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT")


def upcoming(
    calendar: Calendar, at: datetime, names: Iterable[str] = tuple(DATES)
) -> tuple[str, datetime] | None:
    """The next of these dates: its name and when."""
    for name in names:
        when = getattr(calendar, name)
        moment = when if isinstance(when, datetime) else timezone.make_aware(datetime.combine(when, time(8)))
        if moment > at:
            return name, moment
    return None


def unfinished() -> Sentence:
    return _("录取结果正在写入，请等几分钟再办。")
