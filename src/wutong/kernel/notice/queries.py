from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q, QuerySet

from wutong.kernel.notice.actions import PUBLISHERS
from wutong.kernel.notice.models import Delivery, Notice
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor, in_sight, subtree
from wutong.kernel.prepared import Prepared, counted


def unread_count(actor: Actor) -> int:
    return 0 if actor.person_id is None else _unread_count(actor)[0]


@Prepared
def _unread_count(actor: Actor) -> QuerySet:
    """Answered by the index of unread deliveries."""
    return counted(mine(actor).filter(read_at__isnull=True))


def mine(actor: Actor) -> QuerySet[Delivery]:
    """The actor's own deliveries of what was not withdrawn, unread first, then the newest."""
    rows = Delivery.objects.visible_to(actor).filter(
        person_id=actor.person_id, notice__withdrawn__isnull=True
    )
    joined = rows.select_related("notice__organisation", "notice__sender")
    return joined.order_by(F("read_at").desc(nulls_first=True), "-notice__at", "-pk")


def published(actor: Actor) -> QuerySet[Notice]:
    """What was published in the actor's sight."""
    return (
        Notice.objects.visible_to(actor).filter(in_sight(actor, "organisation__path")).order_by("-at", "-pk")
    )


def audiences(actor: Actor, on: date) -> QuerySet[Organisation]:
    """Organisations that the actor may publish to."""
    own = Q(pk__in=())
    for role in actor.roles:
        if role.name in PUBLISHERS:
            own |= subtree(role.path, "path")
    return Organisation.objects.visible_to(actor).on(on).filter(own).select_related("parent").order_by("path")


@dataclass(frozen=True)
class Readers:
    sent: int
    read: int
    receipts: int


def readers(notice: Notice) -> Readers:
    rows = Delivery.objects.unscoped("counts for those who may publish there").filter(notice=notice)
    return Readers(**rows.aggregate(sent=Count("pk"), read=Count("read_at"), receipts=Count("receipt_at")))
