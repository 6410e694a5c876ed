"""Telling families and schools, and the first school day."""

from __future__ import annotations

from datetime import datetime

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, note
from wutong.kernel.errors import Conflict
from wutong.kernel.event import emit
from wutong.kernel.notice.actions import send
from wutong.kernel.people import actions as people
from wutong.kernel.policy import Actor
from wutong.platforms.governance.enrolment import passage
from wutong.platforms.governance.enrolment.events import ChildArrived, ResultsTold
from wutong.platforms.governance.enrolment.models import Application, Seat, Window
from wutong.platforms.governance.enrolment.phases import unfinished
from wutong.platforms.governance.enrolment.rules import is_the_school, runs_enrolment


@action("enrolment.tell", title=_("告知录取结果"), allow=runs_enrolment)
def tell(actor: Actor, window: Window, *, at: datetime) -> int:
    """Everybody who holds a seat by now, all at once; families and schools see it from here on."""
    if window.runs.unscoped("is one under way?").filter(state="decided").exists():
        raise Conflict(unfinished())
    rows = Seat.objects.unscoped("seats of one window").filter(released=None, application__window=window)
    seats = list(rows.filter(application__state="placed").select_related("application", "plan__school"))
    for school in {seat.plan.school_id for seat in seats}:
        here = [seat.application for seat in seats if seat.plan.school_id == school]
        passage.advance_all(actor, here, "notify", at=at, school=school)
    _write_letters(window, seats, at)
    note(told=len(seats))
    emit(ResultsTold(window.pk, len(seats)))
    return len(seats)


def _write_letters(window: Window, seats: list[Seat], at: datetime) -> None:
    """One message a school; each family gets its own school's."""
    by_plan: dict[int, list[Seat]] = {}
    for seat in seats:
        by_plan.setdefault(seat.plan.school_id, []).append(seat)
    for school, here in by_plan.items():
        name = here[0].plan.school
        send(
            {seat.application.guardian_id for seat in here},
            title=str(format_lazy(_("录取通知：{school}"), school=name)),
            body=str(_("请打开“入学报名”查看录取方式、报到时间和要带的材料。")),
            href="/enrolment/",
            key=f"enrolment.told:{window.pk}:{school}:{at:%Y%m%d%H%M%S}",
            at=at,
        )


@action("enrolment.arrive", title=_("新生报到"), allow=is_the_school)
def arrive(actor: Actor, application: Application, *, at: datetime) -> Application:
    """From the first school day on the child is a pupil of the school; the class is the school's to give."""
    row = passage.advance(actor, application, "arrive", at=at)
    first = row.window.rules.calendar.first_day
    people.join(actor, row.school, person=row.child, role="pupil", valid_from=first, at=at)
    emit(ChildArrived(row.pk, row.child_id, row.school_id, first.isoformat()))
    return row


@action("enrolment.miss", title=_("登记未报到"), allow=is_the_school)
def miss(actor: Actor, application: Application, *, at: datetime) -> Application:
    """The school says so, the district looks for the child: the seat stays until it is known where it went."""
    return passage.advance(actor, application, "miss", at=at)
