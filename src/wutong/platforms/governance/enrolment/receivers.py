"""One child under two numbers: when two records become one, so do their applications."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from wutong.kernel.action import action, change, create
from wutong.kernel.people.events import PersonMerged
from wutong.kernel.people.models import Person
from wutong.kernel.policy import SYSTEM, Actor, nobody
from wutong.platforms.governance.enrolment import seating
from wutong.platforms.governance.enrolment.models import Application, Passage, Seat

WHY = "applications of one child under two numbers"


def on_person_merged(event: PersonMerged, event_id: int) -> None:
    winner = Person.objects.unscoped(WHY).get(pk=event.winner_id)
    unite(SYSTEM, winner, loser_id=event.loser_id)


@action("enrolment.unite", title=gettext_lazy("合并重复报名"), allow=nobody)
def unite(actor: Actor, winner: Person, *, loser_id: int, at: datetime) -> None:
    """Of two applications of a year the one further on stays; the other is withdrawn and its seat freed."""
    for row in Application.objects.unscoped(WHY).filter(child=loser_id).order_by("pk"):
        rivals = (
            Application.objects.unscoped(WHY).filter(child=winner, year=row.year).exclude(state="withdrawn")
        )
        rival = rivals.first()
        if rival is not None and row.state != "withdrawn":
            keep, drop = sorted((rival, row), key=_weight)
            _drop(keep, drop, at)
        _hand_over(row, winner)


def _weight(row: Application) -> tuple[bool, int]:
    """Who holds a seat first, then who came first."""
    held = Seat.objects.unscoped(WHY).filter(application=row, released=None).exists()
    return not held, row.pk


def _drop(keep: Application, drop: Application, at: datetime) -> None:
    reason = _("与报名号 %(number)s 是同一个孩子。") % {"number": keep.number}
    seating.release(drop, reason=reason, at=at)
    create(
        Passage(
            application=drop,
            at=at,
            move="cancel",
            source=drop.state,
            target="withdrawn",
            actor_name=SYSTEM.name,
            reason=reason,
        )
    )
    change(drop, state="withdrawn", school=None)


def _hand_over(row: Application, winner: Person) -> None:
    fresh = Application.objects.unscoped(WHY).get(pk=row.pk)
    change(fresh, child=winner)
    for seat in Seat.objects.unscoped(WHY).filter(application=fresh):
        change(seat, child=winner)
