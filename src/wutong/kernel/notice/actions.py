"""Publishing, reading, acknowledging and withdrawing; and what the system has to tell."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from wutong.kernel.action import action, change, create
from wutong.kernel.errors import Conflict, Invalid
from wutong.kernel.event import emit
from wutong.kernel.jobs.queue import ask
from wutong.kernel.notice.audience import ROLES, people_of
from wutong.kernel.notice.events import NoticePublished
from wutong.kernel.notice.models import Delivery, Notice
from wutong.kernel.people.models import Organisation
from wutong.kernel.policy import Actor, over, predicate

BATCH = 1_000
PUBLISHERS = ("officer", "clerk", "head")
may_publish = over(*PUBLISHERS)


@predicate
def is_receiver(actor: Actor, delivery: Delivery) -> bool:
    return actor.person_id is not None and delivery.person_id == actor.person_id


@action("notice.publish", title=_("发布通知"), allow=may_publish)
def publish_notice(
    actor: Actor,
    audience: Organisation,
    *,
    title: str,
    body: str,
    roles: Sequence[str],
    at: datetime,
    kind: str = Notice.Kind.NOTICE,
    needs_receipt: bool = False,
    due: date | None = None,
    href: str = "",
) -> Notice:
    """To everybody who holds one of the roles at or below `audience`; delivered in the background."""
    check(title, roles)
    notice = create(
        Notice(
            title=title.strip(), body=body.strip(), roles=list(roles), kind=kind, href=href,
            needs_receipt=needs_receipt, due=due, at=at, audience=audience,
            organisation_id=sending_organisation(actor, audience), sender_id=actor.person_id,
        )
    )  # fmt: skip
    emit(NoticePublished(notice.pk))
    return notice


def check(title: str, roles: Sequence[str]) -> None:
    fields = {}
    if not title.strip():
        fields["title"] = _("请写标题。")
    if not roles or set(roles) - {role for role, _words in ROLES}:
        fields["roles"] = _("请选择至少一种身份。")
    if fields:
        raise Invalid(_("通知还不能发布，请补全标红的内容。"), fields=fields)


def sending_organisation(actor: Actor, audience: Organisation) -> int:
    """Where the actor holds the role that lets them publish; the nearest to the audience."""
    held = [r for r in actor.roles if r.name in PUBLISHERS and audience.path.startswith(r.path)]
    return max(held, key=lambda role: len(role.path)).organisation_id if held else audience.pk


@action("notice.acknowledge", title=_("回执"), allow=is_receiver)
def acknowledge(actor: Actor, delivery: Delivery, *, at: datetime) -> Delivery:
    """Says "I have taken note"; a second time changes nothing."""
    if delivery.notice.withdrawn:
        raise Conflict(_("这条通知已经撤回，不需要回执了。"))
    if not delivery.notice.needs_receipt:
        raise Invalid(_("这条通知不需要回执。"))
    if delivery.receipt_at:
        return delivery
    return change(delivery, receipt_at=at, read_at=delivery.read_at or at)


@action("notice.withdraw", title=_("撤回通知"), allow=may_publish)
def withdraw(actor: Actor, notice: Notice, *, at: datetime) -> Notice:
    return notice if notice.withdrawn else change(notice, withdrawn=at)


def mark_read(actor: Actor, delivery: Delivery, *, at: datetime | None = None) -> None:
    """Not journalled: that somebody has read a message concerns the sender, not the records."""
    is_receiver.require(actor, delivery)
    rows = Delivery.objects.visible_to(actor).filter(pk=delivery.pk, read_at__isnull=True)
    rows.update(read_at=at or timezone.now())


def send(
    person_ids: Iterable[int],
    *,
    title: str,
    key: str,
    body: str = "",
    href: str = "",
    words: Mapping[str, Any] | None = None,
    at: datetime | None = None,
) -> Notice:
    """A message of the system, once for each key and person however often it is sent.

    With `words` (`text`, `values`, `terms`) each reads the title in their own language; see `Notice.said`.
    """
    with transaction.atomic():
        notice, _created = Notice.objects.unscoped("a message of the system is known by its key").get_or_create(
            key=key,
            defaults={
                "kind": Notice.Kind.SYSTEM, "title": title, "body": body, "href": href, "at": at or timezone.now(),
                "words": dict(words or {}),
            },
        )  # fmt: skip
        deliver(notice.pk, person_ids)
    return notice


def deliver(notice: int, person_ids: Iterable[int]) -> None:
    waiting = iter(person_ids)
    while chunk := list(islice(waiting, BATCH)):
        rows = [Delivery(notice_id=notice, person_id=pk) for pk in chunk]
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def on_published(event: NoticePublished, event_id: int) -> None:
    """Receiver: asks for the work, once."""
    ask("notice.fan_out", key=f"notice.fan_out:{event.notice_id}", notice=event.notice_id)


def fan_out(notice: int, progress: Callable[..., None] | None = None) -> str:
    """Job: a row for each person, in batches; what a killed run has done is not done twice."""
    found = Notice.objects.unscoped("delivered by the system").select_related("audience").get(pk=notice)
    if found.withdrawn:
        return str(_("已撤回"))
    people = people_of(found.audience, found.roles, timezone.localdate(found.at))
    total, done, last = people.count(), 0, 0
    while chunk := list(people.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        deliver(notice, chunk)
        last, done = chunk[-1], done + len(chunk)
        if progress:
            progress(done, total)
    return str(done)
